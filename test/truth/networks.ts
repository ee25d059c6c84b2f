import type { Attribute, DataType, Model, Node, Tensor } from '../../src/graph/graph';

/** A value of a network under construction. */
interface Value {
  readonly name: string;
  readonly channels: number;
}

interface Window {
  readonly stride?: number;
  readonly groups?: number;
  readonly relu?: boolean;
  /** On every side; (kernel − 1) / 2 where it is absent. */
  readonly pad?: number;
}

const ints = (...value: number[]): Attribute => ({ type: 'ints', value });
const int = (value: number): Attribute => ({ type: 'int', value });

/**
 * Published networks by their layers, batch normalisation folded, without weights' values: enough to predict what they cost in any
 * element type and at any size of picture.
 */
class Network {
  private readonly nodes: Node[] = [];
  private readonly constants = new Map<string, Tensor>();
  private readonly type: DataType;

  constructor(type: DataType) {
    this.type = type;
  }

  add(
    operator: string,
    inputs: readonly string[],
    channels: number,
    attributes: Record<string, Attribute> = {},
  ): Value {
    const id = this.nodes.length;
    const name = `v${id}`;
    const map = new Map(Object.entries(attributes));
    this.nodes.push({ id, name: '', operator, domain: '', inputs, outputs: [name], attributes: map });
    return { name, channels };
  }

  private weight(...shape: number[]): string {
    const name = `w${this.constants.size}`;
    const location = { kind: 'missing', reason: 'only shapes are needed' } as const;
    this.constants.set(name, { name, type: this.type, shape, location });
    return name;
  }

  conv(from: Value, channels: number, kernel: number, options: Window = {}): Value {
    const { stride = 1, groups = 1, relu = true, pad = (kernel - 1) / 2 } = options;
    const weights = this.weight(channels, from.channels / groups, kernel, kernel);
    const attributes = { kernel_shape: ints(kernel, kernel), strides: ints(stride, stride), group: int(groups) };
    const inputs = [from.name, weights, this.weight(channels)];
    const convolved = this.add('Conv', inputs, channels, { ...attributes, pads: ints(pad, pad, pad, pad) });
    return relu ? this.add('Relu', [convolved.name], channels) : convolved;
  }

  pool(from: Value, kernel: number, stride: number, pad = 0): Value {
    const attributes = {
      kernel_shape: ints(kernel, kernel),
      strides: ints(stride, stride),
      pads: ints(pad, pad, pad, pad),
    };
    return this.add('MaxPool', [from.name], from.channels, attributes);
  }

  sum(a: Value, b: Value): Value {
    const added = this.add('Add', [a.name, b.name], a.channels);
    return this.add('Relu', [added.name], a.channels);
  }

  concat(...values: readonly Value[]): Value {
    const channels = values.reduce((total, value) => total + value.channels, 0);
    return this.add(
      'Concat',
      values.map(({ name }) => name),
      channels,
      { axis: int(1) },
    );
  }

  /** Flattened `from`, of `features` elements, times a matrix. */
  dense(from: Value, features: number, channels: number): Value {
    const flat = this.add('Flatten', [from.name], features);
    const inputs = [flat.name, this.weight(channels, features), this.weight(channels)];
    return this.add('Gemm', inputs, channels, { transB: int(1) });
  }

  classifier(from: Value): Value {
    return this.dense(this.add('GlobalAveragePool', [from.name], from.channels), from.channels, 1000);
  }

  model(name: string, size: number, output: Value): Model {
    return this.modelOf(name, ['N', 3, size, size], output);
  }

  modelOf(name: string, shape: readonly (string | number)[], output: Value): Model {
    const { nodes, constants, type } = this;
    const inputs = [{ name: PICTURE.name, type, shape }];
    const graph = { name, nodes, inputs, outputs: [{ name: output.name }], constants, declared: new Map() };
    const file = { path: name, format: 'ONNX', irVersion: 8, producer: 'by hand', opsets: new Map([['', 17]]) };
    return { ...file, graph, functions: new Map(), metadata: new Map(), weightBytes: 0 };
  }
}

const PICTURE: Value = { name: 'picture', channels: 3 };

/** Blocks of ResNet's four stages (He et al., CVPR 2016). */
const RESNET_BLOCKS = { 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3] } as const;

/** `strideIn` 1: the stride lies on the first 1×1 convolution of a block, as published; 3: on its 3×3 ("v1.5"). */
export function resNet(depth: 50 | 101 | 152, type: DataType, size = 224, strideIn: 1 | 3 = 1): Model {
  const net = new Network(type);
  let x = net.pool(net.conv(PICTURE, 64, 7, { stride: 2 }), 3, 2, 1);
  RESNET_BLOCKS[depth].forEach((blocks, stage) => {
    const width = 64 * 2 ** stage;
    for (let block = 0; block < blocks; block++) {
      const stride = block === 0 && stage > 0 ? 2 : 1;
      const reduced = net.conv(x, width, 1, { stride: strideIn === 1 ? stride : 1 });
      const middle = net.conv(reduced, width, 3, { stride: strideIn === 3 ? stride : 1 });
      const expanded = net.conv(middle, 4 * width, 1, { relu: false });
      x = net.sum(expanded, block === 0 ? net.conv(x, 4 * width, 1, { stride, relu: false }) : x);
    }
  });
  return net.model(`ResNet-${depth}`, size, net.classifier(x));
}

/** Convolutions per block (Simonyan and Zisserman, ICLR 2015). */
export function vgg(depth: 16 | 19, type: DataType): Model {
  const net = new Network(type);
  let x = PICTURE;
  const blocks = depth === 16 ? [2, 2, 3, 3, 3] : [2, 2, 4, 4, 4];
  blocks.forEach((convolutions, block) => {
    for (let i = 0; i < convolutions; i++) x = net.conv(x, Math.min(512, 64 * 2 ** block), 3);
    x = net.pool(x, 2, 2);
  });
  for (const [features, channels] of [
    [512 * 49, 4096],
    [4096, 4096],
  ] as const) {
    x = net.add('Relu', [net.dense(x, features, channels).name], channels);
  }
  return net.model(`VGG-${depth}`, 224, net.dense(x, 4096, 1000));
}

/** Howard et al., 2017: channels · `width`. */
export function mobileNetV1(width: number, size: number, type: DataType): Model {
  const net = new Network(type);
  let x = net.conv(PICTURE, 32 * width, 3, { stride: 2 });
  const steps: readonly (readonly [channels: number, stride: number])[] = [
    ...([
      [64, 1],
      [128, 2],
      [128, 1],
      [256, 2],
      [256, 1],
      [512, 2],
    ] as const),
    ...([
      [512, 1],
      [512, 1],
      [512, 1],
      [512, 1],
      [512, 1],
      [1024, 2],
      [1024, 1],
    ] as const),
  ];
  for (const [channels, stride] of steps) {
    x = net.conv(net.conv(x, x.channels, 3, { stride, groups: x.channels }), channels * width, 1);
  }
  return net.model(`MobileNet v1 ${width} ${size}`, size, net.classifier(x));
}

/** Sandler et al., CVPR 2018: expansion, channels, repetitions, first stride. */
export function mobileNetV2(size: number, type: DataType): Model {
  const net = new Network(type);
  let x = net.conv(PICTURE, 32, 3, { stride: 2 });
  const stages: readonly (readonly [number, number, number, number])[] = [
    ...([
      [1, 16, 1, 1],
      [6, 24, 2, 2],
      [6, 32, 3, 2],
      [6, 64, 4, 2],
    ] as const),
    ...([
      [6, 96, 3, 1],
      [6, 160, 3, 2],
      [6, 320, 1, 1],
    ] as const),
  ];
  for (const [expansion, channels, blocks, first] of stages) {
    for (let block = 0; block < blocks; block++) {
      const stride = block === 0 ? first : 1;
      const wide = expansion === 1 ? x : net.conv(x, expansion * x.channels, 1);
      const middle = net.conv(wide, wide.channels, 3, { stride, groups: wide.channels });
      const narrow = net.conv(middle, channels, 1, { relu: false });
      x = block === 0 ? narrow : net.add('Add', [x.name, narrow.name], channels);
    }
  }
  return net.model(`MobileNet v2 ${size}`, size, net.classifier(net.conv(x, 1280, 1)));
}

/** Channels of GoogLeNet's modules (Szegedy et al., CVPR 2015): 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, after the pool. */
const MODULES = [
  [64, 96, 128, 16, 32, 32],
  [128, 128, 192, 32, 96, 64],
  'pool',
  [192, 96, 208, 16, 48, 64],
  [160, 112, 224, 24, 64, 64],
  [128, 128, 256, 24, 64, 64],
  [112, 144, 288, 32, 64, 64],
  [256, 160, 320, 32, 128, 128],
  'pool',
  [256, 160, 320, 32, 128, 128],
  [384, 192, 384, 48, 128, 128],
] as const;

export function googLeNet(type: DataType): Model {
  const net = new Network(type);
  let x = net.pool(net.conv(PICTURE, 64, 7, { stride: 2 }), 3, 2, 1);
  x = net.pool(net.conv(net.conv(x, 64, 1), 192, 3), 3, 2, 1);
  for (const module of MODULES) {
    if (module === 'pool') {
      x = net.pool(x, 3, 2, 1);
      continue;
    }
    const [one, reduce3, three, reduce5, five, pooled] = module;
    x = net.concat(
      net.conv(x, one, 1),
      net.conv(net.conv(x, reduce3, 1), three, 3),
      net.conv(net.conv(x, reduce5, 1), five, 5),
      net.conv(net.pool(x, 3, 1, 1), pooled, 1),
    );
  }
  return net.model('GoogLeNet', 224, net.classifier(x));
}

/**
 * Fully connected layers with ReLU between them; `widths` of the input, then of every layer. QuTiBench's MLP is
 * 784-2048-2048-2048-10: the only three equal layers with the 0.020029 GOP that its table states.
 */
export function fullyConnected(widths: readonly number[], type: DataType): Model {
  const net = new Network(type);
  const [inputs = 0, ...layers] = widths;
  let x: Value = { ...PICTURE, channels: inputs };
  layers.forEach((width, i) => {
    x = net.dense(x, x.channels, width);
    if (i < layers.length - 1) x = net.add('Relu', [x.name], width);
  });
  return net.modelOf(`fully connected ${widths.join('-')}`, ['N', inputs], x);
}

export const quTiBenchMlp = (type: DataType): Model => fullyConnected([784, 2048, 2048, 2048, 10], type);

/**
 * QuTiBench's CNV on 32 × 32 pictures: pairs of unpadded 3×3 convolutions as in FINN's CNV (Umuroglu et al., FPGA 2017), of twice its
 * widths: these and only these give the 0.46945 GOP that the table states.
 */
export function quTiBenchCnv(type: DataType): Model {
  const net = new Network(type);
  let x = PICTURE;
  for (const width of [128, 256, 512]) {
    x = net.conv(net.conv(x, width, 3, { pad: 0 }), width, 3, { pad: 0 });
    if (width < 512) x = net.pool(x, 2, 2);
  }
  for (const width of [1024, 1024]) x = net.add('Relu', [net.dense(x, x.channels, width).name], width);
  return net.model('CNV', 32, net.dense(x, x.channels, 10));
}

/**
 * Kernel, repetitions, stride, expansion, channels before and after of EfficientNet-EdgeTPU's stages. The first three have one 3×3
 * convolution for expansion and depthwise, and their stride on the 1×1 after it.
 */
const EDGE_STAGES = [
  [3, 1, 1, 4, 24, 24],
  [3, 2, 2, 8, 24, 32],
  [3, 4, 2, 8, 32, 48],
  [5, 5, 2, 8, 48, 96],
  [5, 4, 1, 8, 96, 144],
  [5, 2, 2, 8, 144, 192],
] as const;

const EDGE_SIZES = { S: [1, 1, 224], M: [1, 1.1, 240], L: [1.2, 1.4, 300] } as const;

/** Gupta and Akin, 2019 (tensorflow/tpu, efficientnet/edgetpu): width and depth multipliers and size of the picture by letter. */
export function efficientNetEdgeTpu(letter: keyof typeof EDGE_SIZES, type: DataType): Model {
  const [width, depth, size] = EDGE_SIZES[letter];
  const net = new Network(type);
  let x = net.conv(PICTURE, multipleOf8(32 * width), 3, { stride: 2 });
  EDGE_STAGES.forEach(([kernel, repetitions, first, expansion, before, after], stage) => {
    for (let block = 0; block < Math.ceil(depth * repetitions); block++) {
      const stride = block === 0 ? first : 1;
      const wide = expansion * multipleOf8((block === 0 ? before : after) * width);
      const middle =
        stage < 3 ? net.conv(x, wide, kernel) : net.conv(net.conv(x, wide, 1), wide, kernel, { stride, groups: wide });
      const narrow = net.conv(middle, multipleOf8(after * width), 1, { relu: false, stride: stage < 3 ? stride : 1 });
      x = block === 0 ? narrow : net.add('Add', [x.name, narrow.name], narrow.channels);
    }
  });
  return net.model(`EfficientNet-EdgeTPU-${letter}`, size, net.classifier(net.conv(x, multipleOf8(1280 * width), 1)));
}

/** One convolution alone, on a picture of `size` that has its border already. */
export function convolution(
  {
    size,
    channels,
    filters,
    kernel,
    ...window
  }: Readonly<Record<'size' | 'channels' | 'filters' | 'kernel' | 'stride' | 'groups', number>>,
  type: DataType,
): Model {
  const net = new Network(type);
  const output = net.conv({ ...PICTURE, channels }, filters, kernel, { ...window, pad: 0, relu: false });
  return net.modelOf(`convolution of ${channels} to ${filters}`, ['N', channels, size, size], output);
}

/** The nearest multiple of 8, at least nine tenths of `channels`. */
function multipleOf8(channels: number): number {
  const near = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return near < 0.9 * channels ? near + 8 : near;
}

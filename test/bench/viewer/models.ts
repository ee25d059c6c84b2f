/** The models of the benchmark, as files: generated networks of any size, and one that is nearly all weights. */
import fs from 'node:fs';
import { ProtoWriter } from '../../../src/onnx/protoWriter';
import type { InitializerToWrite, NodeToWrite } from '../../../src/onnx/writer';
import { encodeModel } from '../../fixtures/encodeModel';

const CHANNELS = 4;
const TOKENS = 16;
const WIDTH = 16;
const HEADS = 2;

/** Nodes and what they read, while a network is written down. */
class Sketch {
  readonly nodes: NodeToWrite[] = [];
  readonly #weights = new Map<string, InitializerToWrite>();

  /** Answers the output, which is called as the node is. */
  add(operator: string, name: string, inputs: readonly string[], attributes: NodeToWrite['attributes'] = {}): string {
    this.nodes.push({ operator, name, inputs, outputs: [`${name}_out`], attributes });
    return `${name}_out`;
  }

  weight(name: string, ...shape: number[]): string {
    const elements = shape.reduce((product, size) => product * size, 1);
    const values = Float32Array.from({ length: elements }, (_, i) => Math.sin(i) / 8);
    this.#weights.set(name, { name, type: 'float32', shape, data: new Uint8Array(values.buffer) });
    return name;
  }

  integers(name: string, ...values: number[]): string {
    const data = new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
    this.#weights.set(name, { name, type: 'int64', shape: [values.length], data });
    return name;
  }

  get initializers(): readonly InitializerToWrite[] {
    return [...this.#weights.values()];
  }
}

const ints = (...values: number[]) => ({ type: 'ints', value: values }) as const;

/** Residual blocks of two convolutions with normalization; every fourth skip goes through a convolution. */
export function resnetLike(nodeCount: number): Uint8Array {
  const sketch = new Sketch();
  let value = 'image';
  const convolution = (input: string, name: string): string => {
    const weight = sketch.weight(`${name}.weight`, CHANNELS, CHANNELS, 3, 3);
    const out = sketch.add('Conv', name, [input, weight], { pads: ints(1, 1, 1, 1), kernel_shape: ints(3, 3) });
    const statistics = ['scale', 'bias', 'mean', 'var'].map((part) => sketch.weight(`${name}.${part}`, CHANNELS));
    return sketch.add('BatchNormalization', `${name}.norm`, [out, ...statistics]);
  };
  for (let block = 0; sketch.nodes.length < nodeCount; block++) {
    const at = `/stage${Math.floor(block / 16)}/block${block % 16}`;
    const inner = sketch.add('Relu', `${at}/relu1`, [convolution(value, `${at}/conv1`)]);
    const outer = convolution(inner, `${at}/conv2`);
    const skip = block % 4 === 3 ? convolution(value, `${at}/down`) : value;
    value = sketch.add('Relu', `${at}/relu2`, [sketch.add('Add', `${at}/add`, [outer, skip])]);
  }
  return encodeModel({
    nodes: sketch.nodes,
    initializers: sketch.initializers,
    inputs: [{ name: 'image', type: 'float32', shape: [1, CHANNELS, 16, 16] }],
    outputs: [{ name: value, type: 'float32', shape: [1, CHANNELS, 16, 16] }],
  });
}

/** Blocks of attention and a feed-forward part on a residual stream; one mask is read by every block. */
export function transformerLike(nodeCount: number): Uint8Array {
  const sketch = new Sketch();
  const split = sketch.integers('split', 1, TOKENS, HEADS, WIDTH / HEADS);
  const joined = sketch.integers('joined', 1, TOKENS, WIDTH);
  let stream = 'tokens';
  const linear = (input: string, name: string) =>
    sketch.add('MatMul', name, [input, sketch.weight(`${name}.weight`, WIDTH, WIDTH)]);
  const norm = (input: string, name: string) =>
    sketch.add('LayerNormalization', name, [
      input,
      ...['scale', 'bias'].map((p) => sketch.weight(`${name}.${p}`, WIDTH)),
    ]);
  for (let block = 0; sketch.nodes.length < nodeCount; block++) {
    const at = `/layer${block}/attention`;
    const normed = norm(stream, `${at}/norm`);
    const [query = '', key = '', value = ''] = ['q', 'k', 'v'].map((part) => {
      const heads = sketch.add('Reshape', `${at}/${part}/heads`, [linear(normed, `${at}/${part}`), split]);
      const perm = part === 'k' ? ints(0, 2, 3, 1) : ints(0, 2, 1, 3);
      return sketch.add('Transpose', `${at}/${part}/transpose`, [heads], { perm });
    });
    const scores = sketch.add('Div', `${at}/scale`, [
      sketch.add('MatMul', `${at}/scores`, [query, key]),
      sketch.weight('root', 1),
    ]);
    const masked = sketch.add('Add', `${at}/mask`, [scores, 'mask']);
    const mixed = sketch.add('MatMul', `${at}/mix`, [sketch.add('Softmax', `${at}/softmax`, [masked]), value]);
    const back = sketch.add('Transpose', `${at}/back`, [mixed], { perm: ints(0, 2, 1, 3) });
    const projected = linear(sketch.add('Reshape', `${at}/join`, [back, joined]), `${at}/project`);
    stream = sketch.add('Add', `${at}/residual`, [stream, projected]);
    const mlp = `/layer${block}/mlp`;
    const wide = sketch.add('Gelu', `${mlp}/gelu`, [linear(norm(stream, `${mlp}/norm`), `${mlp}/up`)]);
    stream = sketch.add('Add', `${mlp}/residual`, [stream, linear(wide, `${mlp}/down`)]);
  }
  return encodeModel({
    opsets: { '': 20 },
    nodes: sketch.nodes,
    initializers: sketch.initializers,
    inputs: [
      { name: 'tokens', type: 'float32', shape: [1, TOKENS, WIDTH] },
      { name: 'mask', type: 'float32', shape: [1, 1, TOKENS, TOKENS] },
    ],
    outputs: [{ name: stream, type: 'float32', shape: [1, TOKENS, WIDTH] }],
  });
}

const FAT_NODES = 15;

/** A few layers that carry `bytes` of weights in the file itself; a hole on disk, where the file system knows holes. */
export function writeFat(file: string, bytes: number): void {
  const each = Math.floor(bytes / FAT_NODES / 4096) * 4096;
  const side = each / 4 / 1024;
  const open = fs.openSync(file, 'w');
  let end = 0;
  const write = (part: Uint8Array) => {
    end += fs.writeSync(open, part, 0, part.length, end);
  };
  const nodes = Array.from({ length: FAT_NODES }, (_, i) => {
    const transB = { type: 'int', value: i % 2 } as const;
    return {
      operator: 'Gemm',
      name: `gemm${i}`,
      inputs: [`x${i}`, `w${i}`],
      outputs: [`x${i + 1}`],
      attributes: { transB },
    };
  });
  const value = (name: string, width: number) => ({ name, type: 'float32', shape: [1, width] }) as const;
  write(
    encodeModel({ nodes, inputs: [value('x0', side)], outputs: [value(`x${FAT_NODES}`, FAT_NODES % 2 ? 1024 : side)] }),
  );
  for (let i = 0; i < FAT_NODES; i++) {
    // A GraphProto (field 7) with one initializer (field 5), whose raw_data (field 9) is the hole: repeated messages merge.
    const tensor = new ProtoWriter().packedInt64s(1, [side, 1024]).int64(2, 1).text(8, `w${i}`).finish();
    const raw = [...varint((9 << 3) | 2), ...varint(each)];
    const initializer = [...varint((5 << 3) | 2), ...varint(tensor.length + raw.length + each)];
    write(
      Uint8Array.from([
        ...varint((7 << 3) | 2),
        ...varint(initializer.length + tensor.length + raw.length + each),
        ...initializer,
      ]),
    );
    write(tensor);
    write(Uint8Array.from(raw));
    end += each;
  }
  fs.ftruncateSync(open, end);
  fs.closeSync(open);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

import type { DataType, Model } from '../../src/graph/graph';
import { truthJson } from './comparison';
import type { Device, Measured, Table } from './devices';
import { googLeNet, mobileNetV1, mobileNetV2, resNet, vgg } from './networks';
import { QUTIBENCH_SOURCE, quTiBench } from './quTiBench';

interface Truth {
  readonly tx2_tensorrt_ms: { readonly rows: Readonly<Record<string, readonly [half: number, single: number]>> };
  readonly nano_fps_from_memory: { readonly rows: Readonly<Record<string, number>> };
}

const TENSORRT: Readonly<Record<string, (type: DataType) => Model>> = {
  inception_v1: googLeNet,
  resnet_v1_50: (type) => resNet(50, type),
  resnet_v1_101: (type) => resNet(101, type),
  resnet_v1_152: (type) => resNet(152, type),
  'mobilenet_v1_0.25_128': (type) => mobileNetV1(0.25, 128, type),
  'mobilenet_v1_0.5_160': (type) => mobileNetV1(0.5, 160, type),
  'mobilenet_v1_1.0_224': (type) => mobileNetV1(1, 224, type),
  vgg_16: (type) => vgg(16, type),
};

function tensorRt(): readonly Measured[] {
  const { rows } = truthJson<Truth>('jetson.json').tx2_tensorrt_ms;
  return Object.entries(rows).flatMap(([name, [half, single]]): Measured[] => {
    const build = TENSORRT[name];
    if (!build) return [];
    return [
      { name: `${name} FP16`, model: build('float16'), batch: 1, milliseconds: half },
      { name: `${name} FP32`, model: build('float32'), batch: 1, milliseconds: single },
    ];
  });
}

function nano(): readonly Measured[] {
  const { rows } = truthJson<Truth>('jetson.json').nano_fps_from_memory;
  const models: Readonly<Record<string, Model>> = {
    'resnet50 224': resNet(50, 'float16'),
    'mobilenet_v2 300': mobileNetV2(300, 'float16'),
    'vgg19 224': vgg(19, 'float16'),
  };
  return Object.entries(models).map(([name, model]) => {
    return { name, model, batch: 1, milliseconds: 1e3 / (rows[name] ?? Number.NaN) };
  });
}

/** NVIDIA's power modes: the highest clock of the GPU. */
const MODES = [
  ['maxn', 'Max-N', 1.3e9],
  ['maxp', 'Max-P', 1.12e9],
  ['maxq', 'Max-Q', 0.85e9],
] as const;

function modeTable([id, name, frequency]: (typeof MODES)[number]): Table {
  return {
    id: `tx2-${id}`,
    title: `Jetson TX2, ${name} (${frequency / 1e9} GHz): ResNet-50 and GoogLeNet, FP16 and FP32, batches 1 to 128`,
    source: QUTIBENCH_SOURCE,
    changes: [`frequency=${frequency}`],
    measured: () => quTiBench(`TX2-${id}`, ['ResNet-50', 'GoogLeNetv1']),
    why:
      'GoogLeNet’s many small kernels at batch 1 are predicted too fast. Large FP32 batches are predicted too slow, probably because 3×3 ' +
      'layers run by Winograd’s algorithm there, which is not modelled.',
  };
}

export const TX2: Device = {
  preset: 'jetson-tx2',
  fit: 'factor',
  tables: [
    ...MODES.map(modeTable),
    {
      id: 'tx2-small',
      title: 'Jetson TX2, Max-N: CNV and MLP (32 × 32 and 28 × 28 pictures), FP16 and FP32, batches 1 to 128',
      source: QUTIBENCH_SOURCE,
      measured: () => quTiBench('TX2-maxn', ['CNV', 'MLP']),
      why:
        'MLP FP32 at batch 128 would be 0.85 TFLOP/s by the table’s own count of operations, more than the 0.67 TFLOP/s that the table gives ' +
        'as the device’s peak: what ran was not what the table says. At small batches a run has a fixed part that the predictor does not ' +
        'know: CNV takes 1.1 ms where arithmetic and bytes at their peaks take 0.4 ms.',
    },
    {
      id: 'tx2-tensorrt',
      title: 'Jetson TX2, TensorRT 3: eight networks, FP16 and FP32, batch 1',
      source: 'NVIDIA-AI-IOT/tf_to_trt_image_classification, measured with host copies (data/truth/jetson.json)',
      measured: tensorRt,
      why:
        'Another TensorRT (3, of 2017), copies between host and device included: the same ResNet-50 takes 43 to 47 % longer here than in ' +
        'QuTiBench’s table. MobileNets are worst because of their depthwise layers: FP16 and FP32 take the same time, so neither ' +
        'arithmetic nor bytes bind them. cuDNN had fast depthwise kernels only from 7.6 on and only for Volta and later ' +
        '(pytorch/pytorch issue 15513); the predictor assumes kernels that reach the device’s limits.',
    },
  ],
};

export const NANO: Device = {
  preset: 'jetson-nano',
  fit: 'factor',
  tables: [
    {
      id: 'nano-weak',
      title: 'Jetson Nano, TensorRT, FP16: three networks (weak truth: published figures quoted from memory)',
      source: 'NVIDIA’s Jetson Nano benchmark page, from memory (data/truth/jetson.json)',
      measured: nano,
      why:
        'MobileNet v2’s depthwise layers, as on the TX2: before Volta cuDNN has no fast kernel for them. VGG-19 is too slow because its ' +
        '3×3 layers run by Winograd’s algorithm. Three rows from memory: read the sign, not the digits.',
    },
  ],
};

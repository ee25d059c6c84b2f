import fs from 'node:fs';
import path from 'node:path';
import type { DataType, Model } from '../../src/graph/graph';
import type { Hardware } from '../../src/hardware/hardware';
import { parseHardware } from '../../src/hardware/parse';
import { buildReport } from '../../src/latency/report';
import { inferShapes } from '../../src/operators/inferShapes';
import { root } from '../shared';
import { type Comparison, type Row, truthJson, truthRows } from './comparison';
import { googLeNet, mobileNetV1, mobileNetV2, resNet, vgg } from './networks';

/** One network measured on a device. */
interface Measured {
  readonly name: string;
  readonly model: Model;
  readonly batch: number;
  readonly milliseconds: number;
}

/** Measurements of a device from one source. */
interface Table extends Pick<Comparison, 'id' | 'title' | 'source' | 'why'> {
  readonly measured: () => readonly Measured[];
}

interface Device {
  /** File below media/hardware. */
  readonly preset: string;
  readonly tables: readonly Table[];
}

function predictedMs({ model, batch }: Measured, hardware: Hardware): number {
  const { totals } = buildReport(model, inferShapes(model, { batch }), hardware);
  if (totals.unknownNodes > 0) throw new Error(`${model.path}: ${totals.unknownNodes} layers without a cost`);
  return 1e3 * totals.seconds;
}

/**
 * Predictions times one constant per device: the median of measured over predicted in all of its tables. It stands for what a preset does
 * not know: drivers, the efficiency of the kernels, clocks under load.
 */
function compare({ preset, tables }: Device): readonly Comparison[] {
  const file = path.join(root, 'media/hardware', `${preset}.json`);
  const hardware = parseHardware(fs.readFileSync(file, 'utf8'), file);
  const raw = tables.map(({ measured }) =>
    measured().map((one): Row => ({ name: one.name, predicted: predictedMs(one, hardware), truth: one.milliseconds })),
  );
  const all = raw.flat();
  const constant = Number(median(all.map(({ predicted, truth }) => truth / predicted)).toPrecision(4));
  return tables.map(({ measured: _, ...table }, index) => ({
    ...table,
    target: 'every network within 25 %, with one constant per device',
    rows: raw[index]?.map((row) => ({ ...row, predicted: constant * row.predicted })) ?? [],
    fitted: `preset ${preset}, time × ${constant}, one constant for all ${all.length} rows of the device`,
    tolerance: 0.25,
  }));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

const TYPES: Readonly<Record<string, DataType>> = { FP16: 'float16', FP32: 'float32', INT8: 'int8' };

const QUTIBENCH: Readonly<Record<string, (type: DataType) => Model>> = {
  'ResNet-50': (type) => resNet(50, type),
  'ResNet-50v15': (type) => resNet(50, type, 224, 3),
  GoogLeNetv1: googLeNet,
  MobileNetv1: (type) => mobileNetV1(1, 224, type),
};

/** Measured rows of the unpruned networks that we can build, at most `batches` at once; time of the accelerator alone (lat-comp). */
function quTiBench(hardware: string, batches = Number.POSITIVE_INFINITY): readonly Measured[] {
  return truthRows('qutibench_experimental_data.csv').flatMap((row): Measured[] => {
    const network = row['NN_Topology'] ?? '';
    const build = QUTIBENCH[network];
    if (row['HWType'] !== hardware || Number(row['PruningFactor']) !== 100 || !build) return [];
    const type = row['Datatype'] ?? '';
    const batch = Number(row['batch/thread/stream']);
    if (batch > batches) return [];
    const name = `${network} ${type}, batch ${batch}`;
    return [{ name, model: build(TYPES[type] ?? 'float32'), batch, milliseconds: Number(row['lat-comp']) }];
  });
}

interface Jetson {
  readonly tx2_tensorrt_ms: { readonly rows: Readonly<Record<string, readonly [number, number, number]>> };
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
  const { rows } = truthJson<Jetson>('jetson.json').tx2_tensorrt_ms;
  return Object.entries(rows).flatMap(([name, [half, single]]): Measured[] => {
    const build = TENSORRT[name];
    if (!build) return [];
    return [
      { name: `${name} FP16`, model: build('float16'), batch: 1, milliseconds: half },
      { name: `${name} FP32`, model: build('float32'), batch: 1, milliseconds: single },
    ];
  });
}

interface Coral {
  readonly found_in_documents: {
    readonly faq_2019: { readonly rows: Readonly<Record<string, { readonly usb: number }>> };
    readonly models_page: { readonly rows: Readonly<Record<string, number>> };
  };
}

function coral(): readonly Measured[] {
  const { faq_2019, models_page } = truthJson<Coral>('coral_edgetpu.json').found_in_documents;
  const usb = (key: string): number => faq_2019.rows[key]?.usb ?? Number.NaN;
  const page = (key: string): number => models_page.rows[key] ?? Number.NaN;
  const rows: readonly (readonly [string, Model, number])[] = [
    ['MobileNet v1', mobileNetV1(1, 224, 'int8'), usb('mobilenet_v1')],
    ['MobileNet v2', mobileNetV2(224, 'int8'), usb('mobilenet_v2')],
    ['Inception v1', googLeNet('int8'), page('inception_v1 224')],
    ['MobileNet v1 0.25 128', mobileNetV1(0.25, 128, 'int8'), page('mobilenet_v1_0.25 128')],
  ];
  return rows.map(([name, model, milliseconds]) => ({ name: `${name}, USB`, model, batch: 1, milliseconds }));
}

interface Nano {
  readonly nano_fps_from_memory: { readonly rows: Readonly<Record<string, number>> };
}

function nano(): readonly Measured[] {
  const { rows } = truthJson<Nano>('jetson.json').nano_fps_from_memory;
  const models: Readonly<Record<string, Model>> = {
    'resnet50 224': resNet(50, 'float16'),
    'mobilenet_v2 300': mobileNetV2(300, 'float16'),
    'vgg19 224': vgg(19, 'float16'),
  };
  return Object.entries(models).map(([name, model]) => {
    return { name, model, batch: 1, milliseconds: 1e3 / (rows[name] ?? Number.NaN) };
  });
}

const QUTIBENCH_SOURCE = 'QuTiBench, measured, time on the accelerator (data/truth/qutibench_experimental_data.csv)';

const DEVICES: readonly Device[] = [
  {
    preset: 'jetson-tx2',
    tables: [
      {
        id: 'tx2-qutibench',
        title: 'Jetson TX2, Max-N: ResNet-50 and GoogLeNet, FP16 and FP32, batches 1 to 128',
        source: QUTIBENCH_SOURCE,
        measured: () => quTiBench('TX2-maxn'),
        why:
          'GoogLeNet’s many small kernels at small batches are predicted too fast. Large FP32 batches are predicted too slow, probably ' +
          'because 3×3 layers run by Winograd’s algorithm there, which is not modelled.',
      },
      {
        id: 'tx2-tensorrt',
        title: 'Jetson TX2, TensorRT 3: eight networks, FP16 and FP32, batch 1',
        source: 'NVIDIA-AI-IOT/tf_to_trt_image_classification, measured with host copies (data/truth/jetson.json)',
        measured: tensorRt,
        why:
          'An older TensorRT, copies between host and device included: the same ResNet-50 takes 43 to 47 % longer here than in ' +
          'QuTiBench’s table, whose rows are the more. MobileNet 1.0 takes 12.9 ms in either precision, so neither arithmetic nor ' +
          'bytes bind it: its depthwise kernels were slow.',
      },
    ],
  },
  {
    preset: 'edge-tpu-like',
    tables: [
      {
        id: 'edge-tpu-coral',
        title: 'Edge TPU over USB: four networks, int8, batch 1',
        source: 'Coral’s FAQ and models page, measured by Google (data/truth/coral_edgetpu.json)',
        measured: coral,
        why:
          'Depthwise layers of MobileNets: on a weight-stationary array of input × output channels each keeps 9 of 4,096 PEs busy, and the ' +
          'chip evidently does better. Google publishes neither its array nor its data flow; the preset is a guess.',
      },
      {
        id: 'edge-tpu-qutibench',
        title: 'Edge TPU at full clock: MobileNet v1, GoogLeNet, ResNet-50 v1.5, int8, batch 1',
        source: QUTIBENCH_SOURCE,
        measured: () => quTiBench('EdgeTPU-fast'),
        why: 'ResNet-50’s 25 MB of weights do not fit the 8 MB on chip and come over USB on every run; the preset has the board’s LPDDR4.',
      },
    ],
  },
  {
    preset: 'dpu-b4096-like',
    tables: [
      {
        id: 'dpu-zcu104',
        title: 'DPU on ZCU104, one thread: ResNet-50 and MobileNet v1, int8',
        source: QUTIBENCH_SOURCE,
        measured: () => quTiBench('ZCU104-DPU', 1),
        why: 'One thread keeps one core busy, which is what the preset describes; rows of more threads are of more cores.',
      },
      {
        id: 'dpu-zcu102',
        title: 'DPU on ZCU102, one thread: ResNet-50 and GoogLeNet, int8',
        source: QUTIBENCH_SOURCE,
        measured: () => quTiBench('ZCU102-DPU', 1),
        why: 'The same core on another board.',
      },
    ],
  },
  {
    preset: 'jetson-nano',
    tables: [
      {
        id: 'nano-weak',
        title: 'Jetson Nano, TensorRT, FP16: three networks (weak truth: published figures quoted from memory)',
        source: 'NVIDIA’s Jetson Nano benchmark page, from memory (data/truth/jetson.json)',
        measured: nano,
        why: 'Three rows from memory: read the sign, not the digits.',
      },
    ],
  },
];

export function deviceComparisons(): readonly Comparison[] {
  return DEVICES.flatMap(compare);
}

import type { NvdlaHardware } from '../../hardware/hardware';
import type { LoopNest } from '../../operators/work';
import { energyOf } from '../energy';
import { boundOf, type LayerCost, NO_BYTES, NO_TERMS, totalBytes, type UnknownCost } from '../layerCost';
import { elementBytes, type Workload } from '../workload';

/** A layer as a row of NVIDIA's performance sheet (nvdla/hw, perf/NVDLA_OpenSource_Performance.xlsx). C and K are of one group. */
export interface NvdlaLayer {
  readonly C: number;
  readonly H: number;
  readonly W: number;
  readonly K: number;
  /** Rows and columns of the convolution's output, before pooling. */
  readonly P: number;
  readonly Q: number;
  readonly R: number;
  readonly S: number;
  readonly strideH: number;
  readonly strideW: number;
  /** Output pixels that are written: after pooling. */
  readonly outputPixels: number;
  /** The input is an image: one more row of it is held. */
  readonly first: boolean;
  /** A fused addition reads a tensor of the output's size. */
  readonly addition: boolean;
  /** By Winograd's algorithm: 3×3 windows only. */
  readonly winograd: boolean;
  /** Images that share the weights of a fully connected layer. */
  readonly sharedBy: number;
}

/** Per image. The sheet's KiB: 1024 bytes where sizes are counted, 1000 where bandwidth is. */
export interface NvdlaCount {
  readonly inputKib: number;
  readonly weightKib: number;
  readonly outputKib: number;
  readonly trafficKib: number;
  /** What is moved at least: each operand once. */
  readonly compulsoryKib: number;
  readonly memoryCycles: number;
  readonly macCycles: number;
  /** Whether inputs or weights are fetched again and again. */
  readonly refetched: 'input' | 'weight' | 'none';
}

type Chip = Pick<
  NvdlaHardware,
  'macs' | 'conv_buffer' | 'mem_bandwidth' | 'frequency' | 'precision' | 'weight_compression'
>;

const KIB = 1024;

function upTo(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/** The sheet's arithmetic without on-chip SRAM (its columns AO and AQ–AS); undefined where the convolution buffer is too small. */
export function countNvdla(layer: NvdlaLayer, chip: Chip): NvdlaCount | undefined {
  const { H, W, K, R, S, strideH, strideW } = layer;
  const featureBytes = chip.precision.input / 8;
  const weightBytes = (chip.precision.weight / 8) * (1 - chip.weight_compression);
  const buffer = chip.conv_buffer / KIB;
  // Strides are folded into channels, which come in sixteens.
  const channels = upTo(layer.C * strideH * strideW, 16);
  const row = (channels * Math.ceil(W / strideW) * featureBytes) / KIB;
  const inputKib = row * Math.ceil(H / strideH);
  const leastInput = row * Math.min(layer.first ? R + 1 : R, Math.ceil(H / strideH));
  const filter = (channels * Math.ceil(R / strideH) * Math.ceil(S / strideW) * weightBytes) / KIB;
  const weightKib = filter * K * (layer.winograd ? 16 / 9 : 1);
  const leastWeight = Math.min(filter * Math.min(K, 32), buffer / 2);
  const outputKib = (layer.outputPixels * upTo(K, 16) * featureBytes) / KIB;
  const smallerInput = inputKib < weightKib;
  const room = buffer - (smallerInput ? leastWeight : leastInput);
  if (room <= 0) return undefined;
  const rounds = Math.max(1, Math.ceil((smallerInput ? inputKib : weightKib) / room));
  const inputTraffic = smallerInput ? inputKib : rounds * inputKib;
  const weightTraffic = smallerInput ? rounds * weightKib : weightKib;
  const outputs = layer.addition ? 2 * outputKib : outputKib;
  const trafficKib = inputTraffic + weightTraffic + outputs;
  return {
    inputKib: inputTraffic + outputs - outputKib,
    weightKib: weightTraffic,
    outputKib,
    trafficKib,
    compulsoryKib: inputKib + weightKib + outputs,
    memoryCycles: cyclesOf(trafficKib, chip),
    macCycles: macCycles(layer, chip, channels),
    refetched: rounds === 1 ? 'none' : smallerInput ? 'weight' : 'input',
  };
}

function cyclesOf(kib: number, { mem_bandwidth, frequency }: Chip): number {
  return Math.ceil((kib / (mem_bandwidth / 1e9)) * (frequency / 1e6));
}

function macCycles(layer: NvdlaLayer, chip: Chip, channels: number): number {
  const { K, P, Q, R, S, strideH, strideW, sharedBy } = layer;
  const filters = upTo(K * sharedBy, 128) / sharedBy;
  const windows = (channels * P * Q * filters * R * S) / strideH / strideW;
  return windows / chip.macs / (layer.winograd ? 2.25 : 1);
}

/** A contraction on NVDLA: images and groups one after the other; the longer of arithmetic and off-chip traffic. */
export function costNvdla(workload: Workload, nest: LoopNest, hardware: NvdlaHardware): LayerCost | UnknownCost {
  const layer = nvdlaLayerOf(workload, nest, hardware);
  const count = countNvdla(layer, hardware);
  if (!count) {
    return { unknown: `${layer.R} rows of the input do not fit the convolution buffer (conv_buffer)` };
  }
  const { frequency, launch_time } = hardware;
  const times = nest.N * nest.G;
  const seconds = (times * Math.max(count.memoryCycles, count.macCycles)) / frequency + launch_time;
  const macs = times * nest.K * nest.C * nest.P * nest.Q * nest.R * nest.S;
  const terms = {
    ...NO_TERMS,
    compute: (times * count.macCycles) / frequency,
    offChip: (times * count.memoryCycles) / frequency,
    launch: launch_time,
  };
  const offChipBytes = {
    input: times * count.inputKib * KIB,
    weight: times * count.weightKib * KIB,
    output: times * count.outputKib * KIB,
  };
  const idealCycles = macs / hardware.macs / (layer.winograd ? 2.25 : 1);
  const leastCycles = times * cyclesOf(count.compulsoryKib, hardware);
  return {
    cycles: seconds * frequency,
    seconds,
    terms,
    bound: boundOf(terms),
    offChipBytes,
    globalBufferBytes: NO_BYTES,
    // Winograd's algorithm does more than one MAC of the layer with each multiplication: counted are those done.
    utilization: idealCycles / (seconds * frequency),
    lowerBoundSeconds: Math.max(idealCycles, leastCycles) / frequency + launch_time,
    ...energyOf(hardware, {
      macs,
      operations: 0,
      type: workload.types.input,
      peBytes: (macs * (2 * hardware.precision.input + hardware.precision.weight)) / 8,
      globalBufferBytes: 0,
      offChipBytes: totalBytes(offChipBytes),
    }),
    mapping: mappingLine(count, layer),
  };
}

function mappingLine({ refetched }: NvdlaCount, { winograd }: NvdlaLayer): string {
  const reuse = refetched === 'none' ? 'every operand fetched once' : `${refetched}s fetched more than once`;
  return winograd ? `Winograd, ${reuse}` : reuse;
}

function nvdlaLayerOf(workload: Workload, nest: LoopNest, hardware: NvdlaHardware): NvdlaLayer {
  const { N, G, K, C, P, Q, R, S, H, W, strideH, strideW, dilationH, dilationW } = nest;
  const small = R === 3 && S === 3;
  const dense = strideH === 1 && strideW === 1 && dilationH === 1 && dilationW === 1;
  const outputs = workload.bytes.output / elementBytes(workload.types.output);
  return {
    ...{ C, H, W, K, P, Q, R, S, strideH, strideW },
    outputPixels: outputs / (N * G * K),
    first: G * C <= 4,
    addition: workload.epilogue.input > 0,
    winograd: hardware.winograd && small && dense,
    sharedBy: P === 1 && Q === 1 && R === 1 && S === 1 ? N : 1,
  };
}

import {
  type NvdlaHardware,
  offChipSeconds,
  type ScaleSimHardware,
  type SpatialHardware,
} from '../../hardware/hardware';
import { flopsOf } from '../../operators/work';
import { joules } from '../energy';
import {
  boundOf,
  type LayerCost,
  NO_TERMS,
  type OperandBytes,
  overlapped,
  totalBytes,
  type UnknownCost,
} from '../layerCost';
import { elementBytes, type Workload } from '../workload';
import { widthsOf } from './arrayLayer';

/**
 * What is not a contraction, beside an array of PEs: the longer of operations / lanes and bytes / bandwidth, overlapped as the
 * hardware does. Each pass reads the input from the global buffer, and from off chip where the buffer cannot hold it.
 */
export function costVectorUnit(
  workload: Workload,
  hardware: SpatialHardware | ScaleSimHardware | NvdlaHardware,
): LayerCost | UnknownCost {
  if (hardware.engine === 'scale-sim' && hardware.mem_bandwidth === undefined) {
    return { unknown: 'SCALE-Sim costs contractions only (give mem_bandwidth to cost the rest on a vector unit)' };
  }
  const { work } = workload;
  const overlap = hardware.engine === 'spatial' ? hardware.overlap : 'max';
  const once = operandsOf(workload, hardware);
  const passes = work.kind === 'vector' ? work.passes : 1;
  const stays = once.input <= bufferBytes(hardware);
  const onChip = { ...once, input: once.input * passes };
  const offChip = { ...once, input: once.input * (stays ? Math.min(passes, 1) : passes) };
  const operations = flopsOf(work) + workload.epilogue.operations;
  const { frequency, vector_lanes, launch_time } = hardware;
  const terms = {
    ...NO_TERMS,
    compute: Math.ceil(operations / vector_lanes) / frequency,
    globalBuffer: onChipSeconds(hardware, onChip),
    offChip: offChipSeconds(hardware, offChip.input + offChip.weight, offChip.output),
    launch: launch_time,
  };
  const seconds = overlapped(overlap, terms.compute, terms.globalBuffer, terms.offChip) + launch_time;
  const least = { ...once, input: once.input * Math.min(passes, 1) };
  const lowerBound = overlapped(
    overlap,
    operations / vector_lanes / frequency,
    onChipSeconds(hardware, least),
    offChipSeconds(hardware, least.input + least.weight, least.output),
  );
  return {
    cycles: seconds * frequency,
    seconds,
    terms,
    bound: boundOf(terms),
    offChipBytes: offChip,
    globalBufferBytes: onChip,
    utilization: operations / (seconds * frequency * vector_lanes),
    lowerBoundSeconds: lowerBound + launch_time,
    energyJoules: joules(hardware, {
      macs: 0,
      operations,
      type: workload.types.input,
      peBytes: totalBytes(onChip),
      globalBufferBytes: totalBytes(onChip),
      offChipBytes: totalBytes(offChip),
    }),
    mapping: work.kind === 'movement' ? 'data movement' : describe(passes, stays),
  };
}

/** Bytes at the precision of the hardware: activations as the array's inputs and outputs. */
function operandsOf(workload: Workload, hardware: SpatialHardware | ScaleSimHardware | NvdlaHardware): OperandBytes {
  const { bytes, epilogue, types } = workload;
  const width = hardware.engine === 'spatial' ? widthsOf(hardware, workload) : undefined;
  const nvdla = hardware.engine === 'nvdla' ? hardware.precision.input / 8 : undefined;
  const scale = (own: number | undefined, type: typeof types.input): number =>
    isData(type) ? (own ?? nvdla ?? elementBytes(type)) / elementBytes(type) : 1;
  return {
    input: bytes.input * scale(width?.input, types.input) + epilogue.input * scale(width?.output, types.output),
    weight: bytes.weight + epilogue.weight,
    output: bytes.output * scale(width?.output, types.output),
  };
}

/** Indices and masks keep their width whatever the precision of the array. */
function isData(type: string): boolean {
  return !/int64|uint64|bool|string/.test(type);
}

function bufferBytes(hardware: SpatialHardware | ScaleSimHardware | NvdlaHardware): number {
  if (hardware.engine === 'nvdla') return hardware.conv_buffer;
  if (hardware.engine === 'scale-sim') return 0;
  const { global_buffer } = hardware;
  return typeof global_buffer === 'number' ? global_buffer : (global_buffer.input ?? Number.POSITIVE_INFINITY);
}

function onChipSeconds(
  hardware: SpatialHardware | ScaleSimHardware | NvdlaHardware,
  { input, weight, output }: OperandBytes,
): number {
  if (hardware.engine !== 'spatial') return 0;
  const { buffer_read_bandwidth = Number.POSITIVE_INFINITY, buffer_write_bandwidth = Number.POSITIVE_INFINITY } =
    hardware;
  return Math.max((input + weight) / buffer_read_bandwidth, output / buffer_write_bandwidth) / hardware.frequency;
}

function describe(passes: number, stays: boolean): string {
  if (passes <= 1) return 'vector unit, one pass';
  return `vector unit, ${passes} passes over the input${stays ? ', which stays on chip' : ''}`;
}

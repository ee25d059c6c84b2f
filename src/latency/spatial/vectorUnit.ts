import {
  type NvdlaHardware,
  offChipSeconds,
  type ScaleSimHardware,
  type SpatialHardware,
} from '../../hardware/hardware';
import { flopsOf } from '../../operators/work';
import { activationMemory } from '../activationMemory';
import { energyOf } from '../energy';
import {
  boundOf,
  type LayerCost,
  NO_TERMS,
  type OperandBytes,
  overlapped,
  totalBytes,
  type UnknownCost,
} from '../layerCost';
import { type Mapped, NO_TILES, type OnChip } from '../mapped';
import { vectorOperands } from '../vector';
import { precisionScale, type Workload } from '../workload';

type ArrayHardware = SpatialHardware | ScaleSimHardware | NvdlaHardware;

/** A workload's bytes as the hardware has them. */
type Sized = Pick<Workload, 'bytes' | 'epilogue'>;

/**
 * What is not a contraction, beside an array of PEs: the longer of operations / lanes and bytes / bandwidth, overlapped as the
 * hardware does. Each pass reads the input from the global buffer, and from off chip where the buffer cannot hold it.
 */
export function mapVectorUnit(workload: Workload, hardware: ArrayHardware): Mapped | UnknownCost {
  if (hardware.engine === 'scale-sim' && hardware.mem_bandwidth === undefined) {
    return { unknown: 'SCALE-Sim costs contractions only (give mem_bandwidth to cost the rest on a vector unit)' };
  }
  const { work } = workload;
  const { input } = atPrecision(workload, hardware).bytes;
  const again = work.kind === 'vector' && work.passes > 1 && input <= activationMemory(hardware);
  const tiles = { ...NO_TILES, input: again ? input : 0 };
  return { tiles, cost: (resident) => costVectorUnit(workload, hardware, resident) };
}

function costVectorUnit(workload: Workload, hardware: ArrayHardware, resident: OnChip): LayerCost {
  const { work } = workload;
  const overlap = hardware.engine === 'spatial' ? hardware.overlap : 'max';
  const sized = atPrecision(workload, hardware);
  const passes = work.kind === 'vector' ? work.passes : 1;
  const once = Math.min(passes, 1);
  const stays = sized.bytes.input <= activationMemory(hardware);
  const onChip = vectorOperands(sized, passes);
  const offChip = vectorOperands(sized, stays ? once : passes, resident);
  const operations = flopsOf(work) + workload.epilogue.operations;
  // What is moved passes the lanes, too.
  const passing = operations + (work.kind === 'movement' ? workload.words.output : 0);
  const { frequency, vector_lanes, launch_time } = hardware;
  const terms = {
    ...NO_TERMS,
    compute: Math.ceil(passing / vector_lanes) / frequency,
    globalBuffer: onChipSeconds(hardware, onChip),
    offChip: offChipSeconds(hardware, offChip.input + offChip.weight, offChip.output),
    launch: launch_time,
  };
  const seconds = overlapped(overlap, terms.compute, terms.globalBuffer, terms.offChip) + launch_time;
  const leastOffChip = vectorOperands(sized, once, resident);
  const lowerBound = overlapped(
    overlap,
    passing / vector_lanes / frequency,
    onChipSeconds(hardware, vectorOperands(sized, once)),
    offChipSeconds(hardware, leastOffChip.input + leastOffChip.weight, leastOffChip.output),
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
    ...energyOf(hardware, {
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

/** Activations as wide as the array's inputs and outputs, constants as its weights. */
function atPrecision({ bytes, epilogue, types }: Workload, hardware: ArrayHardware): Sized {
  const { input, weight, output } = bitsOf(hardware);
  const inputs = precisionScale(input, types.input);
  const constants = precisionScale(weight, types.input);
  const outputs = precisionScale(output, types.output);
  return {
    bytes: { input: bytes.input * inputs, weight: bytes.weight * constants, output: bytes.output * outputs },
    epilogue: { ...epilogue, input: epilogue.input * outputs, weight: epilogue.weight * constants },
  };
}

/** Bits of each role where the hardware has a precision of its own. */
function bitsOf(hardware: ArrayHardware): NonNullable<SpatialHardware['precision']> {
  switch (hardware.engine) {
    case 'spatial':
      return hardware.precision ?? {};
    case 'nvdla':
      return { ...hardware.precision, output: hardware.precision.input };
    case 'scale-sim':
      return {};
  }
}

function onChipSeconds(hardware: ArrayHardware, { input, weight, output }: OperandBytes): number {
  if (hardware.engine !== 'spatial') return 0;
  const { buffer_read_bandwidth = Number.POSITIVE_INFINITY, buffer_write_bandwidth = Number.POSITIVE_INFINITY } =
    hardware;
  return Math.max((input + weight) / buffer_read_bandwidth, output / buffer_write_bandwidth) / hardware.frequency;
}

function describe(passes: number, stays: boolean): string {
  if (passes <= 1) return 'vector unit, one pass';
  return `vector unit, ${passes} passes over the input${stays ? ', which stays on chip' : ''}`;
}

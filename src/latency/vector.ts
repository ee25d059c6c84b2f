import { lanesFor, type MulticoreHardware } from '../hardware/hardware';
import { flopsOf } from '../operators/work';
import { energyOf } from './energy';
import { boundOf, type LayerCost, type OperandBytes, overlapped, totalBytes } from './layerCost';
import { type Mapped, OFF_CHIP, type OnChip } from './mapped';
import { exposedShare } from './pipeline';
import { elementBytes, type Workload } from './workload';

/**
 * Everything that is not a contraction, through the same three levels: operations on the float32 lanes (vector units compute in
 * float32 whatever the tensors' type), each pass over the input from the shared level, later passes from off chip where
 * the input does not stay on chip; data movement by bytes, more where the runs are shorter than a memory transaction.
 */
export function mapVector(workload: Workload, hardware: MulticoreHardware): Mapped {
  const { bytes, epilogue } = workload;
  // A cache keeps what was used last: all that the layer touches passes through it.
  const tiles = { input: bytes.input, output: bytes.output, rest: bytes.weight + epilogue.input + epilogue.weight };
  return { tiles, cost: (onChip) => costVector(workload, hardware, onChip) };
}

function costVector(workload: Workload, hardware: MulticoreHardware, resident: OnChip): LayerCost {
  const { work, bytes, epilogue } = workload;
  const lanes = lanesFor(hardware, 'float32');
  const operations = flopsOf(work) + epilogue.operations;
  const active = activePes(workload, hardware, lanes);
  const passes = work.kind === 'vector' ? work.passes : 1;
  const offChipPasses = bytes.input <= hardware.global_memory ? Math.min(passes, 1) : passes;
  const waste = 1 / burstEfficiency(workload, hardware);
  const onChip = vectorOperands(workload, passes);
  const travels = vectorOperands(workload, passes, resident);
  const offChip = vectorOperands(workload, offChipPasses, resident);
  const onChipBandwidth = hardware.mem_bandwidth * hardware.l2_speed_frac;
  const peBandwidth = hardware.pe_bandwidth ?? Number.POSITIVE_INFINITY;

  const onChipNow = Math.min(onChipBandwidth, active * peBandwidth);
  const busy = {
    compute:
      (Math.ceil(operations / (active * lanes * hardware.fp32_cycles)) * hardware.fp32_cycles) / hardware.frequency,
    globalBuffer: transported(onChip, waste) / onChipNow,
    offChip: transported(offChip, waste) / hardware.mem_bandwidth,
  };
  // The elements that the PEs take first and give back last: one for each slot.
  const share = Math.min(1, (active * lanes * hardware.fp32_cycles) / elementsOf(workload));
  const ends = {
    ramp: (share * transported({ ...travels, output: 0 }, waste)) / Math.max(1, passes) / hardware.mem_bandwidth,
    peFill: (share * transported({ ...onChip, output: 0 }, waste)) / Math.max(1, passes) / onChipNow,
    drain: (share * onChip.output) / onChipNow,
  };
  const exposed = exposedShare(hardware.overlap, busy, ends);
  const terms = {
    ...busy,
    ramp: exposed * ends.ramp,
    peFill: exposed * ends.peFill,
    drain: exposed * ends.drain,
    launch: hardware.launch_time,
  };
  const steady = overlapped(hardware.overlap, busy.compute, busy.globalBuffer, busy.offChip);
  const seconds = steady + terms.ramp + terms.peFill + terms.drain + terms.launch;
  const once = totalBytes(vectorOperands(workload, Math.min(passes, 1)));
  const onceOffChip = totalBytes(vectorOperands(workload, Math.min(passes, 1), resident));
  const allLanes = hardware.n_pes * lanes * hardware.frequency;
  const lowerBound = overlapped(
    hardware.overlap,
    operations / allLanes,
    once / Math.min(onChipBandwidth, hardware.n_pes * peBandwidth),
    onceOffChip / hardware.mem_bandwidth,
  );
  return {
    cycles: seconds * hardware.frequency,
    seconds,
    terms,
    bound: boundOf(terms),
    offChipBytes: offChip,
    globalBufferBytes: onChip,
    utilization: operations / (seconds * allLanes),
    lowerBoundSeconds: lowerBound + terms.launch,
    ...energyOf(hardware, {
      macs: 0,
      operations,
      type: workload.types.input,
      peBytes: totalBytes(onChip),
      globalBufferBytes: totalBytes(onChip),
      offChipBytes: totalBytes(offChip),
    }),
    mapping: describe(workload, passes, waste),
  };
}

/** Bytes that so many passes over the input read and write, without what is resident on chip; what fused layers read is read once. */
export function vectorOperands(
  { bytes, epilogue }: Pick<Workload, 'bytes' | 'epilogue'>,
  passes: number,
  resident: OnChip = OFF_CHIP,
): OperandBytes {
  return {
    input: bytes.input * passes * (1 - resident.input) + epilogue.input * (1 - resident.epilogue),
    weight: bytes.weight + epilogue.weight,
    output: bytes.output * (1 - resident.output),
  };
}

/** Short runs waste part of each transaction that reads; what is written is contiguous. */
function transported({ input, weight, output }: OperandBytes, waste: number): number {
  return (input + weight) * waste + output;
}

/** PEs that find work: each takes as many elements as it has slots for. */
function activePes(workload: Workload, hardware: MulticoreHardware, lanes: number): number {
  return Math.min(hardware.n_pes, Math.ceil(elementsOf(workload) / (lanes * hardware.fp32_cycles)));
}

function elementsOf({ words }: Workload): number {
  return Math.max(words.input, words.output, 1);
}

/** Wanted bytes over bytes carried by whole transactions, 0–1. */
function burstEfficiency({ work, types }: Workload, hardware: MulticoreHardware): number {
  if (work.kind !== 'movement') return 1;
  const transaction = 4 * hardware.mem_concurrent_fp32;
  const run = work.burst * elementBytes(types.input);
  return run > 0 ? run / (Math.ceil(run / transaction) * transaction) : 1;
}

function describe({ work }: Workload, passes: number, waste: number): string {
  if (work.kind === 'movement') {
    const carried = waste > 1 ? `; each byte read takes ${Number(waste.toPrecision(3))} with its transaction` : '';
    return `data movement in runs of ${work.burst} elements${carried}`;
  }
  return passes === 1 ? 'vector unit, one pass' : `vector unit, ${passes} passes over the input`;
}

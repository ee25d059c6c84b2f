import { lanesFor, type MulticoreHardware } from '../hardware/hardware';
import { flopsOf } from '../operators/work';
import { joules } from './energy';
import { boundOf, type LayerCost, NO_TERMS, type OperandBytes, overlapped, totalBytes } from './layerCost';
import { elementBytes, type Workload } from './workload';

/**
 * Everything that is not a contraction, through the same three levels: operations on the float32 lanes (vector units compute in
 * float32 whatever the tensors' type), each pass over the input from the shared level, later passes from off chip where
 * the input does not stay on chip; data movement by bytes, more where the runs are shorter than a memory transaction.
 */
export function costVector(workload: Workload, hardware: MulticoreHardware): LayerCost {
  const { work, bytes, epilogue } = workload;
  const lanes = lanesFor(hardware, 'float32');
  const operations = flopsOf(work) + epilogue.operations;
  const active = activePes(workload, hardware, lanes);
  const passes = work.kind === 'vector' ? work.passes : 1;
  const offChipPasses = bytes.input <= hardware.global_memory ? Math.min(passes, 1) : passes;
  const waste = 1 / burstEfficiency(workload, hardware);
  const onChip = operands(workload, passes);
  const offChip = operands(workload, offChipPasses);
  const onChipBandwidth = hardware.mem_bandwidth * hardware.l2_speed_frac;
  const peBandwidth = hardware.pe_bandwidth ?? Number.POSITIVE_INFINITY;

  const terms = {
    ...NO_TERMS,
    compute:
      (Math.ceil(operations / (active * lanes * hardware.fp32_cycles)) * hardware.fp32_cycles) / hardware.frequency,
    globalBuffer: transported(onChip, waste) / Math.min(onChipBandwidth, active * peBandwidth),
    offChip: transported(offChip, waste) / hardware.mem_bandwidth,
    launch: hardware.launch_time,
  };
  const seconds = overlapped(hardware.overlap, terms.compute, terms.globalBuffer, terms.offChip) + terms.launch;
  const once = totalBytes(operands(workload, Math.min(passes, 1)));
  const allLanes = hardware.n_pes * lanes * hardware.frequency;
  const lowerBound = overlapped(
    hardware.overlap,
    operations / allLanes,
    once / Math.min(onChipBandwidth, hardware.n_pes * peBandwidth),
    once / hardware.mem_bandwidth,
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
    energyJoules: joules(hardware, {
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

function operands({ bytes, epilogue }: Workload, passes: number): OperandBytes {
  return {
    input: bytes.input * passes + epilogue.input,
    weight: bytes.weight + epilogue.weight,
    output: bytes.output,
  };
}

/** Short runs waste part of each transaction that reads; what is written is contiguous. */
function transported({ input, weight, output }: OperandBytes, waste: number): number {
  return (input + weight) * waste + output;
}

/** PEs that find work: each takes as many elements as it has slots for. */
function activePes({ words }: Workload, hardware: MulticoreHardware, lanes: number): number {
  const elements = Math.max(words.input, words.output, 1);
  return Math.min(hardware.n_pes, Math.ceil(elements / (lanes * hardware.fp32_cycles)));
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

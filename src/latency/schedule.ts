import { elementCount, type TensorInfo } from '../graph/graph';
import { type Hardware, isFounding, offChipSeconds } from '../hardware/hardware';
import { activationMemory } from './activationMemory';
import { isUnmapped, mapKernel } from './costLayer';
import { type LayerCost, totalBytes, type UnknownCost } from './layerCost';
import { type Mapped, OFF_CHIP, type OnChip } from './mapped';
import type { Kernel, Plan, Run } from './plan';
import { keepOnChip, roomsBeside, type Step } from './residency';
import { elementBytes, precisionScale } from './workload';

/** What a kernel costs, and which of its operands stay on chip. */
export interface Scheduled {
  readonly cost: LayerCost | UnknownCost;
  readonly resident: Resident | undefined;
  /** With what of its operands on chip it was costed. */
  readonly onChip: OnChip;
}

/** Tensors that a kernel takes from on-chip memory, where the kernel that made them left them, and those that it leaves there. */
export interface Resident {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly inputBytes: number;
  readonly outputBytes: number;
}

/** A byte off chip counts as much as so many of its seconds: of two equally fast schedules the one with less traffic is taken. */
const TRAFFIC = 1e-6;

/** Kernels of a plan by the id of their head. `residency`: whether tensors may stay on chip at all. */
export function scheduleOf(
  { runs, tensors }: Plan,
  hardware: Hardware,
  residency: boolean,
  { similar, signal }: { readonly similar?: Hardware | undefined; readonly signal?: AbortSignal } = {},
): ReadonlyMap<number, Scheduled> {
  const stops = runs.map((run) => {
    signal?.throwIfAborted();
    return { run, mapped: mapKernel(run.kernel, hardware, similar) };
  });
  const bytesOf = tensors.map(({ info }) => activationBytes(info, hardware));
  const capacity = residency ? roomOf(hardware) : 0;
  const still = weightsThatStay(runs, hardware);
  const steps = stops.map(({ run, mapped }) => stepOf(run, mapped, bytesOf, hardware, still.has(run.head)));
  const kept = capacity > 0 ? keepOnChip(steps, bytesOf, capacity) : new Set<number>();
  const rooms = roomsBeside(kept, steps, bytesOf, capacity);
  return new Map(
    stops.map(({ run, mapped }, now): [number, Scheduled] => {
      if (isUnmapped(mapped)) return [run.head, { cost: mapped, resident: undefined, onChip: OFF_CHIP }];
      const onChip = onChipOf(run, (tensor) => kept.has(tensor), bytesOf, still.has(run.head), rooms[now] ?? 0);
      return [run.head, { cost: mapped.cost(onChip), resident: residentOf(run, kept, onChip, tensors), onChip }];
    }),
  );
}

function roomOf(hardware: Hardware): number {
  const keeps = 'residency' in hardware && hardware.residency && !isFounding(hardware);
  const bytes = keeps ? activationMemory(hardware) : 0;
  // Where a file leaves the memory open, nothing is known of what it holds.
  return Number.isFinite(bytes) ? bytes : 0;
}

/** Bytes of a tensor between kernels, at the precision of the hardware. */
function activationBytes({ type, shape }: TensorInfo, hardware: Hardware): number {
  const count = elementCount(shape);
  if (count === undefined || type === undefined) return Number.POSITIVE_INFINITY;
  const { output, input = output } = (hardware.engine === 'spatial' && hardware.precision) || {};
  return count * elementBytes(type) * precisionScale(output ?? input, type);
}

/** Heads of the kernels whose weights are on chip before a run begins: those that fit, in the order in which they run. */
function weightsThatStay(runs: readonly Run[], hardware: Hardware): ReadonlySet<number> {
  let room = (hardware.engine === 'spatial' && hardware.weight_memory) || 0;
  const heads = new Set<number>();
  for (const { head, kernel } of runs) {
    const bytes = weightBytes(kernel, hardware);
    if (bytes === 0 || bytes > room) continue;
    room -= bytes;
    heads.add(head);
  }
  return heads;
}

/** Bytes of the weights of a contraction, at the precision of the hardware; 0 for other kernels. */
function weightBytes(kernel: Kernel, hardware: Hardware): number {
  if (kernel.kind !== 'workload' || kernel.workload.work.kind !== 'loopNest') return 0;
  const { bytes, epilogue, types } = kernel.workload;
  const bits = hardware.engine === 'spatial' ? hardware.precision?.weight : undefined;
  return (bytes.weight + epilogue.weight) * precisionScale(bits, types.weight);
}

/** Kernels without a cost read and write off chip. */
function stepOf(
  run: Run,
  mapped: Mapped | UnknownCost,
  bytesOf: readonly number[],
  hardware: Hardware,
  weightsStay: boolean,
): Step {
  const reads = run.reads.map(({ tensor }) => tensor);
  const writes = run.writes.map(({ tensor }) => tensor);
  if (isUnmapped(mapped)) {
    const never = (onChip: number): number => (onChip === 0 ? 0 : Number.POSITIVE_INFINITY);
    return { reads, writes, room: never, cost: never };
  }
  const costs = new Map<string, number>();
  const { input, output, rest } = mapped.tiles;
  const first = run.reads.reduce((bits, { role }, i) => (role === 'input' ? bits | (1 << i) : bits), 0);
  const results = writes.reduce((bits, _, i) => bits | (1 << (reads.length + i)), 0);
  return {
    reads,
    writes,
    room: (onChip) => rest + ((onChip & first) === first ? 0 : input) + ((onChip & results) === results ? 0 : output),
    cost(onChip, room) {
      const key = `${onChip} ${room}`;
      const known = costs.get(key);
      if (known !== undefined) return known;
      const isOnChip = (_: number, operand: number): boolean => (onChip & (1 << operand)) !== 0;
      const cost = mapped.cost(onChipOf(run, isOnChip, bytesOf, weightsStay, room));
      const value = cost.seconds + TRAFFIC * offChipSeconds(hardware, totalBytes(cost.offChipBytes), 0);
      costs.set(key, value);
      return value;
    },
  };
}

/** Shares and bytes of a kernel's operands that are on chip; `operand` counts reads, then writes. `room`: bytes left for its tiles. */
function onChipOf(
  { reads, writes }: Run,
  isOnChip: (tensor: number, operand: number) => boolean,
  bytesOf: readonly number[],
  weightsStay: boolean,
  room: number,
): OnChip {
  const size = ({ tensor }: { readonly tensor: number }): number => bytesOf[tensor] ?? 0;
  const all = { input: 0, second: 0, epilogue: 0, other: 0, output: 0 };
  const own = { ...all };
  let inputBytes = 0;
  let outputBytes = 0;
  reads.forEach((read, i) => {
    all[read.role] += size(read);
    if (!isOnChip(read.tensor, i)) return;
    own[read.role] += size(read);
    inputBytes += size(read);
  });
  writes.forEach((write, i) => {
    all.output += size(write);
    if (write.leaves || !isOnChip(write.tensor, reads.length + i)) return;
    own.output += size(write);
    outputBytes += size(write);
  });
  const weight = weightsStay ? 1 : 0;
  if (inputBytes === 0 && outputBytes === 0) return weightsStay ? { ...OFF_CHIP, weight, room } : OFF_CHIP;
  const share = (role: keyof typeof all): number => (own[role] > 0 ? own[role] / all[role] : 0);
  return {
    input: share('input'),
    second: share('second'),
    weight,
    epilogue: share('epilogue'),
    output: share('output'),
    inputBytes,
    outputBytes,
    room,
  };
}

function residentOf(
  { reads, writes }: Run,
  kept: ReadonlySet<number>,
  { inputBytes, outputBytes }: OnChip,
  tensors: Plan['tensors'],
): Resident | undefined {
  const names = (operands: readonly { readonly tensor: number }[]): readonly string[] => [
    ...new Set(operands.flatMap(({ tensor }) => (kept.has(tensor) ? [tensors[tensor]?.name ?? ''] : []))),
  ];
  const [inputs, outputs] = [names(reads), names(writes)];
  return inputs.length + outputs.length > 0 ? { inputs, outputs, inputBytes, outputBytes } : undefined;
}

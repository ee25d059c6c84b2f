import { byteSize } from '../graph/graph';

import { type Hardware, offChipSeconds } from '../hardware/hardware';
import { type Body, type BodyPart, timesOf } from '../operators/work';
import { activationMemory } from './activationMemory';
import { type EnergyTerms, NO_ENERGY, summed } from './energy';
import {
  boundOf,
  freeCost,
  isUnknown,
  type LayerCost,
  NO_BYTES,
  NO_TERMS,
  type OperandBytes,
  overlapped,
  type Terms,
  totalBytes,
  type UnknownCost,
} from './layerCost';
import type { OnChip } from './mapped';

/**
 * A body: its parts in turn, each as often as it runs. `costs` are those of one run of each part. What is constant inside and fits the
 * on-chip memory comes from off chip in the first run only; of one kernel, neither does what its parts hand to each other leave it,
 * and it is launched once. Unknown if a part is.
 */
export function costBody(
  body: Body,
  costs: readonly (LayerCost | UnknownCost)[],
  hardware: Hardware,
): LayerCost | UnknownCost {
  const known: LayerCost[] = [];
  for (const cost of costs) {
    if (isUnknown(cost)) return { unknown: `inside: ${cost.unknown}` };
    known.push(cost);
  }
  const residents = residentsOf(body, known, hardware);
  const parts = body.parts.flatMap((part, index) => {
    const cost = known[index];
    return cost ? allRuns(cost, part, timesOf(body, part), residents, hardware) : [];
  });
  const total = (value: (cost: LayerCost) => number): number =>
    parts.reduce((sum, { cost, times }) => sum + times * value(cost), 0);
  const spared = body.kernel ? total(launchOf) - body.times * Math.max(...known.map(launchOf)) : 0;
  const seconds = total((cost) => cost.seconds) - spared;
  if (!(seconds > 0)) return freeCost('nothing inside costs time');
  const terms = sums(
    NO_TERMS,
    (key: keyof Terms) => total((cost) => cost.terms[key]) - (key === 'launch' ? spared : 0),
  );
  return {
    cycles: seconds * hardware.frequency,
    seconds,
    terms,
    bound: boundOf(terms),
    offChipBytes: sums(NO_BYTES, (key: keyof OperandBytes) => total((cost) => cost.offChipBytes[key])),
    globalBufferBytes: sums(NO_BYTES, (key: keyof OperandBytes) => total((cost) => cost.globalBufferBytes[key])),
    utilization: total((cost) => cost.utilization * cost.seconds) / seconds,
    lowerBoundSeconds: total((cost) => cost.lowerBoundSeconds) - spared,
    ...summed(sums(NO_ENERGY, (key: keyof EnergyTerms) => total((cost) => cost.energyTerms[key]))),
    mapping: describe(body, residents),
  };
}

const launchOf = (cost: LayerCost): number => cost.terms.launch;

/** What stays on chip while a body runs. */
interface Residents {
  /** What is constant in parts that run more than once. */
  readonly weights: boolean;
  /** Tensors that one part hands to another; `inPes` where they do not even leave the PE. */
  readonly inside: ReadonlySet<string>;
  readonly inPes: boolean;
  /** All of it. */
  readonly bytes: number;
}

/** Bytes of the on-chip memory that a body fills itself while it runs. */
export function bytesInside(body: Body, costs: readonly LayerCost[], hardware: Hardware): number {
  return residentsOf(body, costs, hardware).bytes;
}

function residentsOf(body: Body, costs: readonly LayerCost[], hardware: Hardware): Residents {
  const room = activationMemory(hardware);
  const { inside = [], pieces = 1 } = body.kernel ?? {};
  const handed = inside.reduce((sum, name) => sum + largest(body, name), 0) / pieces;
  const stays = handed <= room;
  const weights = body.parts.reduce(
    (sum, part, index) => sum + (timesOf(body, part) > 1 ? (costs[index]?.offChipBytes.weight ?? 0) : 0),
    0,
  );
  const staying = stays ? handed : 0;
  const weightsStay = weights > 0 && weights + staying <= room;
  return {
    weights: weightsStay,
    inside: new Set(stays ? inside : []),
    inPes: stays && hardware.engine === 'multicore' && handed <= hardware.pe_memory,
    bytes: staying + (weightsStay ? weights : 0),
  };
}

/** The most bytes that any part reads or writes under a name. */
function largest({ parts }: Body, name: string): number {
  const isIt = (own: string): boolean => own === name;
  return Math.max(
    ...parts.flatMap(({ context }) => [bytesUnder(context, 'inputs', isIt), bytesUnder(context, 'outputs', isIt)]),
  );
}

function bytesUnder(
  context: BodyPart['context'],
  side: 'inputs' | 'outputs',
  wanted: (name: string) => boolean,
): number {
  const infos = context[side];
  return context.node[side].reduce((sum, name, index) => {
    const info = infos[index];
    return sum + (wanted(name) && info ? (byteSize(info) ?? 0) : 0);
  }, 0);
}

interface Runs {
  readonly cost: LayerCost;
  readonly times: number;
}

/** The first run of a part and all later ones. */
function allRuns(
  cost: LayerCost,
  { context, isConstant = () => false }: BodyPart,
  times: number,
  { weights, inside, inPes }: Residents,
  hardware: Hardware,
): readonly Runs[] {
  const outside = (side: 'inputs' | 'outputs'): number => {
    const all = bytesUnder(context, side, (name) => !isConstant(name));
    return all > 0 ? bytesUnder(context, side, (name) => !isConstant(name) && !inside.has(name)) / all : 1;
  };
  const [inputs, outputs] = [outside('inputs'), outside('outputs')];
  const left = ({ input, weight, output }: OperandBytes): OperandBytes => ({
    input: input * inputs,
    weight,
    output: output * outputs,
  });
  const globalBuffer = inPes ? left(cost.globalBufferBytes) : cost.globalBufferBytes;
  const first = moving(cost, left(cost.offChipBytes), globalBuffer, hardware);
  if (times <= 1 || !weights) return [{ cost: first, times }];
  return [
    { cost: first, times: 1 },
    { cost: moving(cost, { ...first.offChipBytes, weight: 0 }, globalBuffer, hardware), times: times - 1 },
  ];
}

/** The same body where operands that its parts read and write outside of it are on chip: each is spared once. */
export function withOperandsOnChip(
  cost: LayerCost,
  { inputBytes, outputBytes }: OnChip,
  hardware: Hardware,
): LayerCost {
  if (inputBytes === 0 && outputBytes === 0) return cost;
  const { input, weight, output } = cost.offChipBytes;
  const left = { input: Math.max(0, input - inputBytes), weight, output: Math.max(0, output - outputBytes) };
  return moving(cost, left, cost.globalBufferBytes, hardware);
}

/** The same layer where fewer bytes are moved: time and energy of those levels shrink with them. */
function moving(
  cost: LayerCost,
  offChipBytes: OperandBytes,
  globalBufferBytes: OperandBytes,
  hardware: Hardware,
): LayerCost {
  const shrunk = (before: OperandBytes, after: OperandBytes): number =>
    totalBytes(before) > 0 ? totalBytes(after) / totalBytes(before) : 1;
  const secondsOf = ({ input, weight, output }: OperandBytes): number =>
    offChipSeconds(hardware, input + weight, output);
  const offChip = cost.terms.offChip > 0 ? secondsOf(offChipBytes) / secondsOf(cost.offChipBytes) : 1;
  const globalBuffer = shrunk(cost.globalBufferBytes, globalBufferBytes);
  const terms = {
    ...cost.terms,
    offChip: cost.terms.offChip * offChip,
    globalBuffer: cost.terms.globalBuffer * globalBuffer,
  };
  const saved = steadySeconds(cost.terms, hardware) - steadySeconds(terms, hardware);
  const seconds = cost.seconds - saved;
  const { energyTerms } = cost;
  return {
    ...cost,
    cycles: seconds * hardware.frequency,
    seconds,
    terms,
    offChipBytes,
    globalBufferBytes,
    lowerBoundSeconds: Math.max(0, cost.lowerBoundSeconds - saved),
    utilization: seconds > 0 ? (cost.utilization * cost.seconds) / seconds : 0,
    ...summed({
      ...energyTerms,
      offChip: energyTerms.offChip * shrunk(cost.offChipBytes, offChipBytes),
      globalBuffer: energyTerms.globalBuffer * globalBuffer,
    }),
  };
}

function steadySeconds({ compute, globalBuffer, offChip }: Terms, hardware: Hardware): number {
  const overlap = 'overlap' in hardware ? hardware.overlap : 'max';
  return overlapped(overlap, compute, globalBuffer, offChip);
}

function describe({ parts, times, kernel }: Body, { weights }: Residents): string {
  const what = `${parts.length} ${kernel ? 'steps in one kernel' : 'nodes inside'}`;
  const most = Math.max(times, ...parts.map((part) => times * (part.times ?? 1)));
  const often = most > 1 ? [`${most} times in turn`, weights ? 'weights stay on chip' : 'weights read each time'] : [];
  return [what, ...often].join(', ');
}

function sums<T extends object>(keys: T, value: (key: keyof T) => number): { readonly [K in keyof T]: number } {
  const entries = (Object.keys(keys) as (keyof T)[]).map((key) => [key, value(key)] as const);
  return Object.fromEntries(entries) as { readonly [K in keyof T]: number };
}

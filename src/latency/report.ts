import { BOUNDS, type Bound } from '../display/bounds';
import { type Model, type Node, nodeLabel } from '../graph/graph';
import { fusionOf, type Hardware } from '../hardware/hardware';
import type { InferredShapes } from '../operators/inferShapes';
import { mayHaveMacs } from '../operators/registry';
import type { Work } from '../operators/work';
import type { Complexity } from './complexity';
import { freeCost, isUnknown, type LayerCost, totalBytes, type UnknownCost } from './layerCost';
import { OFF_CHIP, type OnChip } from './mapped';
import { type Plan, planOf } from './plan';
import { type Resident, type Scheduled, scheduleOf } from './schedule';
import type { Totals } from './totals';

export interface LayerReport extends Complexity {
  readonly cost: LayerCost | UnknownCost;
  /** Id of the node whose kernel this one runs in; it costs nothing more. */
  readonly fusedInto?: number;
  /** Ids of all nodes that run in its kernel, where they are more than this one. */
  readonly kernel?: readonly number[];
  /** What its kernel takes from on-chip memory and leaves there. */
  readonly resident?: Resident;
  /** With what of its kernel's operands on chip it was costed; absent: none. */
  readonly onChip?: OnChip;
}

export interface LatencyReport {
  /** Of the model, at the batch and bindings that the report is for. */
  readonly shapes: InferredShapes;
  readonly hardware: Hardware;
  /** One per node of the model's graph, in order. */
  readonly layers: readonly LayerReport[];
  readonly totals: Totals;
}

export interface ReportOptions {
  /** False: every node is a kernel of its own, which reads and writes off chip. */
  readonly fuse?: boolean;
  /** Hardware that the model was predicted on before: a quick first answer, see `mapKernel`. */
  readonly similar?: Hardware | undefined;
  /** Checked before every layer: the report is given up with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Predicts the cost of every node of a model on a hardware. A node that cannot be costed is unknown and says why. */
export function buildReport(
  model: Model,
  shapes: InferredShapes,
  hardware: Hardware,
  options: ReportOptions = {},
): LatencyReport {
  const { fuse = true } = options;
  const layers = layersOf(planFor(model, shapes, hardware, fuse), hardware, fuse, options);
  const totals = totalsOf(layers);
  if (!fuse) return { shapes, hardware, layers, totals: { ...totals, unfusedSeconds: totals.seconds } };
  return { shapes, hardware, layers, totals: withUnfused(totals, () => unfusedSeconds(model, shapes, hardware)) };
}

/** What the nodes run on a hardware: its rules of fusion, or none. */
export function planFor(model: Model, shapes: InferredShapes, hardware: Hardware, fused = true): Plan {
  return planOf(model, shapes, fused ? fusionOf(hardware) : []);
}

function unfusedSeconds(model: Model, shapes: InferredShapes, hardware: Hardware): number {
  return totalsOf(layersOf(planFor(model, shapes, hardware, false), hardware, false)).seconds;
}

/** The unfused figure takes as long to work out as all others: it is when somebody asks. */
function withUnfused(totals: Omit<Totals, 'unfusedSeconds'>, work: () => number): Totals {
  let known: number | undefined;
  return {
    ...totals,
    get unfusedSeconds(): number {
      known ??= work();
      return known;
    },
  };
}

function layersOf(
  plan: Plan,
  hardware: Hardware,
  residency: boolean,
  options: ReportOptions = {},
): readonly LayerReport[] {
  const { complexities, kernels, fusion } = plan;
  const schedule = scheduleOf(plan, hardware, residency, options);
  return complexities.map((complexity, id): LayerReport => {
    const fusedInto = fusion.headOf.get(id);
    const head = fusedInto === undefined ? undefined : complexities[fusedInto]?.node;
    const scheduled = schedule.get(fusedInto ?? id);
    if (head && scheduled) return { ...complexity, cost: fusedCost(nodeLabel(head), scheduled), fusedInto: head.id };
    const kernel = kernels[id];
    const settled = kernel?.kind === 'settled' ? kernel.cost : { unknown: 'it runs in no kernel' };
    const nodes = fusion.kernelOf.get(id)?.nodes ?? [];
    return {
      ...complexity,
      cost: scheduled?.cost ?? settled,
      ...(nodes.length > 1 && { kernel: nodes.map((node) => node.id) }),
      ...(scheduled?.resident && { resident: scheduled.resident }),
      ...(scheduled && scheduled.onChip !== OFF_CHIP && { onChip: scheduled.onChip }),
    };
  });
}

/** A fused node shares its kernel's bound and costs nothing more. */
function fusedCost(head: string, { cost }: Scheduled): LayerCost | UnknownCost {
  return isUnknown(cost) ? cost : freeCost(`fused into ${head}`, cost.bound);
}

/** Whether a node may have MACs that nobody could count. */
function hidesMacs(node: Node, work: Work | undefined): boolean {
  if (!work) return mayHaveMacs(node);
  return work.kind === 'body' && work.parts.some((part) => hidesMacs(part.context.node, part.work));
}

function totalsOf(layers: readonly LayerReport[]): Omit<Totals, 'unfusedSeconds'> {
  const known = layers.flatMap(({ cost }) => (isUnknown(cost) ? [] : [cost]));
  const sum = <T>(items: readonly T[], value: (item: T) => number): number =>
    items.reduce((total, item) => total + (Number.isFinite(value(item)) ? value(item) : 0), 0);
  const unknownNodes = layers.length - known.length;
  // Where no layer that takes time could be costed, the total is unknown, not 0.
  const predicted = (value: (cost: LayerCost) => number): number =>
    unknownNodes > 0 && known.every((cost) => cost.seconds === 0) ? Number.NaN : sum(known, value);
  const seconds = predicted((cost) => cost.seconds);
  const macs = sum(layers, (layer) => layer.macs);
  const costed = sum(layers, (layer) => (isUnknown(layer.cost) ? 0 : layer.macs));
  const inBound = (bound: Bound): number => sum(known, (cost) => (cost.bound === bound ? cost.seconds : 0));
  return {
    seconds,
    cycles: predicted((cost) => cost.cycles),
    macs,
    flops: sum(layers, (layer) => layer.flops),
    parameters: sum(layers, (layer) => layer.parameters),
    memoryAccessBytes: sum(layers, (layer) => totalBytes(layer.memoryAccess)),
    energyJoules: predicted((cost) => cost.energyJoules),
    lowerBoundSeconds: predicted((cost) => cost.lowerBoundSeconds),
    costedMacsFraction: costedFraction(layers, costed, macs, unknownNodes),
    unknownNodes,
    boundShare: BOUNDS.map((bound) => (seconds > 0 ? inBound(bound) / seconds : 0)),
  };
}

/** Unknown where MACs may be hidden, or where nothing but unknown layers is left to say. */
function costedFraction(layers: readonly LayerReport[], costed: number, macs: number, unknownNodes: number): number {
  if (layers.some(({ node, work }) => hidesMacs(node, work)) || (macs === 0 && unknownNodes > 0)) return Number.NaN;
  return macs > 0 ? costed / macs : 1;
}

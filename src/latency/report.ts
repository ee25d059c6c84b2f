import { BOUNDS, type Bound } from '../display/bounds';
import { isStatic, type Model, type Node, nodeLabel } from '../graph/graph';
import { type Hardware, isFounding } from '../hardware/hardware';
import type { InferredShapes } from '../operators/inferShapes';
import type { CostContext } from '../operators/operator';
import { mayHaveMacs } from '../operators/registry';
import type { Work } from '../operators/work';
import { adviceFor, unknownAdvice, Variants } from './advice';
import { type Complexity, complexityOf } from './complexity';
import { costLayer } from './costLayer';
import { type Fusion, fuse, NO_FUSION } from './fusion';
import { freeCost, isUnknown, type LayerCost, totalBytes, type UnknownCost } from './layerCost';
import { repeated } from './repeated';
import type { Totals } from './totals';
import { type Fused, workloadOf } from './workload';

export interface LayerReport extends Complexity {
  readonly cost: LayerCost | UnknownCost;
  /** Id of the node whose kernel this one runs in; it costs nothing more. */
  readonly fusedInto?: number;
  /** What would make the layer faster, one line; '' where nothing is to be said. Worked out when it is read. */
  readonly advice: string;
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
  /** False: every node is a kernel of its own. */
  readonly fuse?: boolean;
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
  const fusion = options.fuse === false ? NO_FUSION : fuse(model.graph, shapes, { additions: !isFounding(hardware) });
  const costing = new Costing(shapes, fusion, hardware);
  const layers = complexityOf(model, shapes).map((complexity) => {
    options.signal?.throwIfAborted();
    return costing.layer(complexity);
  });
  return { shapes, hardware, layers, totals: totalsOf(layers) };
}

interface Kernel {
  readonly label: string;
  readonly cost: LayerCost | UnknownCost;
}

/** Costs the nodes in order: a kernel's head comes before what is fused into it. */
class Costing {
  private readonly shapes: InferredShapes;
  private readonly fusion: Fusion;
  private readonly hardware: Hardware;
  private readonly variants: Variants;
  private readonly isConstant: (tensor: string) => boolean;
  private readonly kernels = new Map<number, Kernel>();
  private readonly reasons: ReadonlyMap<Node, string>;

  constructor(shapes: InferredShapes, fusion: Fusion, hardware: Hardware) {
    this.shapes = shapes;
    this.fusion = fusion;
    this.hardware = hardware;
    this.variants = new Variants(hardware);
    this.isConstant = (tensor) => shapes.constants.has(tensor);
    this.reasons = new Map(shapes.problems.map(({ node, message }) => [node, message]));
  }

  layer(complexity: Complexity): LayerReport {
    const { node, memoryAccess } = complexity;
    const fusedInto = this.fusion.headOf.get(node.id);
    const head = fusedInto === undefined ? undefined : this.kernels.get(fusedInto);
    if (fusedInto !== undefined && head) return { ...complexity, cost: fusedCost(head), fusedInto, advice: '' };
    const { hardware, variants } = this;
    const cost = this.nodeCost(node, hardware);
    this.kernels.set(node.id, { label: nodeLabel(node), cost });
    const recost = (variant: Hardware): LayerCost | UnknownCost => this.nodeCost(node, variant);
    return {
      ...complexity,
      cost,
      get advice(): string {
        if (isUnknown(cost)) return unknownAdvice(cost.unknown, totalBytes(memoryAccess), hardware);
        return adviceFor(cost, variants, recost);
      },
    };
  }

  private nodeCost(node: Node, hardware: Hardware): LayerCost | UnknownCost {
    const work = this.shapes.work(node);
    if (!work) return { unknown: this.reasons.get(node) ?? whyUnknown(this.shapes.context(node)) };
    const tail = this.fusion.tails.get(node.id) ?? [];
    const fused = tail.flatMap((member): Fused[] => {
      const memberWork = this.shapes.work(member);
      return memberWork ? [{ context: this.shapes.context(member), work: memberWork }] : [];
    });
    return costOf(this.shapes.context(node), work, hardware, this.isConstant, fused);
  }
}

/** A fused node shares its kernel's bound and costs nothing more. */
function fusedCost({ label, cost }: Kernel): LayerCost | UnknownCost {
  return isUnknown(cost) ? cost : freeCost(`fused into ${label}`, cost.bound);
}

function whyUnknown({ node, inputs }: CostContext): string {
  const open = inputs.findIndex((info) => info && !isStatic(info.shape));
  if (open >= 0) return `the shape of '${node.inputs[open]}' is unknown`;
  return `the work of ${node.domain ? `${node.domain}:` : ''}${node.operator} is not known (add a rule in src/operators/ops)`;
}

function costOf(
  context: CostContext,
  work: Work,
  hardware: Hardware,
  isConstant: (tensor: string) => boolean,
  fused: readonly Fused[],
): LayerCost | UnknownCost {
  if (work.kind === 'free') return freeCost(work.reason);
  if (work.kind === 'body') {
    const parts = work.parts.map((part) =>
      part.work ? costOf(part.context, part.work, hardware, () => false, []) : { unknown: whyUnknown(part.context) },
    );
    return repeated(parts, work.times, hardware);
  }
  const workload = workloadOf({ context, work }, isConstant, fused);
  return 'unknown' in workload ? workload : costLayer(workload, hardware);
}

/** Whether a node may have MACs that nobody could count. */
function hidesMacs(node: Node, work: Work | undefined): boolean {
  if (!work) return mayHaveMacs(node);
  return work.kind === 'body' && work.parts.some((part) => hidesMacs(part.context.node, part.work));
}

function totalsOf(layers: readonly LayerReport[]): Totals {
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

import { isStatic, type Model, type Node, type TensorInfo } from '../graph/graph';
import type { FusionRule } from '../hardware/fusionRules';
import type { InferredShapes } from '../operators/inferShapes';
import type { CostContext } from '../operators/operator';
import { findOperator } from '../operators/registry';
import type { Body, Work } from '../operators/work';
import { type Complexity, complexityOf } from './complexity';
import { type FusedKernel, type Fusion, fuse } from './fusion/fuse';
import { freeCost, type LayerCost, type UnknownCost } from './layerCost';
import { Tensors } from './tensors';
import { type Fused, type Workload, workloadKey, workloadOf } from './workload';

/** What a node runs, whatever the hardware. */
export type Kernel =
  | { readonly kind: 'workload'; readonly workload: Workload }
  | { readonly kind: 'body'; readonly body: Body; readonly parts: readonly Kernel[] }
  /** Nothing runs, or nobody knows what: the same on every hardware. */
  | { readonly kind: 'settled'; readonly cost: LayerCost | UnknownCost };

/** All of a prediction that does not depend on the hardware but on its rules of fusion. */
export interface Plan {
  readonly fusion: Fusion;
  /** One per node of the model's graph, in order. */
  readonly complexities: readonly Complexity[];
  /** The same; undefined for a node that is fused into another's kernel. */
  readonly kernels: readonly (Kernel | undefined)[];
  /** The kernels in the order in which they run. */
  readonly runs: readonly Run[];
  /** What they hand to one another, views taken as what they are views of. */
  readonly tensors: readonly { readonly name: string; readonly info: TensorInfo }[];
  /** Every workload of the kernels once: equal ones are one object. */
  readonly workloads: readonly Workload[];
}

/** A kernel with the tensors that it reads and writes; constants are not among them. */
export interface Run {
  /** Id of the node that stands for it. */
  readonly head: number;
  readonly kernel: Kernel;
  readonly reads: readonly Read[];
  /** `leaves`: it is an output of the model, too. */
  readonly writes: readonly { readonly tensor: number; readonly leaves: boolean }[];
}

/** As what a kernel reads a tensor: its first operand (all of them where nothing is contracted), the second of a product … */
export interface Read {
  readonly tensor: number;
  readonly role: 'input' | 'second' | 'epilogue' | 'other';
}

const complexities = new WeakMap<InferredShapes, readonly Complexity[]>();
const plans = new WeakMap<InferredShapes, Map<string, Plan>>();

/** What the nodes of a model run, worked out once for its shapes and rules of fusion. Without rules nothing is fused. */
export function planOf(model: Model, shapes: InferredShapes, rules: readonly FusionRule[]): Plan {
  const known = plans.get(shapes) ?? new Map<string, Plan>();
  plans.set(shapes, known);
  const key = [...rules].sort().join();
  const plan = known.get(key) ?? makePlan(model, shapes, rules);
  known.set(key, plan);
  return plan;
}

function makePlan(model: Model, shapes: InferredShapes, rules: readonly FusionRule[]): Plan {
  const fusion = fuse(model.graph, shapes, rules);
  return new Planner(shapes, fusion).plan(complexitiesOf(model, shapes));
}

function complexitiesOf(model: Model, shapes: InferredShapes): readonly Complexity[] {
  const known = complexities.get(shapes) ?? complexityOf(model, shapes);
  complexities.set(shapes, known);
  return known;
}

class Planner {
  private readonly shapes: InferredShapes;
  private readonly fusion: Fusion;
  private readonly reasons: ReadonlyMap<Node, string>;
  private readonly workloads = new Map<string, Workload>();

  constructor(shapes: InferredShapes, fusion: Fusion) {
    this.shapes = shapes;
    this.fusion = fusion;
    this.reasons = new Map(shapes.problems.map(({ node, message }) => [node, message]));
  }

  plan(complexities: readonly Complexity[]): Plan {
    const { fusion } = this;
    const kernels = complexities.map(({ node }) =>
      fusion.headOf.has(node.id) ? undefined : this.kernelOf(node, fusion.kernelOf.get(node.id)),
    );
    const tensors = new Tensors(fusion.index);
    const runs = fusion.kernels.flatMap((fused) => {
      const kernel = kernels[fused.head.id];
      return kernel ? [{ head: fused.head.id, kernel, ...tensors.operandsOf(fused) }] : [];
    });
    return { fusion, complexities, kernels, runs, tensors: tensors.all, workloads: [...this.workloads.values()] };
  }

  private kernelOf(node: Node, fused: FusedKernel | undefined): Kernel {
    const context = fused?.context ?? this.shapes.context(node);
    const work = fused ? fused.work : this.shapes.work(node);
    if (!work) return unknown(this.reasons.get(node) ?? whyUnknown(context));
    return this.kernel(context, work, (tensor) => this.shapes.constants.has(tensor), fused?.fused ?? []);
  }

  private kernel(
    context: CostContext,
    work: Work,
    isConstant: (tensor: string) => boolean,
    fused: readonly Fused[],
  ): Kernel {
    if (work.kind === 'free') return { kind: 'settled', cost: freeCost(work.reason) };
    if (work.kind === 'body') {
      const inner = work.parts.map((part) => ({ ...part, isConstant: part.isConstant ?? isConstant }));
      const parts = inner.map((part) =>
        part.work ? this.kernel(part.context, part.work, part.isConstant, []) : unknown(whyUnknown(part.context)),
      );
      return { kind: 'body', body: { ...work, parts: inner }, parts };
    }
    const workload = workloadOf({ context, work }, isConstant, fused);
    return 'unknown' in workload ? unknown(workload.unknown) : { kind: 'workload', workload: this.shared(workload) };
  }

  private shared(workload: Workload): Workload {
    const key = workloadKey(workload);
    const known = this.workloads.get(key) ?? workload;
    this.workloads.set(key, known);
    return known;
  }
}

function unknown(reason: string): Kernel {
  return { kind: 'settled', cost: { unknown: reason } };
}

function whyUnknown({ node, inputs }: CostContext): string {
  const open = inputs.findIndex((info) => info && !isStatic(info.shape));
  if (open >= 0) return `the shape of '${node.inputs[open]}' is unknown`;
  const name = `${node.domain ? `${node.domain}:` : ''}${node.operator}`;
  if (findOperator(node)) return `only the run can tell how much ${name} has to do`;
  return `the work of ${name} is not known (add a rule in src/operators/ops)`;
}

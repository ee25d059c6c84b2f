import { isFloat } from '../graph/dataTypes';
import { type DataType, isStatic, type Model, type Node, nodeLabel, type TensorInfo } from '../graph/graph';
import { tensorsRead } from '../graph/scope';
import type { Cotangents, GradientBuilder, GraphBuilder, VjpContext } from '../operators/gradientContext';
import { cast, reshape, sumOf } from '../operators/gradientTools';
import { findOperator, operatorFile, operatorType } from '../operators/registry';
import { downstream } from './reach';
import { pickedSlice, type Slice, slicedTensors } from './slices';
import { Slicer } from './sliceView';

/** There is no derivative. */
export class NoGradient extends Error {
  /** For those who use a model: the message without what whoever writes the program could do. */
  readonly why: string;
  /** Whether every rule on the way is known, and what they answer is zero. */
  readonly isZero: boolean;

  constructor(why: string, { isZero = false, remedy = '' } = {}) {
    super(`${why}${remedy}`);
    this.why = why;
    this.isZero = isZero;
  }
}

/** ∂score/∂t. Where `slice` is given, `tensor` holds that slice (size one along its axis) and all else is zero. */
export interface Cotangent {
  readonly tensor: string;
  readonly slice?: Slice;
}

export interface GradientRequest {
  /** The tensor to differentiate. */
  readonly of: string;
  /** Its cotangent, of the same shape. */
  readonly seed: Cotangent;
  /** The tensors to differentiate by. */
  readonly wrt: readonly string[];
  /** Where only a slice of a tensor counts, compute it anew instead of cutting it out of the whole (default no). */
  readonly recompute?: boolean;
  /** By operator type as the registry writes it (`Relu`, `com.microsoft:FusedConv`). */
  readonly overrides?: ReadonlyMap<string, RuleOverride>;
}

type Rule = (context: VjpContext) => Cotangents;

/** Stands in for an operator's own rule, which it may ask. */
export type RuleOverride = (context: VjpContext, own: Rule) => Cotangents;

type Infos = ReadonlyMap<string, TensorInfo>;

/**
 * Reverse-mode differentiation: appends the nodes that compute ⟨seed, ∂of/∂t⟩ for every tensor t of `wrt`, walking only
 * the nodes between them. Answers the gradient's name per tensor. Throws where a rule or a static shape is missing, or
 * where a tensor has no influence.
 */
export function gradient(
  model: Model,
  infos: Infos,
  build: GradientBuilder,
  { of, seed, ...how }: GradientRequest,
): ReadonlyMap<string, string> {
  const { wrt } = how;
  const sums = pullBack(model, infos, build, { cotangents: [[of, seed]], ...how });
  return new Map(
    wrt.map((tensor, index) => {
      const sum = sums[index];
      if (sum === undefined) {
        throw new NoGradient(`'${tensor}' has no influence on '${of}' that can be differentiated`, { isZero: true });
      }
      return [tensor, sum];
    }),
  );
}

export interface PullBackRequest {
  /** Of any tensors of the graph; several of one tensor add up. */
  readonly cotangents: readonly (readonly [string, Cotangent])[];
  readonly wrt: readonly string[];
  readonly overrides?: GradientRequest['overrides'] | undefined;
  readonly recompute?: boolean | undefined;
}

/** Appends Σ ⟨cotangent, ∂t/∂x⟩ over the tensors t that have one, for every tensor x of `wrt`; undefined where it is zero. */
export function pullBack(
  model: Model,
  infos: Infos,
  build: GradientBuilder,
  { cotangents, ...how }: PullBackRequest,
): readonly (string | undefined)[] {
  const walk = new ReverseWalk(model, infos, build, how);
  for (const [tensor, cotangent] of cotangents) walk.add(tensor, cotangent);
  for (const node of model.graph.nodes.toReversed()) walk.pass(node);
  return how.wrt.map((tensor) => walk.whole(tensor));
}

class ReverseWalk {
  readonly #model: Model;
  readonly #infos: Infos;
  readonly #build: GradientBuilder;
  readonly #active: ReadonlySet<string>;
  readonly #slicer: Slicer;
  readonly #overrides: GradientRequest['overrides'];
  readonly #cotangents = new Map<string, readonly Cotangent[]>();

  constructor(
    model: Model,
    infos: Infos,
    build: GradientBuilder,
    { wrt, overrides, recompute = false }: Omit<PullBackRequest, 'cotangents'>,
  ) {
    this.#model = model;
    this.#overrides = overrides;
    this.#infos = infos;
    this.#build = build;
    this.#active = downstream(model.graph.nodes, infos, wrt);
    const contextOf = (node: Node): VjpContext => this.#context(node);
    this.#slicer = new Slicer(model.graph, infos, this.#active, build, { recompute, contextOf });
  }

  add(tensor: string, cotangent: Cotangent): void {
    this.#cotangents.set(tensor, [...(this.#cotangents.get(tensor) ?? []), cotangent]);
  }

  /** Hands the cotangents of a node's outputs on to its inputs. All readers of the outputs must have been passed. */
  pass(node: Node): void {
    if (!tensorsRead(node).some((input) => this.#active.has(input))) return;
    const reached = node.outputs.map((output) => (this.#active.has(output) ? this.#total(output) : undefined));
    if (reached.every((cotangent) => cotangent === undefined)) return;
    const context = this.#context(node);
    const cotangents = this.#bySlices(context, reached) ?? this.#picked(context) ?? this.#whole(context);
    for (const [index, cotangent] of cotangents.entries()) {
      const input = node.inputs[index];
      if (cotangent && input !== undefined && this.#active.has(input)) this.add(input, cotangent);
    }
  }

  /** The whole cotangent of a tensor; undefined where it is zero. */
  whole(tensor: string): string | undefined {
    const total = this.#total(tensor);
    return total && this.#spread(tensor, total);
  }

  /** The sum of what reached a tensor; from then on kept as one. */
  #total(tensor: string): Cotangent | undefined {
    const parts = this.#cotangents.get(tensor) ?? [];
    const [first] = parts;
    if (!first || parts.length === 1) return first;
    const { slice } = first;
    const isOneSlice =
      slice && parts.every((part) => part.slice?.axis === slice.axis && part.slice.index === slice.index);
    const terms = parts.map((part) => (isOneSlice ? part.tensor : this.#spread(tensor, part)));
    const sum = { tensor: sumOf(this.#build, terms) ?? '', ...(isOneSlice && { slice }) };
    this.#cotangents.set(tensor, [sum]);
    return sum;
  }

  /** Puts a slice between the zeros around it. */
  #spread(tensor: string, { tensor: cotangent, slice }: Cotangent): string {
    if (!slice) return cotangent;
    const shape = staticShape(this.#infos, tensor);
    const size = shape[slice.axis] ?? 1;
    const along = shape.map((_, axis) => (axis === slice.axis ? size : 1));
    const positions = this.#build.constant('int64', [...new Array(size).keys()], along);
    const type = computedType(this.#infos, tensor);
    const isThere = this.#build.add('Equal', [positions, slice.index]);
    return this.#build.add('Mul', [cotangent, cast(this.#build, isThere, isFloat(type) ? type : 'float32')]);
  }

  /** Where only a slice of the output counts and the operator works slice by slice. */
  #bySlices(context: VjpContext, reached: readonly (Cotangent | undefined)[]) {
    const [first, ...others] = reached;
    if (!first?.slice || others.some((other) => other !== undefined)) return undefined;
    const { index, axis } = first.slice;
    const sliced = slicedTensors(context, axis);
    if (!sliced) return undefined;
    const cotangents = this.#apply({
      ...context,
      build: this.#slicer.view(index, sliced),
      shape: (tensor) => context.shape(tensor).map((size, i) => (i === sliced.get(tensor) ? 1 : size)),
      values: (tensor) => (sliced.has(tensor) ? undefined : context.values(tensor)),
      cotangents: [first.tensor],
    });
    return cotangents.map((tensor, input): Cotangent | undefined => {
      const own = sliced.get(context.node.inputs[input] ?? '');
      if (tensor === undefined) return undefined;
      return own === undefined ? { tensor } : { tensor, slice: { axis: own, index } };
    });
  }

  /** A node that picks one slice of its input: what it hands on is that slice. */
  #picked(context: VjpContext): readonly (Cotangent | undefined)[] | undefined {
    const picked = pickedSlice(context);
    const { node } = context;
    const cotangent = picked && this.whole(node.outputs[0] ?? '');
    if (!picked || cotangent === undefined) return undefined;
    const { axis, position } = picked;
    const shape = context.shape(node.inputs[0] ?? '').map((size, i) => (i === axis ? 1 : size));
    const tensor = reshape(this.#build, cotangent, shape);
    return [{ tensor, slice: { axis, index: this.#build.constant('int64', [position]) } }];
  }

  #whole(context: VjpContext): readonly (Cotangent | undefined)[] {
    const cotangents = context.node.outputs.map((output) =>
      this.#active.has(output) ? this.whole(output) : undefined,
    );
    return this.#apply({ ...context, cotangents }).map((tensor) => (tensor === undefined ? undefined : { tensor }));
  }

  #apply(context: VjpContext): Cotangents {
    const override = this.#overrides?.get(operatorType(context.node));
    return override ? override(context, applyRule) : applyRule(context);
  }

  /** Without cotangents yet. */
  #context(node: Node): VjpContext {
    const active = this.#active;
    return {
      ...nodeContext(this.#model, this.#infos, this.#build, node),
      cotangents: [],
      wants: (index) => active.has(node.inputs[index] ?? ''),
    };
  }
}

/** What a rule may ask of a node, whatever its cotangents are. */
export function nodeContext(
  { graph, opsets }: Model,
  infos: Infos,
  build: GraphBuilder,
  node: Node,
): Omit<VjpContext, 'cotangents' | 'wants'> {
  return {
    node,
    opset: opsets.get(node.domain === 'ai.onnx' ? '' : node.domain) ?? build.opset,
    build,
    shape: (tensor) => staticShape(infos, tensor),
    type: (tensor) => computedType(infos, tensor),
    values: (tensor) => graph.constants.get(tensor)?.values ?? infos.get(tensor)?.values,
  };
}

/** The cotangents of a node's inputs. Throws one sentence where the operator has no rule, or none for this form of it. */
export function applyRule(context: VjpContext): Cotangents {
  const { node } = context;
  const rule = findOperator(node)?.vjp;
  if (!rule) {
    throw new NoGradient(`no gradient rule for operator ${node.operator} (node '${nodeLabel(node)}')`, {
      remedy: `: add one to ${operatorFile(node)}`,
    });
  }
  try {
    return rule(context);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new NoGradient(`gradient of ${node.operator} (node '${nodeLabel(node)}'): ${reason}`);
  }
}

function staticShape(infos: Infos, tensor: string): readonly number[] {
  const shape = infos.get(tensor)?.shape;
  if (isStatic(shape)) return shape;
  throw new Error(`the shape of '${tensor}' is not known`);
}

/** The type that the appendix computes in: half precision is widened. */
function computedType(infos: Infos, tensor: string): DataType {
  const type = infos.get(tensor)?.type;
  if (type === undefined) throw new Error(`the type of '${tensor}' is not known`);
  return isHalf(type) ? 'float32' : type;
}

export function isHalf(type: DataType | undefined): boolean {
  return type === 'float16' || type === 'bfloat16';
}

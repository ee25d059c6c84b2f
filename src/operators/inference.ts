import { attrGraph } from '../graph/attributes';
import type { Attribute, Graph, LocalFunction, Model, Node, Shape, TensorInfo, ValueInfo } from '../graph/graph';
import { functionKey } from '../graph/graph';
import type { CostContext } from './operator';
import { findOperator } from './registry';
import { MAX_RANK, mergeShapes, tensorInfo } from './shapes';
import type { BodyPart, Work } from './work';

export interface Problem {
  readonly node: Node;
  /** One sentence. */
  readonly message: string;
}

/** The tensors that a graph sees: its own, and those of the graphs around it. */
export class Scope {
  readonly infos = new Map<string, TensorInfo>();
  readonly constants = new Set<string>();
  readonly #outer: Scope | undefined;

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  get(name: string): TensorInfo | undefined {
    return this.infos.get(name) ?? this.#outer?.get(name);
  }

  isConstant(name: string): boolean {
    return this.constants.has(name) || (this.#outer?.isConstant(name) ?? false);
  }
}

/** Where nodes stand: in the model itself or in a local function's body, called with attributes. */
interface Place {
  readonly opsets: ReadonlyMap<string, number>;
  readonly attributes?: ReadonlyMap<string, Attribute>;
  /** Local functions entered on the way here. */
  readonly calls: readonly LocalFunction[];
}

type Inputs = readonly (TensorInfo | undefined)[];

/** Few lines of functions that call functions can stand for endless work: nodes looked at inside of others, in all. */
const MAX_INNER_NODES = 1_000_000;

/** Operators whose outputs differ from run to run: never constant. */
const RANDOM = /^(Random|Multinomial$|Bernoulli$)/;

/** What a file declares of the tensors of one of its graphs. */
export type Declarations = (graph: Graph) => (name: string) => TensorInfo | undefined;

export class Inference {
  readonly problems: Problem[] = [];
  /** Inputs of graphs inside of nodes as they were entered last: of a sub-graph by itself, of a local function by its call. */
  readonly entered = new Map<Graph | Node, readonly ValueInfo[]>();
  readonly #reported = new Map<Node, Set<string>>();
  readonly #model: Model;
  readonly #declarations: Declarations;
  #innerNodes = 0;

  constructor(model: Model, declarations: Declarations) {
    this.#model = model;
    this.#declarations = declarations;
  }

  main(inputs: readonly (TensorInfo & { readonly name: string })[]): {
    scope: Scope;
    contexts: ReadonlyMap<Node, InferredNode>;
  } {
    const scope = new Scope();
    for (const input of inputs) scope.infos.set(input.name, tensorInfo(input.type, input.shape));
    const place: Place = { opsets: this.#model.opsets, calls: [] };
    const nodes = this.#walk(this.#model.graph, scope, place);
    return { scope, contexts: new Map(nodes.map((context) => [context.written, context])) };
  }

  opsetOf(node: Node, opsets = this.#model.opsets): number {
    return opsets.get(node.domain === 'ai.onnx' ? '' : node.domain) ?? 1;
  }

  /** What a node has to do; a node whose outputs are known beforehand is free. */
  work(context: InferredNode): Work | undefined {
    const { node, scope } = context;
    if (context.failed) return undefined;
    if (node.outputs.every((name) => name === '' || scope.isConstant(name))) {
      return { kind: 'free', reason: 'computed ahead of time' };
    }
    return this.#guard(context, () => {
      const called = this.#functionOf(node);
      if (!called) return findOperator(node)?.work?.(context);
      return { kind: 'body', parts: this.#parts(this.#enter(context, called).nodes), times: 1 };
    });
  }

  /** The outputs of a node's sub-graph. */
  body(outer: InferredNode, attribute: string, inputs: Inputs): readonly TensorInfo[] {
    const { graph, scope } = this.#enterBody(outer, attribute, inputs);
    return graph.outputs.map(({ name }) => scope.get(name) ?? {});
  }

  bodyParts(outer: InferredNode, attribute: string, inputs: Inputs): readonly BodyPart[] {
    return this.#parts(this.#enterBody(outer, attribute, inputs).nodes);
  }

  #parts(nodes: readonly InferredNode[]): readonly BodyPart[] {
    return nodes.map((context) => ({
      work: this.work(context),
      context,
      isConstant: (tensor: string) => context.scope.isConstant(tensor),
    }));
  }

  #enterBody(outer: InferredNode, attribute: string, inputs: Inputs) {
    const graph = attrGraph(outer.node, attribute);
    if (!graph) throw new Error(`the sub-graph '${attribute}' is missing`);
    const scope = new Scope(outer.scope);
    for (const [index, { name, type, shape }] of graph.inputs.entries()) {
      const given = inputs[index];
      scope.infos.set(name, tensorInfo(given?.type ?? type, given?.shape ?? shape, given?.values));
    }
    this.entered.set(graph, inputsIn(graph, scope));
    return { graph, scope, nodes: this.#walkInside(graph, scope, outer.place) };
  }

  #functionOf(node: Node): LocalFunction | undefined {
    const { functions } = this.#model;
    if (functions.size === 0) return undefined;
    return functions.get(functionKey(node.domain, node.operator, node.overload));
  }

  /** Infers the body of a local function for one call: a scope of its own, references replaced by the call's attributes. */
  #enter({ node, written, scope: caller, inputs, place }: InferredNode, called: LocalFunction) {
    if (place.calls.includes(called)) throw new Error(`the local function ${called.name} calls itself`);
    const scope = new Scope();
    for (const [index, { name }] of called.body.inputs.entries()) {
      scope.infos.set(name, inputs[index] ?? {});
      if (caller.isConstant(node.inputs[index] ?? '')) scope.constants.add(name);
    }
    this.entered.set(written, inputsIn(called.body, scope));
    const attributes = new Map([...called.defaults, ...node.attributes]);
    const opsets = new Map([...this.#model.opsets, ...called.opsets]);
    const inside: Place = { opsets, attributes, calls: [...place.calls, called] };
    return { scope, nodes: this.#walkInside(called.body, scope, inside) };
  }

  #walkInside(graph: Graph, scope: Scope, place: Place): readonly InferredNode[] {
    this.#innerNodes += graph.nodes.length;
    if (this.#innerNodes > MAX_INNER_NODES) {
      throw new Error(
        `sub-graphs and local functions unfold to more than ${MAX_INNER_NODES.toLocaleString('en')} nodes`,
      );
    }
    return this.#walk(graph, scope, place);
  }

  /** Infers the nodes in order; every tensor's type lands in the scope. */
  #walk(graph: Graph, scope: Scope, place: Place): readonly InferredNode[] {
    for (const [name, { type, shape, values }] of graph.constants) {
      scope.infos.set(name, tensorInfo(type, shape, values));
      scope.constants.add(name);
    }
    const declared = this.#declarations(graph);
    return graph.nodes.map((written) => {
      const node = withAttributes(written, place.attributes);
      const inputs = node.inputs.map((name) => (name === '' ? undefined : (scope.get(name) ?? {})));
      const context = new InferredNode(this, written, node, inputs, scope, place);
      const outputs = this.#guard(context, () => this.#infer(context)) ?? [];
      const constant = isForeseeable(context);
      for (const [index, name] of node.outputs.entries()) {
        if (name === '') continue;
        const info = this.#reconcile(written, name, outputs[index] ?? {}, declared(name));
        scope.infos.set(name, info);
        if (constant || info.values) scope.constants.add(name);
      }
      return context;
    });
  }

  #infer(context: InferredNode): readonly TensorInfo[] {
    const { node } = context;
    const called = this.#functionOf(node);
    if (called) {
      const { scope } = this.#enter(context, called);
      return called.body.outputs.map(({ name }) => scope.get(name) ?? {});
    }
    const operator = findOperator(node);
    if (!operator) throw new Error(`unknown operator ${node.operator} (${node.domain || 'ai.onnx'})`);
    const outputs = operator.inferShape(context);
    for (const { shape } of outputs) if (shape) checkSizes(shape);
    return outputs;
  }

  /** Runs a rule; an error becomes a problem and marks the node as failed. */
  #guard<T>(context: InferredNode, rule: () => T): T | undefined {
    try {
      return rule();
    } catch (error) {
      context.failed = true;
      this.#report(context.written, reason(error));
      return undefined;
    }
  }

  #report(node: Node, message: string): void {
    const known = this.#reported.get(node) ?? new Set();
    if (known.has(message)) return;
    this.#reported.set(node, known.add(message));
    this.problems.push({ node, message });
  }

  /** What inference and the file agree on. Where they contradict, inference is right and the file is reported. */
  #reconcile(node: Node, name: string, inferred: TensorInfo, declared: TensorInfo | undefined): TensorInfo {
    if (!declared) return inferred;
    if (inferred.type && declared.type && inferred.type !== declared.type) {
      this.#report(node, `'${name}' is declared as ${declared.type} but is ${inferred.type}`);
    }
    const type = inferred.type ?? declared.type;
    try {
      return tensorInfo(type, mergeShapes(inferred.shape, declared.shape), inferred.values);
    } catch {
      const [said, found] = [declared.shape, inferred.shape].map((shape) => `[${shape?.map((dim) => dim ?? '?')}]`);
      this.#report(node, `'${name}' is declared as ${said} but is ${found}`);
      return tensorInfo(type, inferred.shape, inferred.values);
    }
  }
}

function inputsIn({ inputs }: Graph, scope: Scope): readonly ValueInfo[] {
  return inputs.map(({ name }) => ({ ...scope.infos.get(name), name }));
}

/** A node with what was found out about it. */
class InferredNode implements CostContext {
  /** As it stands in the graph; `node` has references to attributes of the local function replaced. */
  readonly written: Node;
  readonly node: Node;
  readonly opset: number;
  readonly inputs: Inputs;
  readonly scope: Scope;
  readonly place: Place;
  failed = false;
  readonly #inference: Inference;

  constructor(inference: Inference, written: Node, node: Node, inputs: Inputs, scope: Scope, place: Place) {
    this.#inference = inference;
    this.written = written;
    this.node = node;
    this.opset = inference.opsetOf(node, place.opsets);
    this.inputs = inputs;
    this.scope = scope;
    this.place = place;
  }

  get outputs(): Inputs {
    return this.node.outputs.map((name) => (name === '' ? undefined : this.scope.get(name)));
  }

  inferBody(attribute: string, inputs: Inputs): readonly TensorInfo[] {
    return this.#inference.body(this, attribute, inputs);
  }

  bodyWork(attribute: string, inputs: Inputs): readonly BodyPart[] {
    return this.#inference.bodyParts(this, attribute, inputs);
  }
}

/** No operator has an output of a negative or broken size, or of one that no number here can hold. */
function checkSizes(shape: Shape): void {
  if (shape.length > MAX_RANK) throw new Error(`it would have ${shape.length} dimensions, more than ${MAX_RANK}`);
  const wrong = shape.find((size) => typeof size === 'number' && !(Number.isSafeInteger(size) && size >= 0));
  if (wrong !== undefined) throw new Error(`its output would have an axis of ${wrong} elements`);
}

/** Why a rule failed. A RangeError comes from lists that JavaScript cannot hold. */
function reason(error: unknown): string {
  if (error instanceof RangeError) return 'its sizes are too large to be worked with';
  return error instanceof Error ? error.message : String(error);
}

/** The node with references to the enclosing function's attributes replaced; what the call does not give is left out. */
export function withAttributes(node: Node, given: ReadonlyMap<string, Attribute> | undefined): Node {
  if (!given || ![...node.attributes.values()].some(({ type }) => type === 'reference')) return node;
  const attributes = new Map<string, Attribute>();
  for (const [name, attribute] of node.attributes) {
    const value = attribute.type === 'reference' ? given.get(attribute.value) : attribute;
    if (value) attributes.set(name, value);
  }
  return { ...node, attributes };
}

/** Whether a node's outputs follow from constants alone. A body may read anything around it, so its owner is not asked. */
function isForeseeable({ node, scope, failed }: InferredNode): boolean {
  if (failed || node.inputs.length === 0 || RANDOM.test(node.operator)) return false;
  if (!node.inputs.every((name) => name === '' || scope.isConstant(name))) return false;
  return ![...node.attributes.values()].some(({ type }) => type === 'graph');
}

import { isFloat } from '../graph/dataTypes';
import type { Attribute, DataType, Model, Node, TensorInfo } from '../graph/graph';
import type { GradientBuilder, GraphBuilder } from '../operators/gradientContext';
import { int } from '../operators/gradientTools';
import { findOperator } from '../operators/registry';
import { PREFIX } from './graphBuilder';
import { upstream } from './reach';
import { isHalf } from './reverse';

type Infos = ReadonlyMap<string, TensorInfo>;
type Attributes = Readonly<Record<string, Attribute>>;
interface Constant {
  readonly type: DataType;
  readonly values: readonly number[];
  readonly shape: readonly number[];
}

/**
 * Nodes that gradient rules emit, kept as a graph of their own with inferred shapes, so that they can be differentiated
 * again. What is wanted of them in the end is appended by `replay`; the rest leaves no trace.
 */
export class Recording implements GradientBuilder {
  readonly opset: number;
  readonly nodes: Node[] = [];
  /** Of what was known before and of everything recorded, in the types that the appendix computes in. */
  readonly infos: Map<string, TensorInfo>;
  readonly #label: string;
  readonly #constants = new Map<string, Constant>();
  #count = 0;

  /** `label` sets its names apart from those of recordings that it reads. */
  constructor(opset: number, label: string, known: Iterable<readonly [string, TensorInfo]>) {
    this.opset = opset;
    this.#label = label;
    this.infos = new Map([...known].map(([name, info]) => [name, widened(info)]));
  }

  /** A tensor that is none yet: a name to write formulas in. */
  symbol(info: TensorInfo): string {
    const name = this.#fresh('symbol');
    this.infos.set(name, info);
    return name;
  }

  add(operator: string, inputs: readonly string[], attributes?: Attributes): string {
    const [output = ''] = this.addMany(operator, inputs, 1, attributes);
    return output;
  }

  addMany(
    operator: string,
    inputs: readonly string[],
    outputCount: number,
    attributes: Attributes = {},
  ): readonly string[] {
    const outputs = Array.from({ length: outputCount }, () => this.#fresh(operator));
    const id = this.nodes.length;
    const node: Node = {
      ...{ id, name: '', operator, domain: '', inputs, outputs },
      attributes: new Map(Object.entries(attributes)),
    };
    this.nodes.push(node);
    for (const [index, info] of this.#infer(node).entries()) {
      const output = outputs[index];
      if (output !== undefined) this.infos.set(output, info);
    }
    return outputs;
  }

  gather(tensor: string, index: string, axis: number): string {
    return this.add('Gather', [tensor, index], { axis: int(axis) });
  }

  constant(type: DataType, values: readonly number[], shape: readonly number[] = [values.length]): string {
    const name = this.#fresh('constant');
    this.#constants.set(name, { type, values, shape });
    this.infos.set(name, { type, values, shape });
    return name;
  }

  /** The model with what was recorded so far behind its own nodes. */
  behind(model: Model): Model {
    return { ...model, graph: { ...model.graph, nodes: [...model.graph.nodes, ...this.nodes] } };
  }

  /** The same without the model's own nodes. */
  alone(model: Model): Model {
    return { ...model, graph: { ...model.graph, nodes: [...this.nodes] } };
  }

  /** Every tensor that the given ones are computed from, these included. */
  sources(tensors: readonly string[]): ReadonlySet<string> {
    return upstream(this.nodes, tensors);
  }

  /** Appends what the wanted tensors are computed from; answers their names there. What is no part of the recording keeps its own. */
  replay(build: GraphBuilder, wanted: readonly string[]): (tensor: string) => string {
    const needed = this.sources(wanted);
    const names = new Map<string, string>();
    const nameOf = (tensor: string): string => {
      const constant = this.#constants.get(tensor);
      return constant ? build.constant(constant.type, constant.values, constant.shape) : (names.get(tensor) ?? tensor);
    };
    for (const { operator, inputs, outputs, attributes } of this.nodes) {
      if (!outputs.some((output) => needed.has(output))) continue;
      const given = attributes.size > 0 ? Object.fromEntries(attributes) : undefined;
      const replayed = build.addMany(operator, inputs.map(nameOf), outputs.length, given);
      for (const [index, output] of outputs.entries()) names.set(output, replayed[index] ?? '');
    }
    return nameOf;
  }

  #fresh(hint: string): string {
    return `${PREFIX}${this.#label}_${hint}_${this.#count++}`;
  }

  #infer(node: Node): readonly TensorInfo[] {
    const operator = findOperator(node);
    if (!operator) throw new Error(`no shapes are known of ${node.operator}`);
    return operator.inferShape({
      node,
      opset: this.opset,
      inputs: node.inputs.map((input) => (input === '' ? undefined : this.infos.get(input))),
      inferBody: () => {
        throw new Error(`a gradient rule emits ${node.operator}, whose body cannot be differentiated`);
      },
    });
  }
}

/** What is appended reads half precision as float32. */
function widened(info: TensorInfo): TensorInfo {
  return isHalf(info.type) ? { ...info, type: 'float32' } : info;
}

/** Of a tensor's tangent or cotangent: quantised tensors stand for real numbers. */
export function derivativeInfo(infos: Infos, tensor: string): TensorInfo {
  const { type, shape } = widened(infos.get(tensor) ?? {});
  return { type: type !== undefined && isFloat(type) ? type : 'float32', ...(shape && { shape }) };
}

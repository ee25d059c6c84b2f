import { attrInt } from '../graph/attributes';
import type { Attribute, DataType, Graph, Node, Shape, TensorInfo } from '../graph/graph';
import type { GraphBuilder } from '../operators/gradientContext';
import type { AppendixBuilder } from './graphBuilder';
import type { Slice } from './slices';

type Infos = ReadonlyMap<string, TensorInfo>;

/** Cuts slices out of a model's tensors, each once. */
export class Slicer {
  readonly #infos: Infos;
  readonly #build: AppendixBuilder;
  readonly #known = new Map<string, string>();
  /** Nodes that dequantise weights, by their output. */
  readonly #dequantised: ReadonlyMap<string, Node>;

  /** `active`: tensors that are computed on the way of the gradient, no weights. */
  constructor(graph: Graph, infos: Infos, active: ReadonlySet<string>, build: AppendixBuilder) {
    this.#infos = infos;
    this.#build = build;
    const weights = graph.nodes.filter(({ operator, outputs: [output = ''] }) => {
      return operator === 'DequantizeLinear' && !active.has(output);
    });
    this.#dequantised = new Map(weights.map((node) => [node.outputs[0] ?? '', node]));
  }

  /** A tensor's slice: its size along the axis becomes one. Of quantised weights only the slice is dequantised. */
  slice(tensor: string, slice: Slice): string {
    const key = `${tensor} ${slice.axis} ${slice.index}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const weights = this.#dequantised.get(tensor);
    const cut = weights ? this.#dequantise(weights, slice) : this.#build.gather(tensor, slice.index, slice.axis);
    this.#known.set(key, cut);
    return cut;
  }

  #dequantise(node: Node, slice: Slice): string {
    const [q = '', ...parameters] = node.inputs;
    const shapeOf = (tensor: string): Shape => this.#infos.get(tensor)?.shape ?? [];
    const along = attrInt(node, 'axis', 1);
    const isAlong = slice.axis === (along < 0 ? along + shapeOf(q).length : along);
    // One parameter per slice is cut with it; one for all serves every slice.
    const cut = parameters.map((parameter) =>
      isAlong && (shapeOf(parameter)[0] ?? 1) !== 1 ? this.#build.gather(parameter, slice.index, 0) : parameter,
    );
    const inputs = [this.#build.gather(q, slice.index, slice.axis), ...cut];
    return this.#build.add('DequantizeLinear', inputs, Object.fromEntries(node.attributes));
  }

  /** A builder for one node's gradient rule: where the rule reads one of `axes`' tensors, it gets the slice. */
  view(index: string, axes: ReadonlyMap<string, number>): GraphBuilder {
    const build = this.#build;
    const seen = (tensor: string): string => {
      const axis = axes.get(tensor);
      return axis === undefined ? tensor : this.slice(tensor, { axis, index });
    };
    return {
      opset: build.opset,
      add: (operator: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>) =>
        build.add(operator, inputs.map(seen), attributes),
      addMany: (operator, inputs, count, attributes) => build.addMany(operator, inputs.map(seen), count, attributes),
      constant: (type: DataType, values: readonly number[], shape?: readonly number[]) =>
        build.constant(type, values, shape),
    };
  }
}

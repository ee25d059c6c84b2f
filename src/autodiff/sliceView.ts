import { attrInt } from '../graph/attributes';
import type { Attribute, DataType, Graph, Node, Shape, TensorInfo } from '../graph/graph';
import type { GradientBuilder, GraphBuilder } from '../operators/gradientContext';
import { type Slice, type SliceContext, slicedTensors } from './slices';

type Infos = ReadonlyMap<string, TensorInfo>;

/** Operators that say the sizes of their output: a slice's are others. */
const NAMES_SIZES: ReadonlySet<string> = new Set(['Reshape']);

/** Cuts slices out of a model's tensors, each once. */
export class Slicer {
  readonly #infos: Infos;
  readonly #build: GradientBuilder;
  readonly #known = new Map<string, string>();
  /** Nodes that dequantise weights, by their output. */
  readonly #dequantised: ReadonlyMap<string, Node>;
  /** Nodes whose slices are computed anew, by their output. */
  readonly #repeatable: ReadonlyMap<string, Node>;
  readonly #contextOf: (node: Node) => SliceContext;

  /**
   * `active`: tensors that are computed on the way of the gradient, no weights. With `recompute`, slices of them are
   * computed from slices of what they follow from, so that nobody needs them whole.
   */
  constructor(
    graph: Graph,
    infos: Infos,
    active: ReadonlySet<string>,
    build: GradientBuilder,
    { recompute, contextOf }: { readonly recompute: boolean; readonly contextOf: (node: Node) => SliceContext },
  ) {
    this.#infos = infos;
    this.#build = build;
    this.#contextOf = contextOf;
    const repeatable = graph.nodes.filter(({ operator, outputs: [output = ''] }) => {
      return recompute && active.has(output) && !NAMES_SIZES.has(operator);
    });
    this.#repeatable = new Map(repeatable.map((node) => [node.outputs[0] ?? '', node]));
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
    const cut = weights
      ? this.#dequantise(weights, slice)
      : (this.#recompute(tensor, slice) ?? this.#build.gather(tensor, slice.index, slice.axis));
    this.#known.set(key, cut);
    return cut;
  }

  /** The slice from slices of what its node reads; undefined where the operator mixes slices. */
  #recompute(tensor: string, { axis, index }: Slice): string | undefined {
    const node = this.#repeatable.get(tensor);
    const sliced = node && slicedTensors(this.#contextOf(node), axis);
    if (!sliced) return undefined;
    const inputs = node.inputs.map((input) => {
      const own = input === '' ? undefined : sliced.get(input);
      return own === undefined ? input : this.slice(input, { axis: own, index });
    });
    return this.#build.add(node.operator, inputs, Object.fromEntries(node.attributes));
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

import { dataTypeCode } from '../graph/dataTypes';
import type { Attribute, DataType, Graph, Node, Tensor } from '../graph/graph';
import { renameReads, tensorsRead } from '../graph/scope';
import { encodeElements } from '../graph/typedArray';
import { encodeAppendix, type InitializerToWrite, type NodeToWrite, type ValueToWrite } from '../onnx/writer';
import type { GradientBuilder } from '../operators/gradientContext';

/** Before every name that we append to a model. */
export const PREFIX = 'evo_';

type Attributes = Readonly<Record<string, Attribute>>;

export interface BuilderOptions {
  /** Opset of the default domain. */
  readonly opset: number;
  /** Names that are taken already. */
  readonly taken?: ReadonlySet<string>;
  /** Tensors of half precision: what is appended reads a float32 copy of them and computes in float32. */
  readonly isHalf?: (tensor: string) => boolean;
}

/** Collects the nodes and constants that are appended to a model. Every name is fresh and carries the prefix. */
export class AppendixBuilder implements GradientBuilder {
  readonly opset: number;
  readonly #nodes: NodeToWrite[] = [];
  readonly #initializers: InitializerToWrite[] = [];
  readonly #taken: Set<string>;
  readonly #isHalf: (tensor: string) => boolean;
  readonly #widened = new Map<string, string>();
  readonly #reads = new Set<string>();
  /** Constants by what they hold. */
  readonly #known = new Map<string, string>();
  #count = 0;

  constructor({ opset, taken, isHalf }: BuilderOptions) {
    this.opset = opset;
    this.#taken = new Set(taken);
    this.#isHalf = isHalf ?? (() => false);
  }

  add(operator: string, inputs: readonly string[], attributes?: Attributes): string {
    const output = this.#fresh(operator);
    this.#append(operator, inputs, [output], attributes);
    return output;
  }

  addMany(
    operator: string,
    inputs: readonly string[],
    outputCount: number,
    attributes?: Attributes,
  ): readonly string[] {
    const outputs = Array.from({ length: outputCount }, () => this.#fresh(operator));
    this.#append(operator, inputs, outputs, attributes);
    return outputs;
  }

  /** The name `evo_<name>`, for an input or output of the appendix. Throws when the model has it. */
  reserve(name: string): string {
    const full = PREFIX + name;
    if (this.#taken.has(full)) throw new Error(`the model has a tensor '${full}': was it extended before?`);
    this.#taken.add(full);
    return full;
  }

  constant(type: DataType, values: readonly number[], shape: readonly number[] = [values.length]): string {
    const data = encodeElements(type, values);
    const key = `${type} [${shape}] ${Buffer.from(data).toString('latin1')}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const name = this.#fresh('constant');
    this.#initializers.push({ name, type, shape, data });
    this.#known.set(key, name);
    return name;
  }

  /** Appends a node of the model once more, reading other tensors; answers the new names of its outputs. */
  repeat(node: Node, rename: (tensor: string) => string): ReadonlyMap<string, string> {
    const present = node.outputs.filter((output) => output !== '');
    const renamed = new Map(present.map((output) => [output, this.#fresh('repeated')]));
    const outputs = node.outputs.map((output) => renamed.get(output) ?? '');
    this.appendAsIs([{ ...renameReads(node, rename), outputs }], []);
    return renamed;
  }

  /** Appends nodes and constants of the model's own kind under the names that they have. */
  appendAsIs(nodes: readonly Node[], constants: readonly Tensor[]): void {
    for (const node of nodes) for (const read of tensorsRead(node)) this.#reads.add(read);
    for (const { name: _, attributes, ...node } of nodes) {
      const inMemory = [...attributes].map(([key, attribute]): [string, Attribute] =>
        attribute.type === 'tensor' ? [key, { ...attribute, value: loaded(attribute.value) }] : [key, attribute],
      );
      this.#nodes.push({ ...node, attributes: Object.fromEntries(inMemory) });
    }
    for (const tensor of constants) {
      const { name, type, shape, location } = loaded(tensor);
      if (location.kind === 'bytes') this.#initializers.push({ name, type, shape, data: location.bytes });
    }
  }

  /** Appends a Gather of one position of a tensor, widened only afterwards. */
  gather(tensor: string, index: string, axis: number): string {
    const slice = this.#fresh('slice');
    const attributes = { axis: { type: 'int', value: axis } } as const;
    this.#push({ operator: 'Gather', inputs: [tensor, index], outputs: [slice], attributes });
    return this.#isHalf(tensor) ? this.#toFloat32(slice) : slice;
  }

  /** The tensors that the appended nodes read. */
  get reads(): ReadonlySet<string> {
    return this.#reads;
  }

  /** Every constant so far, as what IR versions before 4 want among the inputs. */
  get constants(): readonly ValueToWrite[] {
    return this.#initializers.map(({ name, type, shape }) => ({ name, type, shape }));
  }

  /** The bytes to append to the model's. */
  encode(inputs: readonly ValueToWrite[], outputs: readonly string[]): Uint8Array {
    return encodeAppendix({
      nodes: this.#nodes,
      initializers: this.#initializers,
      inputs,
      outputs: outputs.map((name) => ({ name })),
    });
  }

  /** A float32 copy of a tensor of half precision; any other tensor itself. */
  wide(tensor: string): string {
    if (!this.#isHalf(tensor)) return tensor;
    const known = this.#widened.get(tensor) ?? this.#toFloat32(tensor);
    this.#widened.set(tensor, known);
    return known;
  }

  #toFloat32(tensor: string): string {
    const wide = this.#fresh('float32');
    const to: Attribute = { type: 'int', value: dataTypeCode('float32') };
    this.#push({ operator: 'Cast', inputs: [tensor], outputs: [wide], attributes: { to } });
    return wide;
  }

  #fresh(hint: string): string {
    for (;;) {
      const name = `${PREFIX}${hint}_${this.#count++}`;
      if (!this.#taken.has(name)) return name;
    }
  }

  #append(
    operator: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Attributes | undefined,
  ): void {
    const read = inputs.map((input) => this.wide(input));
    this.#push({ operator, inputs: read, outputs, ...(attributes && { attributes }) });
  }

  #push(node: NodeToWrite): void {
    this.#nodes.push(node);
    for (const read of node.inputs) this.#reads.add(read);
  }
}

/** Every tensor name of a graph, sub-graphs left out. */
export function tensorNames(graph: Graph): ReadonlySet<string> {
  return new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.constants.keys(),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
}

/** A small constant with its elements in memory. */
function loaded(tensor: Tensor): Tensor {
  if (tensor.location.kind === 'bytes') return tensor;
  if (!tensor.values || tensor.sparse) {
    throw new Error(`constant '${tensor.name}' inside a local function or If is too large to be repeated`);
  }
  return { ...tensor, location: { kind: 'bytes', bytes: encodeElements(tensor.type, tensor.values) } };
}

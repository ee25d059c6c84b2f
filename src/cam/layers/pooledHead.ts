import { attrFloat, attrInt, attrInts } from '../../graph/attributes';
import { elementCount, type Node, nodeLabel, type Tensor } from '../../graph/graph';
import { tensorsRead } from '../../graph/scope';
import { readTensor } from '../../onnx/tensor';
import type { Tail } from '../session/tail';
import type { CamLayer } from './layers';

/** v ↦ Mᵀv for the linear part M of an operator that acts on channels alone. */
type Step = (cotangent: Float64Array) => Float64Array;
/** Reads the weights of a node and answers its step; undefined where the node is another kind of operator. */
type Rule = (head: HeadNode) => { load(): Promise<Step> } | undefined;

interface HeadNode {
  readonly node: Node;
  /** The input that depends on the layer. */
  readonly input: string;
  shape(tensor: string): readonly number[];
  /** A constant of the tail; undefined where it is computed. */
  constant(index: number): Tensor | undefined;
  readonly layer: CamLayer;
}

/** What follows a layer: operators that act on channels alone, in execution order, one of which is the global average. */
export type PooledHead = readonly { load(): Promise<Step> }[];

/** Recognises a global average pool and linear operators on channels behind a layer; else one sentence that says what is in the way. */
export function pooledHead(tail: Tail, layer: CamLayer): PooledHead | string {
  const { graph } = tail.model;
  const steps: { load(): Promise<Step> }[] = [];
  let [at, pools] = [layer.tensor, 0];
  const inTheWay = (what: string): string =>
    `the weights alone say nothing here: behind '${layer.tensor}' only a global average pool and linear operators may follow, but there is ${what}`;
  if (layer.layout.kind === 'tokens') return inTheWay('no pool over tokens that this knows');
  const dependent = new Set([at]);
  for (const node of graph.nodes) {
    const read = tensorsRead(node).filter((tensor) => dependent.has(tensor));
    if (read.length === 0) continue;
    const [output = ''] = node.outputs;
    dependent.add(output);
    if (read.length > 1 || read[0] !== at) return inTheWay(`a branch at '${nodeLabel(node)}'`);
    const constants = new Map([...graph.constants, ...passedOn(graph.nodes, graph.constants)]);
    const head: HeadNode = {
      ...{ node, input: at, layer },
      shape: (tensor) => (tail.infos.get(tensor)?.shape ?? []).map(Number),
      constant: (index) => constants.get(node.inputs[index] ?? ''),
    };
    const isPool = isGlobalAverage(head);
    const step = isPool ? SAME_VECTOR : RULES[node.domain === '' ? node.operator : '']?.(head);
    if (!step) return inTheWay(`${node.operator} ('${nodeLabel(node)}')`);
    if (isPool) pools++;
    steps.push(step);
    at = output;
  }
  if (at !== tail.of) return inTheWay(`no single way to '${tail.of}'`);
  return pools === 1 ? steps : inTheWay('no global average pool');
}

/** Reads the weights, once; answers how a cotangent of the tail's tensor becomes one per channel: Z·α. */
export async function pullBackHead(head: PooledHead): Promise<(cotangent: ArrayLike<number>) => Float64Array> {
  const steps = await Promise.all(head.map((step) => step.load()));
  return (cotangent) => steps.reduceRight<Float64Array>((vector, step) => step(vector), Float64Array.from(cotangent));
}

const SAME_VECTOR = { load: async (): Promise<Step> => (vector) => vector };

/** Weights that were stored in half precision, or under another name. */
function passedOn(nodes: readonly Node[], constants: ReadonlyMap<string, Tensor>) {
  return nodes.flatMap(({ operator, inputs, outputs }): readonly (readonly [string, Tensor])[] => {
    const tensor = operator === 'Cast' || operator === 'Identity' ? constants.get(inputs[0] ?? '') : undefined;
    return tensor ? [[outputs[0] ?? '', tensor]] : [];
  });
}

function isGlobalAverage({ node, input, shape, constant, layer }: HeadNode): boolean {
  const { height, width } = layer;
  const spatial = layer.layout.kind === 'nhwc' ? [1, 2] : [2, 3];
  const sizes = shape(input);
  if (sizes.length !== 4 || spatial.map((axis) => sizes[axis]).join() !== [height, width].join()) return false;
  if (node.operator === 'GlobalAveragePool') return true;
  if (node.operator === 'AveragePool') {
    const isWhole = (attrInts(node, 'kernel_shape', []) ?? []).join() === [height, width].join();
    return (
      isWhole &&
      attrInts(node, 'pads', []).every((pad) => pad === 0) &&
      elementCount(shape(node.outputs[0] ?? '')) === sizes[1]
    );
  }
  const given = attrInts(node, 'axes', undefined) ?? constant(1)?.values ?? [];
  const axes = given.map((axis) => (axis < 0 ? axis + 4 : axis)).toSorted((a, b) => a - b);
  return node.operator === 'ReduceMean' && axes.join() === spatial.join();
}

/** Where nothing but channels is left, a change of shape changes nothing. */
const reshaped: Rule = ({ node, input, shape }) => {
  const sizes = shape(input).filter((size) => size !== 1);
  return sizes.length <= 1 && elementCount(shape(node.outputs[0] ?? '')) === elementCount(shape(input))
    ? SAME_VECTOR
    : undefined;
};

/** y = xB, with B [in, out] or, transposed, [out, in]. */
function product(weights: Tensor | undefined, transposed: boolean, factor = 1) {
  const [rows = 0, columns = 0] = weights?.shape ?? [];
  if (!weights) return undefined;
  return {
    load: async (): Promise<Step> => {
      const b = await readTensor(weights);
      const [ins, outs] = transposed ? [columns, rows] : [rows, columns];
      return (vector) =>
        Float64Array.from({ length: ins }, (_, i) => {
          let sum = 0;
          for (let o = 0; o < outs; o++)
            sum += (vector[o] ?? Number.NaN) * (b[transposed ? o * ins + i : i * outs + o] ?? Number.NaN);
          return factor * sum;
        });
    },
  };
}

const gemm: Rule = ({ node, input, constant }) => {
  if (node.inputs[0] !== input || attrInt(node, 'transA', 0) !== 0) return undefined;
  return product(constant(1), attrInt(node, 'transB', 0) !== 0, attrFloat(node, 'alpha', 1));
};

const matMul: Rule = ({ node, input, constant }) => {
  const weights = constant(1);
  return node.inputs[0] === input && weights?.shape.length === 2 ? product(weights, false) : undefined;
};

/** A convolution that sees one position. */
const conv: Rule = ({ node, input, constant, shape }) => {
  const weights = constant(1);
  const isPointwise = weights?.shape.slice(2).every((size) => size === 1) && attrInt(node, 'group', 1) === 1;
  const keepsSize =
    shape(input).slice(2).join() ===
    shape(node.outputs[0] ?? '')
      .slice(2)
      .join();
  const isPadded = attrInts(node, 'pads', []).some((pad) => pad !== 0);
  return node.inputs[0] === input && isPointwise && keepsSize && !isPadded ? product(weights, true) : undefined;
};

const added: Rule = ({ node, input, constant, shape }) => {
  const other = constant(node.inputs[0] === input ? 1 : 0);
  const keepsSize = elementCount(shape(input)) === elementCount(shape(node.outputs[0] ?? ''));
  const isNegative = node.operator === 'Sub' && node.inputs[1] === input;
  return other && keepsSize && !isNegative ? SAME_VECTOR : undefined;
};

const batchNormalization: Rule = ({ node, constant, layer }) => {
  const [scale, variance] = [constant(1), constant(4)];
  const isTraining = attrInt(node, 'training_mode', 0) !== 0 || layer.layout.kind !== 'nchw';
  if (!scale || !variance || isTraining) return undefined;
  const epsilon = attrFloat(node, 'epsilon', 1e-5);
  return {
    load: async (): Promise<Step> => {
      const [s, v] = [await readTensor(scale), await readTensor(variance)];
      return (vector) =>
        vector.map((value, i) => (value * (s[i] ?? Number.NaN)) / Math.sqrt((v[i] ?? Number.NaN) + epsilon));
    },
  };
};

const same: Rule = () => SAME_VECTOR;

const RULES: Readonly<Record<string, Rule>> = {
  ...{ Identity: same, Dropout: same, Cast: same },
  ...{ Flatten: reshaped, Reshape: reshaped, Squeeze: reshaped, Unsqueeze: reshaped, Transpose: reshaped },
  ...{ Gemm: gemm, MatMul: matMul, Conv: conv, Add: added, Sub: added, BatchNormalization: batchNormalization },
};

import { isFloat } from '../../graph/dataTypes';
import { type DataType, type Graph, isStatic, type Node, type TensorInfo, type ValueInfo } from '../../graph/graph';
import { SAME_VALUES } from './layers';

type Infos = ReadonlyMap<string, TensorInfo>;

/** The scores before softmax. */
export interface CamLogits {
  readonly tensor: string;
  readonly shape: readonly number[];
  /** Along which axis the classes lie. */
  readonly classAxis: number;
  readonly classes: number;
  /** What follows the scores in the model: how they become probabilities. Scores at several positions without it: none. */
  readonly head: 'softmax' | 'sigmoid' | 'none';
}

/** The picture's input, with its size bound. */
export interface PictureInput {
  readonly name: string;
  readonly type: DataType;
  /** [1, 3, H, W] or [1, H, W, 3]. */
  readonly shape: readonly number[];
}

/** The one input that takes the picture. Throws where there are several. */
export function imageInput(graph: Graph): ValueInfo {
  const inputs = graph.inputs.filter(({ name }) => !graph.constants.has(name));
  const [input, ...more] = inputs;
  if (!input) throw new Error('the model has no input');
  if (more.length === 0) return input;
  const ours = inputs.find(({ name, type, shape }) => name.startsWith('class') && type === 'int64' && shape?.[0] === 1);
  if (ours && graph.outputs.some(({ name }) => /^cam(_\d+)?$/.test(name))) {
    throw new Error(
      `the model explains itself already: its input '${ours.name}' says the class; open the original instead`,
    );
  }
  const names = inputs.map(({ name }) => `'${name}'`).join(', ');
  throw new Error(
    `the model has ${inputs.length} inputs (${names}); class activation maps need one with a single picture`,
  );
}

/** Throws where the picture's size is open, or several pictures are wanted. */
export function pictureInput(graph: Graph, infos: Infos): PictureInput {
  const { name } = imageInput(graph);
  const { type = 'float32', shape } = infos.get(name) ?? {};
  if (!isStatic(shape)) throw new Error(`the size of input '${name}' is open; give it, e.g. 1×3×224×224`);
  const [batch = 1] = shape;
  if (batch > 1) {
    throw new Error(
      `input '${name}' takes ${batch} pictures at once (${shape.join('×')}); export the model with batch 1`,
    );
  }
  return { name, type, shape };
}

/** Height and width of an input [N, C, H, W] or, where the last size is that of colours, [N, H, W, C]. */
export function pictureSize({ shape }: Pick<PictureInput, 'shape'>): readonly [number, number] {
  const [first = 1, second = 1, third = 1] = shape.slice(-3);
  const channelsLast = third <= 4 && first > 4;
  return channelsLast ? [first, second] : [second, third];
}

const HEADS: Readonly<Record<string, CamLogits['head']>> = {
  Softmax: 'softmax',
  LogSoftmax: 'softmax',
  Sigmoid: 'sigmoid',
};

/** Walks back from the first output (or takes the tensor that is named): what feeds Softmax, LogSoftmax or Sigmoid. */
export function chooseLogits(graph: Graph, infos: Infos, named?: string): CamLogits {
  const output = named ?? graph.outputs[0]?.name;
  if (output === undefined) throw new Error('the model has no output');
  const found = named === undefined ? beforeHead(graph, output) : undefined;
  const tensor = found?.tensor ?? output;
  const info = infos.get(tensor);
  if (!info) throw new Error(`the model has no tensor '${tensor}'`);
  if (!isStatic(info.shape))
    throw new Error(`the shape of the scores '${tensor}' is not known; give the input's shape`);
  if (info.type !== undefined && !isFloat(info.type)) {
    throw new Error(`the output '${tensor}' holds ${info.type} numbers, not scores; name the tensor of the logits`);
  }
  const classAxis = classAxisOf(info.shape);
  const scores = { tensor, shape: info.shape, classAxis, classes: info.shape[classAxis] ?? 1 };
  return { ...scores, head: found?.head ?? (positionAxes(scores).length > 0 ? 'none' : 'softmax') };
}

/** The axes of the scores that are neither the classes' nor 1: pixels of a segmentation, anchors of a detector. */
export function positionAxes({ shape, classAxis }: Pick<CamLogits, 'shape' | 'classAxis'>): readonly number[] {
  return shape.flatMap((size, axis) => (axis === classAxis || size === 1 ? [] : [axis]));
}

function beforeHead(graph: Graph, output: string): { tensor: string; head: CamLogits['head'] } | undefined {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name): [string, Node] => [name, node])));
  let node = producers.get(output);
  while (node && SAME_VALUES.has(node.operator)) node = producers.get(node.inputs[0] ?? '');
  const head = node && HEADS[node.operator];
  const tensor = node?.inputs[0];
  return head && tensor ? { tensor, head } : undefined;
}

/** The only axis that is not 1; else 1 for maps [N, C, h, w], the last for anything else. */
function classAxisOf(shape: readonly number[]): number {
  const wide = shape.flatMap((size, axis) => (size === 1 ? [] : [axis]));
  const [only] = wide;
  if (wide.length === 1 && only !== undefined) return only;
  return shape.length === 4 ? 1 : Math.max(0, shape.length - 1);
}

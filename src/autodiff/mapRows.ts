import { attrInt } from '../graph/attributes';
import { isStatic, type Node } from '../graph/graph';
import { int, reshape } from '../operators/gradientTools';
import type { AppendixBuilder } from './graphBuilder';
import { downstream } from './reach';
import type { Recording } from './recording';

export interface RowsRequest {
  /** [n, …] */
  readonly rows: string;
  /** What stands for one row […] in the recording. */
  readonly symbol: string;
  /** What is computed for each. */
  readonly wanted: string;
}

/**
 * Appends a Loop that computes a recorded tensor for every row; answers its elements, [n, elements]. What does not depend on
 * the row is computed once, before; a product with a matrix at the end (a classifier) once for all rows, behind.
 */
export function mapRows(recording: Recording, build: AppendixBuilder, { rows, symbol, wanted }: RowsRequest): string {
  const dependent = downstream(recording.nodes, recording.infos, [symbol]);
  const product = recording.nodes.find(
    (node) => node.outputs[0] === wanted && isRowTimesMatrix(node, recording, dependent),
  );
  const looped = product?.inputs[0] ?? wanted;
  const needed = recording.sources([looped]);
  const inside = recording.nodes.filter(({ outputs }) => outputs.some((one) => dependent.has(one) && needed.has(one)));
  const own = new Set([symbol, ...inside.flatMap(({ outputs }) => outputs)]);
  const read = [...inside, ...(product ? [product] : [])].flatMap(({ inputs }) => inputs);
  const nameOf = recording.replay(
    build,
    read.filter((input) => !own.has(input)),
  );
  const rename = (tensor: string): string => (own.has(tensor) || tensor === '' ? tensor : build.wide(nameOf(tensor)));
  const shape = staticShape(recording, looped);
  const body = inside.map((node) => ({ ...node, inputs: node.inputs.map(rename) }));
  const stacked = appendLoop(build, { rows, symbol, wanted: looped }, body, shape);
  const flat = reshape(build, stacked, [-1, shape.reduce((a, b) => a * b, 1)]);
  if (!product) return flat;
  const [, ...others] = product.inputs;
  return build.add(product.operator, [flat, ...others.map(rename)], Object.fromEntries(product.attributes));
}

/** x·B with x [1, K], the only operand that depends on the row. */
function isRowTimesMatrix(node: Node, recording: Recording, dependent: ReadonlySet<string>): boolean {
  const [x = '', ...others] = node.inputs;
  const isProduct = node.operator === 'MatMul' || (node.operator === 'Gemm' && attrInt(node, 'transA', 0) === 0);
  if (!isProduct || !dependent.has(x) || others.some((other) => dependent.has(other))) return false;
  const [shape, matrix] = [staticShape(recording, x), recording.infos.get(others[0] ?? '')?.shape];
  return shape.length === 2 && shape[0] === 1 && matrix?.length === 2;
}

function staticShape(recording: Recording, tensor: string): readonly number[] {
  const shape = recording.infos.get(tensor)?.shape;
  if (isStatic(shape)) return shape;
  throw new Error(`the shape of '${tensor}' is not known`);
}

/** Answers the stack of what the nodes compute, [n, …shape]. */
function appendLoop(
  build: AppendixBuilder,
  { rows, symbol, wanted }: RowsRequest,
  nodes: readonly Node[],
  shape: readonly number[],
): string {
  // Before opset 11 a Loop must hand something on from step to step: the count.
  const [step, going, held] = [`${symbol}_step`, `${symbol}_going`, `${symbol}_held`];
  const body = {
    name: 'each_row',
    nodes: [
      bodyNode('Gather', [rows, step], symbol),
      ...nodes,
      bodyNode('Identity', [going], `${going}_on`),
      bodyNode('Identity', [held], `${held}_on`),
    ],
    inputs: [
      { name: step, type: 'int64', shape: [] },
      { name: going, type: 'bool', shape: [] },
      { name: held, type: 'int64', shape: [] },
    ],
    outputs: [
      { name: `${going}_on`, type: 'bool', shape: [] },
      { name: `${held}_on`, type: 'int64', shape: [] },
      { name: wanted, type: 'float32', shape },
    ],
    constants: new Map(),
    declared: new Map(),
  } as const;
  const count = build.add('Gather', [build.add('Shape', [rows]), build.constant('int64', [0], [])], { axis: int(0) });
  const stacked = build.reserve('each_row');
  const loop: Node = {
    ...bodyNode('Loop', [count, '', count], stacked),
    outputs: [build.reserve('each_row_held'), stacked],
    attributes: new Map([['body', { type: 'graph', value: body }]]),
  };
  build.appendAsIs([loop], []);
  return stacked;
}

function bodyNode(operator: string, inputs: readonly string[], output: string): Node {
  return { id: 0, name: '', operator, domain: '', inputs, outputs: [output], attributes: new Map() };
}

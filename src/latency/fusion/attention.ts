import type { Node } from '../../graph/graph';
import type { CostContext } from '../../operators/operator';
import { flopsOf, type Work } from '../../operators/work';
import { type GraphIndex, onlyOutput } from './graphIndex';
import { changed, oneOperator, type Unit } from './unit';

/** What scores may pass through between the products, each element by itself but for the softmax. */
const BETWEEN: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Div', 'Where', 'Clip', 'Cast', 'Softmax']);
/** Longer ways from the second product back to the first are something else. */
const MOST_BETWEEN = 8;

/**
 * Softmax attention written out that ends at a node: softmax(scale·Q·Kᵀ + mask)·V, with the transpositions and scalings of Q, K, V and
 * of the result that a fused kernel does while it reads and writes. Rows of scores are made and used one after the other and
 * stay on chip (FlashAttention, Dao et al., 2022).
 */
export function attentionAt(node: Node, index: GraphIndex): Unit | undefined {
  const second = node.operator === 'Transpose' ? index.maker(node.inputs[0] ?? '') : node;
  if (!second || !isProduct(second, index)) return undefined;
  const way = wayBack(second.inputs[0] ?? '', index, MOST_BETWEEN);
  const [first, ...between] = way ?? [];
  if (!first || between.filter(({ operator }) => operator === 'Softmax').length !== 1) return undefined;
  const [q, k, v] = [first.inputs[0], first.inputs[1], second.inputs[1]].map((name) => asRead(name ?? '', index));
  if (!q || !k || !v) return undefined;

  const prepared = [...q.nodes, ...k.nodes, ...v.nodes];
  const nodes = [...new Set([...prepared, ...(way ?? []), second, node])].sort((a, b) => a.id - b.id);
  const context = oneOperator('Attention', nodes, node, index);
  const scores = onlyOutput(first) ?? '';
  const weights = index.origin(second.inputs[0] ?? '');
  const parts = [
    product(first, [q.source, k.source], scores, index),
    softmax(prepared, between, scores, weights, index),
    product(second, [weights, v.source], onlyOutput(node) ?? '', index),
  ];
  const known = parts.flatMap((part) => (part ? [part] : []));
  const nest = known[0]?.work.kind === 'loopNest' ? known[0].work.nest : undefined;
  if (known.length < parts.length || !nest) return undefined;
  const kernel = { inside: [scores, weights], pieces: nest.N * nest.G * nest.P };
  return { nodes, head: first, kind: 'attention', context, work: { kind: 'body', parts: known, times: 1, kernel } };
}

interface Part {
  readonly work: Work;
  readonly context: CostContext;
}

/** A product of two tensors that are both computed. */
function isProduct(node: Node, { shapes }: GraphIndex): boolean {
  const work = shapes.work(node);
  return node.operator === 'MatMul' && work?.kind === 'loopNest' && work.nest.dynamicWeights === true;
}

/** The product that scores come from and the nodes that they pass through, in order. */
function wayBack(tensor: string, index: GraphIndex, most: number): readonly Node[] | undefined {
  const node = index.maker(tensor);
  if (!node || most === 0) return undefined;
  if (isProduct(node, index)) return [node];
  const output = onlyOutput(node);
  if (!BETWEEN.has(node.operator) || output === undefined) return undefined;
  for (const input of node.inputs) {
    if (index.isConstant(input) || !index.sameSize(input, output)) continue;
    const way = wayBack(input, index, most - 1);
    if (way) return [...way, node];
  }
  return undefined;
}

interface Prepared {
  /** What is read before it is transposed and scaled. */
  readonly source: string;
  readonly nodes: readonly Node[];
}

function asRead(tensor: string, index: GraphIndex): Prepared {
  const node = index.maker(tensor);
  const output = node && onlyOutput(node);
  const others = node?.inputs.slice(1) ?? [];
  const prepares = node?.operator === 'Transpose' || node?.operator === 'Mul' || node?.operator === 'Div';
  if (!node || output === undefined || !prepares || !others.every((name) => index.isConstant(name))) {
    return { source: index.origin(tensor), nodes: [] };
  }
  const [source = ''] = node.inputs;
  if (index.readers(output).length > 1 || !index.sameSize(source, output)) {
    return { source: index.origin(tensor), nodes: [] };
  }
  const before = asRead(source, index);
  return { source: before.source, nodes: [...before.nodes, node] };
}

function product(node: Node, inputs: readonly string[], output: string, index: GraphIndex): Part | undefined {
  const work = index.shapes.work(node);
  return work && { work, context: withOperands(index.shapes.context(node), inputs, [output], index) };
}

/** All that is done to the scores on the vector unit, and before that to the operands. */
function softmax(
  prepared: readonly Node[],
  between: readonly Node[],
  scores: string,
  weights: string,
  index: GraphIndex,
): Part | undefined {
  const { shapes } = index;
  const nodes = [...prepared, ...between];
  const works = nodes.flatMap((node) => shapes.work(node) ?? []);
  const template = between.find(({ operator }) => operator === 'Softmax');
  const own = template && shapes.work(template);
  if (!template || own?.kind !== 'vector' || works.length < nodes.length) return undefined;
  const operations = works.reduce((sum, work) => sum + flopsOf(work), 0);
  const handed = new Set([scores, ...between.flatMap(({ outputs }) => outputs)]);
  const masks = between.flatMap(({ inputs }) =>
    inputs.filter((name) => name !== '' && !handed.has(index.origin(name))),
  );
  const context = withOperands(shapes.context(template), [scores, ...new Set(masks)], [weights], index);
  return { work: { kind: 'vector', operations, passes: own.passes }, context };
}

function withOperands(
  context: CostContext,
  inputs: readonly string[],
  outputs: readonly string[],
  { shapes }: GraphIndex,
): CostContext {
  const infos = (names: readonly string[]) => names.map((name) => shapes.infos.get(name));
  return changed(context, {
    node: { ...context.node, inputs, outputs },
    inputs: infos(inputs),
    outputs: infos(outputs),
  });
}

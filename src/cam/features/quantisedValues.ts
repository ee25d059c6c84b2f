import type { Graph, Node } from '../../graph/graph';
import { readTensor } from '../../onnx/tensor';

/** Which inputs say what an operator's 8-bit output means: scale, zero point (ONNX; com.microsoft for QLinearAdd and its kin). */
const OUTPUT_SCALES: ReadonlyMap<string, readonly [scale: number, zero: number]> = new Map([
  ['QuantizeLinear', [1, 2]],
  ['QLinearConv', [6, 7]],
  ['QLinearMatMul', [6, 7]],
  ['QLinearAdd', [6, 7]],
  ['QLinearMul', [6, 7]],
  ['QLinearAveragePool', [3, 4]],
  ['QLinearGlobalAveragePool', [3, 4]],
  ['QLinearReduceMean', [3, 4]],
  ['QLinearSigmoid', [3, 4]],
  ['QLinearLeakyRelu', [3, 4]],
  ['QLinearConcat', [0, 1]],
]);

/** Whether an operator answers integers that stand for real numbers. */
export function isQuantising(operator: string): boolean {
  return OUTPUT_SCALES.has(operator);
}
/** They hand on the numbers of their first input as they are. */
const UNCHANGED = new Set(['MaxPool', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose', 'Identity', 'Slice']);

/** The real numbers that 8-bit elements stand for, (v − zero) · scale; as they are where the model does not say so in constants. */
export async function realValues(graph: Graph, tensor: string, values: Float32Array): Promise<Float32Array> {
  const meaning = quantisationOf(graph, tensor);
  if (!meaning) return values;
  const element = async (name: string): Promise<number | undefined> => {
    const constant = graph.constants.get(name);
    return constant && (await readTensor(constant, 1))[0];
  };
  const scale = await element(meaning.scale);
  const zero = meaning.zero === '' ? 0 : await element(meaning.zero);
  return scale === undefined || zero === undefined ? values : values.map((value) => (value - zero) * scale);
}

function quantisationOf(
  { nodes }: Graph,
  tensor: string,
): { readonly scale: string; readonly zero: string } | undefined {
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((output): [string, Node] => [output, node])));
  let node = producers.get(tensor);
  while (node && UNCHANGED.has(node.operator)) node = producers.get(node.inputs[0] ?? '');
  const places = node && OUTPUT_SCALES.get(node.operator);
  if (!node || !places) return undefined;
  return { scale: node.inputs[places[0]] ?? '', zero: node.inputs[places[1]] ?? '' };
}

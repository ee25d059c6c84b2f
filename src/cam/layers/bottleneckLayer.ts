import { attrInt } from '../../graph/attributes';
import type { Graph, Node, TensorInfo } from '../../graph/graph';
import { readersOf } from '../../graph/scope';
import type { CamLayer } from './layers';

type Infos = ReadonlyMap<string, TensorInfo>;

/** Counted from the last bottleneck, which is 1. */
const FROM_THE_END = 3;

/**
 * Of a MobileNet the layer that keeps more detail than the last: what the third inverted bottleneck from the end (Sandler et al.,
 * "MobileNetV2", CVPR 2018) expands to, before its depthwise convolution. Undefined where a network has fewer than three.
 */
export function expansionLayer(graph: Graph, infos: Infos, layers: readonly CamLayer[]): CamLayer | undefined {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name): [string, Node] => [name, node])));
  const readers = readersOf(graph.nodes);
  const expanded = graph.nodes.flatMap((node) => {
    const [tensor = ''] = node.inputs;
    if (!isDepthwise(node, infos) || growth(convolutionBefore(tensor, producers), infos) <= 1) return [];
    const narrows = convolutionsAfter(node, readers).some((next) => growth(next, infos) < 1);
    return narrows ? [tensor] : [];
  });
  const wanted = expanded.at(-FROM_THE_END);
  return layers.find(({ tensor }) => tensor === wanted);
}

/** The same layers, that one labelled as what it is. */
export function markExpansion(graph: Graph, infos: Infos, layers: readonly CamLayer[]): readonly CamLayer[] {
  const marked = expansionLayer(graph, infos, layers);
  return layers.map((layer) =>
    layer === marked ? { ...layer, label: `${layer.label} (third bottleneck from the end, expanded)` } : layer,
  );
}

function isDepthwise(node: Node, infos: Infos): boolean {
  if (node.operator !== 'Conv') return false;
  const channels = infos.get(node.inputs[0] ?? '')?.shape?.[1];
  return channels !== 1 && attrInt(node, 'group', 1) === channels;
}

/** How many times as many channels a pointwise convolution makes; NaN of any other node. */
function growth(node: Node | undefined, infos: Infos): number {
  const [outputs, inputs, ...kernel] = infos.get(node?.inputs[1] ?? '')?.shape ?? [];
  return kernel.every((size) => size === 1) ? Number(outputs) / Number(inputs) : Number.NaN;
}

/** Through normalisations and activations. */
function convolutionBefore(tensor: string, producers: ReadonlyMap<string, Node>): Node | undefined {
  let node = producers.get(tensor);
  while (node && node.operator !== 'Conv') node = producers.get(node.inputs[0] ?? '');
  return node;
}

/** Likewise, the first ones on each way. */
function convolutionsAfter(node: Node, readers: ReadonlyMap<string, readonly Node[]>): readonly Node[] {
  return node.outputs
    .flatMap((output) => readers.get(output) ?? [])
    .flatMap((reader) => (reader.operator === 'Conv' ? [reader] : convolutionsAfter(reader, readers)));
}

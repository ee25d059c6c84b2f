import { downstream, upstream } from '../../autodiff/reach';
import { type Graph, isStatic, type Node, nodeLabel, type TensorInfo } from '../../graph/graph';
import { readersOf, tensorsRead } from '../../graph/scope';
import { type MapLayout, mapLayouts, mapSize, tokenGrid } from './layout';

/** A tensor that holds maps. */
export interface CamLayer {
  readonly tensor: string;
  readonly label: string;
  readonly layout: MapLayout;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Operators that change how values are written, not what they say. */
export const SAME_VALUES: ReadonlySet<string> = new Set([
  ...['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity', 'Cast', 'Dropout', 'Transpose'],
  ...['QuantizeLinear', 'DequantizeLinear'],
]);
/** Pools blur what the layer before them says; the others only pass it on. */
const STEPPED_OVER: ReadonlySet<string> = new Set([
  ...SAME_VALUES,
  ...['MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool', 'LpPool', 'Pad', 'Resize', 'Upsample'],
]);
const CONTRACTIONS = /Conv|MatMul|^Gemm$|^Einsum$/;

/** The layers of a network between the picture and the scores. */
export class CamLayers {
  /** Those that hold maps of more than one pixel, in execution order: what can be chosen. */
  readonly candidates: readonly CamLayer[];
  readonly #infos: ReadonlyMap<string, TensorInfo>;
  /** What depends on the picture. */
  readonly #active: ReadonlySet<string>;
  /** The nodes between the picture and the scores. */
  readonly #path: readonly Node[];
  readonly #producers: ReadonlyMap<string, Node>;
  readonly #readers: ReadonlyMap<string, readonly Node[]>;
  readonly #layouts: ReadonlyMap<string, 'nchw' | 'nhwc'>;

  /** With `also`, only layers that lead to that tensor too: so that scores and another target are explained at the same maps. */
  constructor(graph: Graph, infos: ReadonlyMap<string, TensorInfo>, picture: string, logits: string, also = logits) {
    this.#infos = infos;
    this.#active = downstream(graph.nodes, infos, [picture]);
    const wanted = upstream(graph.nodes, [logits]);
    const leadsThere = (tensor: string): boolean => this.#active.has(tensor) && wanted.has(tensor);
    this.#path = graph.nodes.filter(({ outputs }) => outputs.some(leadsThere));
    this.#producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
    this.#readers = readersOf(graph.nodes);
    this.#layouts = mapLayouts(graph, infos);
    const leadsToBoth = upstream(graph.nodes, [also]);
    this.candidates = this.#findCandidates().filter(({ tensor }) => tensor !== also && leadsToBoth.has(tensor));
  }

  /**
   * The automatic choice: the last layer through which everything flows, so that no branch is left out (of a detector's
   * heads, what they share); else the last. Tokens are passed around by residual connections everywhere: the last.
   * Throws one sentence where there is none.
   */
  choose(): CamLayer {
    const last = this.candidates.at(-1);
    if (!last) throw new Error('no layer of this model holds maps of more than one pixel');
    if (last.layout.kind === 'tokens') return last;
    const shared = bottlenecks(this.#path);
    return this.candidates.findLast(({ tensor }) => shared.has(tensor)) ?? last;
  }

  /** A layer that was asked for by its tensor's name. Throws where it holds no maps, with advice. */
  named(tensor: string): CamLayer {
    const known = this.candidates.find((candidate) => candidate.tensor === tensor);
    if (known) return known;
    const info = this.#infos.get(tensor);
    if (!info) throw new Error(`the model has no tensor '${tensor}'; ${this.#suggestion()}`);
    if (!this.#active.has(tensor) || !this.#producers.has(tensor)) {
      const what = this.#active.has(tensor) ? 'is the picture itself' : 'does not depend on the picture';
      throw new Error(`'${tensor}' ${what}, no layer; ${this.#suggestion()}`);
    }
    const layer = this.#layer(tensor, patchGrid(this.candidates));
    if (!layer) {
      throw new Error(`'${tensor}' [${info.shape?.join(', ') ?? '?'}] holds no maps; ${this.#suggestion()}`);
    }
    if (layer.height * layer.width > 1) return layer;
    throw new Error(
      `the maps of '${tensor}' have one pixel (${layer.channels}×1×1), so they cannot say where; take an earlier ` +
        `convolution, or what feeds the global pool: ${this.#suggestion()}`,
    );
  }

  #suggestion(): string {
    const last = this.candidates.at(-1);
    if (!last) return 'there is no other layer';
    return `for instance '${last.tensor}' (${last.channels}×${last.height}×${last.width})`;
  }

  /** The last contraction makes the scores (a Gemm, SqueezeNet's convolution): what follows it has a channel per class. */
  #findCandidates(): readonly CamLayer[] {
    const classifier = this.#path.findLastIndex(({ operator }) => CONTRACTIONS.test(operator));
    const before = this.#path.slice(0, Math.max(0, classifier));
    const maps = this.#maps(before);
    const candidates = [...maps, ...this.#tokens(before, maps)];
    return candidates.length > 0 ? candidates : this.#maps(this.#path);
  }

  #maps(nodes: readonly Node[]): readonly CamLayer[] {
    return nodes.flatMap((node) => {
      const [output = ''] = node.outputs;
      if (STEPPED_OVER.has(node.operator) || !this.#layouts.has(output)) return [];
      const layer = this.#layer(this.#afterQuantisation(output), undefined);
      return layer && layer.height * layer.width > 1 ? [{ ...layer, label: nodeLabel(node) }] : [];
    });
  }

  /**
   * Of quantised models the tensor as it was quantised, where it is read once: onnxruntime computes in integers up to there,
   * and would have to compute the layer in floating point to show what was before.
   */
  #afterQuantisation(tensor: string): string {
    let at = tensor;
    for (const operator of [/^QuantizeLinear$/, /^Cast$/, /^DequantizeLinear$/]) {
      const [reader, ...others] = this.#readers.get(at) ?? [];
      const isNext = reader && operator.test(reader.operator);
      if (others.length > 0 || (!isNext && !operator.test('Cast'))) return tensor;
      if (isNext) at = reader.outputs[0] ?? tensor;
    }
    return at;
  }

  /**
   * Transformers on tokens: after the last map, attention (a Softmax) mixes tokens. The outputs of the norms before the
   * last attention: after it, only the class token matters and the gradients of the others vanish.
   */
  #tokens(nodes: readonly Node[], maps: readonly CamLayer[]): readonly CamLayer[] {
    const attention = nodes.findLastIndex(({ operator }) => operator === 'Softmax' || operator === 'Attention');
    const lastMap = nodes.findLastIndex(({ outputs }) => outputs[0] === maps.at(-1)?.tensor);
    const grid = patchGrid(maps);
    return nodes.slice(lastMap + 1, Math.max(0, attention)).flatMap((node) => {
      const layer = this.#isNorm(node) ? this.#layer(node.outputs[0] ?? '', grid) : undefined;
      return layer ? [layer] : [];
    });
  }

  /** LayerNormalization, or its last step where it was exported in pieces: (x̂ · scale) + bias. */
  #isNorm(node: Node): boolean {
    if (node.operator === 'LayerNormalization') return true;
    const [computed, ...others] = node.inputs.filter((input) => this.#active.has(input));
    const scaled = this.#producers.get(computed ?? '');
    if (node.operator !== 'Add' || others.length > 0 || scaled?.operator !== 'Mul') return false;
    return scaled.inputs.filter((input) => this.#active.has(input)).length === 1;
  }

  #layer(tensor: string, grid: readonly number[] | undefined): CamLayer | undefined {
    const shape = this.#infos.get(tensor)?.shape;
    if (!isStatic(shape)) return undefined;
    const layout: MapLayout | undefined =
      shape.length === 3 ? tokenGrid(shape[1] ?? 0, grid) : { kind: this.#layouts.get(tensor) ?? 'nchw' };
    const size = layout && mapSize(shape, layout);
    if (!layout || !size) return undefined;
    const node = this.#producers.get(tensor);
    return { tensor, label: node ? nodeLabel(node) : tensor, layout, ...size };
  }
}

/** Outputs of nodes that no path from the picture to the scores goes around: nothing older is read after them. */
function bottlenecks(path: readonly Node[]): ReadonlySet<string> {
  const lastReader = new Map<string, number>();
  for (const [index, node] of path.entries()) for (const tensor of tensorsRead(node)) lastReader.set(tensor, index);
  const found = new Set<string>();
  let olderReadUntil = 0;
  for (const [index, { outputs }] of path.entries()) {
    const [output = ''] = outputs;
    if (olderReadUntil <= index) found.add(output);
    for (const tensor of outputs) olderReadUntil = Math.max(olderReadUntil, lastReader.get(tensor) ?? 0);
  }
  return found;
}

function patchGrid(candidates: readonly CamLayer[]): readonly number[] | undefined {
  const last = candidates.findLast(({ layout }) => layout.kind !== 'tokens');
  return last && [last.height, last.width];
}

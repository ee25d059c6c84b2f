import { attrInts } from '../../graph/attributes';
import { type Graph, isStatic, type Node, type TensorInfo } from '../../graph/graph';

/** How a tensor holds maps: [N, C, h, w], [N, h, w, C], or [N, prefix + h·w, C] (class and register tokens in front). */
export type MapLayout = { readonly kind: 'nchw' } | { readonly kind: 'nhwc' } | TokenLayout;

export interface TokenLayout {
  readonly kind: 'tokens';
  readonly prefix: number;
  readonly height: number;
  readonly width: number;
}

type Infos = ReadonlyMap<string, TensorInfo>;

/** Operators that read and write [N, C, h, w], whatever their input was said to be. */
const CHANNELS_FIRST =
  /Conv|Pool|^(BatchNormalization|InstanceNormalization|GroupNormalization|LRN|DepthToSpace|SpaceToDepth)$/;
/** Operators after which positions mean something else. */
const REARRANGING = new Set(['Reshape', 'Flatten', 'Einsum', 'Gather', 'GatherND', 'Expand', 'Tile']);
/** Products over the last axis: the channels must lie there. */
const PRODUCTS = /MatMul|^Gemm$/;

/** The layout of every rank-4 tensor that follows from a convolution or pool; what was rearranged otherwise has none. */
export function mapLayouts(graph: Graph, infos: Infos): ReadonlyMap<string, 'nchw' | 'nhwc'> {
  const layouts = new Map<string, 'nchw' | 'nhwc'>();
  for (const node of graph.nodes) {
    const layout = layoutAfter(node, layouts);
    if (!layout) continue;
    for (const output of node.outputs) if (infos.get(output)?.shape?.length === 4) layouts.set(output, layout);
  }
  return layouts;
}

function layoutAfter(node: Node, layouts: ReadonlyMap<string, 'nchw' | 'nhwc'>): 'nchw' | 'nhwc' | undefined {
  if (CHANNELS_FIRST.test(node.operator)) return 'nchw';
  if (REARRANGING.has(node.operator)) return undefined;
  const before = node.inputs.map((input) => layouts.get(input)).find((layout) => layout !== undefined);
  if (node.operator === 'Transpose') return before && transposed(before, attrInts(node, 'perm', [3, 2, 1, 0]));
  return PRODUCTS.test(node.operator) && before === 'nchw' ? undefined : before;
}

function transposed(before: 'nchw' | 'nhwc', perm: readonly number[]): 'nchw' | 'nhwc' | undefined {
  const order = perm.join('');
  if (before === 'nchw') return order === '0231' ? 'nhwc' : undefined;
  return order === '0312' ? 'nchw' : undefined;
}

/** At most so many class, distillation and register tokens stand before the image's. */
const MOST_PREFIX_TOKENS = 8;

/** The grid of `count` tokens: that of the patch convolution where it fits, else a square. */
export function tokenGrid(count: number, patches: readonly number[] | undefined): TokenLayout | undefined {
  const [height = 0, width = 0] = patches ?? [];
  if (height * width > 1 && fits(count - height * width)) {
    return { kind: 'tokens', prefix: count - height * width, height, width };
  }
  const side = Math.floor(Math.sqrt(count));
  const prefix = count - side * side;
  return side > 1 && fits(prefix) ? { kind: 'tokens', prefix, height: side, width: side } : undefined;
}

const fits = (prefix: number): boolean => prefix >= 0 && prefix <= MOST_PREFIX_TOKENS;

/** Channels, height and width of a tensor read in a layout; undefined where it does not fit. */
export function mapSize(
  shape: TensorInfo['shape'],
  layout: MapLayout,
): { readonly channels: number; readonly height: number; readonly width: number } | undefined {
  if (!isStatic(shape)) return undefined;
  const [, a = 0, b = 0, c = 0] = shape;
  if (layout.kind === 'tokens') {
    const { height, width } = layout;
    return shape.length === 3 ? { channels: b, height, width } : undefined;
  }
  if (shape.length !== 4) return undefined;
  return layout.kind === 'nchw' ? { channels: a, height: b, width: c } : { channels: c, height: a, width: b };
}

import type { LoopNest } from '../operators/work';

/**
 * Tile sizes to try along an axis of n, ascending: {2^i ≤ 2n, i < 8} ∪ {⌈n/i⌉, 1 ≤ i < min(n, 8)} ∪ {2 … min(n, 8) − 1},
 * the candidates of the founding predictor (LAUDNet).
 */
export function foundingTileSizes(n: number): readonly number[] {
  const sizes = new Set<number>();
  for (let i = 0; i < 8 && 2 ** i <= 2 * n; i++) sizes.add(2 ** i);
  for (let i = 1; i < Math.min(n, 8); i++) sizes.add(Math.ceil(n / i));
  for (let size = 2; size < Math.min(n, 8); size++) sizes.add(size);
  return [...sizes].sort((a, b) => a - b);
}

/** The same for the default mode: none larger than the axis, and the whole axis always among them. */
export function tileSizes(n: number): readonly number[] {
  const sizes = foundingTileSizes(n).filter((size) => size < n);
  return [...sizes, n];
}

/** Output channels of a tile: `size` of one group, or all of `groups` whole groups. */
export interface ChannelTile {
  readonly groups: number;
  readonly size: number;
  /** Tiles along the groups, and along the channels within a group. */
  readonly groupTiles: number;
  readonly channelTiles: number;
}

/** Output positions of a tile along one axis, and the input positions that it reads. */
export interface Span {
  readonly size: number;
  readonly tiles: number;
  /** Input positions read by a whole tile, and by all tiles together (halos counted as often as they are read). */
  readonly reach: number;
  readonly totalReach: number;
  readonly whole: boolean;
}

/** Output rows of a tile: some of one image, or all of `images` whole images. */
export interface RowTile extends Span {
  readonly images: number;
  readonly imageTiles: number;
}

/**
 * Input rows under p output rows: (p − 1)·stride + (R − 1)·dilation + 1, without those that no kernel row touches, and at
 * most all. A tile at the edge counts the pad rows under it as if they were read: tiles are priced alike.
 */
export function rowReach({ strideH, dilationH, R, H }: LoopNest, p: number): number {
  return Math.min(H, p * R, (p - 1) * strideH + (R - 1) * dilationH + 1);
}

/** The same along columns, where a memory transaction fetches also those that no kernel column touches. */
export function columnReach({ strideW, dilationW, S, W }: LoopNest, q: number): number {
  return Math.min(W, (q - 1) * strideW + (S - 1) * dilationW + 1);
}

function span(n: number, size: number, reach: (positions: number) => number): Span {
  const rest = n % size;
  const read = Math.floor(n / size) * reach(size) + (rest > 0 ? reach(rest) : 0);
  const totalReach = Math.max(read, reach(n));
  return { size, tiles: Math.ceil(n / size), reach: reach(size), totalReach, whole: size === n };
}

export function columnTilesOf(nest: LoopNest): readonly Span[] {
  return tileSizes(nest.Q).map((size) => span(nest.Q, size, (q) => columnReach(nest, q)));
}

export function rowTilesOf(nest: LoopNest): readonly RowTile[] {
  const { N, P } = nest;
  const reach = (p: number): number => rowReach(nest, p);
  const ofOneImage = tileSizes(P).map((size) => ({ ...span(P, size, reach), images: 1, imageTiles: N }));
  const ofMany = tileSizes(N).filter((images) => images > 1);
  const whole = span(P, P, reach);
  return [...ofOneImage, ...ofMany.map((images) => ({ ...whole, images, imageTiles: Math.ceil(N / images) }))];
}

export function channelTilesOf({ G, K }: LoopNest): readonly ChannelTile[] {
  const ofOneGroup = tileSizes(K).map((size) => ({
    groups: 1,
    size,
    groupTiles: G,
    channelTiles: Math.ceil(K / size),
  }));
  const ofMany = tileSizes(G).filter((groups) => groups > 1);
  return [
    ...ofOneGroup,
    ...ofMany.map((groups) => ({ groups, size: K, groupTiles: Math.ceil(G / groups), channelTiles: 1 })),
  ];
}

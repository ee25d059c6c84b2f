import type { ArrayLayer } from './arrayLayer';
import { C, extent, K, N, P, Q, R, S } from './mapping';

/** Which loops a PE takes into its registers first, where they fit; a loop that is left out stays in the buffer. */
const TEMPLATES: readonly (readonly number[])[] = [
  [],
  [S, R, C, K, Q, P, N],
  [K, S, C, R, Q, P, N],
  [Q, P, N, K, S, R, C],
  [S, K, C, R, Q, P, N],
  [C, K, S, R, Q, P, N],
  [S, Q, K, C, R, P, N],
];

/** The distinct tiles that the templates give: each loop as far as it fits, of what a PE has to do within a buffer tile. */
export function registerTiles(problem: ArrayLayer, bufferTile: Int32Array, spatial: Int32Array): readonly Int32Array[] {
  const share = bufferTile.map((tile, d) => Math.ceil(tile / (spatial[d] ?? 1)));
  const tiles = new Map<string, Int32Array>();
  const keep = (tile: Int32Array): void => {
    tiles.set(tile.join(), tile);
  };
  for (const template of TEMPLATES) {
    const tile = new Int32Array(share.length).fill(1);
    for (const d of template) grow(problem, tile, d, share[d] ?? 1);
    keep(tile);
  }
  keep(balanced(problem, share));
  return [...tiles.values()];
}

/** All loops doubled in turn for as long as something fits. */
function balanced(problem: ArrayLayer, share: Int32Array): Int32Array {
  const tile = new Int32Array(share.length).fill(1);
  for (let grown = true; grown; ) {
    grown = false;
    for (const d of [S, K, C, Q, R, P, N]) {
      const before = tile[d] ?? 1;
      if (before >= (share[d] ?? 1)) continue;
      tile[d] = Math.min(2 * before, share[d] ?? 1);
      if (fits(problem, tile)) grown = true;
      else tile[d] = before;
    }
  }
  return tile;
}

/** Sets a loop to the most that fits, in equal parts. */
function grow(problem: ArrayLayer, tile: Int32Array, d: number, most: number): void {
  for (let parts = 1; ; ) {
    const size = Math.ceil(most / parts);
    tile[d] = size;
    if (size === 1 || fits(problem, tile)) return;
    parts = Math.ceil(most / (size - 1));
  }
}

/** Whether one PE can hold a tile. */
export function fits(problem: ArrayLayer, tile: Int32Array): boolean {
  const { strideH, strideW, dilationH, dilationW, H, W } = problem.layer;
  const size = (d: number): number => tile[d] ?? 1;
  const rows = Math.min(H, extent(size(P), size(R), strideH, dilationH));
  const columns = Math.min(W, extent(size(Q), size(S), strideW, dilationW));
  return problem.fitsRegisters(
    size(N) * size(C) * rows * columns,
    size(K) * size(C) * size(R) * size(S),
    size(N) * size(K) * size(P) * size(Q),
  );
}

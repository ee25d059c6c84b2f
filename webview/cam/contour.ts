/** Lines of equal value on a lattice: marching squares (Lorensen and Cline 1987, in two dimensions). */
import type { Grid } from '../../src/display/overlay';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface ContourLine {
  /** In units of the lattice: its first node lies at (0, 0), its last at (width − 1, height − 1). */
  readonly points: readonly Point[];
  /** Whether the last point joins the first; else the line ends at the lattice's border. */
  readonly closed: boolean;
}

/** Sides of a cell, in the order of the bits of its corners. */
const TOP = 0;
const RIGHT = 1;
const BOTTOM = 2;
const LEFT = 3;
type Side = typeof TOP | typeof RIGHT | typeof BOTTOM | typeof LEFT;

/** Which sides a line joins, by the corners that are inside: bit 0 upper left, then clockwise. 5 and 10 are saddles. */
const JOINS: Readonly<Record<number, readonly (readonly [Side, Side])[]>> = {
  ...{ 1: [[LEFT, TOP]], 2: [[TOP, RIGHT]], 3: [[LEFT, RIGHT]], 4: [[RIGHT, BOTTOM]], 6: [[TOP, BOTTOM]] },
  ...{ 7: [[LEFT, BOTTOM]], 8: [[BOTTOM, LEFT]], 9: [[BOTTOM, TOP]], 11: [[BOTTOM, RIGHT]], 12: [[RIGHT, LEFT]] },
  ...{ 13: [[RIGHT, TOP]], 14: [[TOP, LEFT]] },
};
const AROUND_UPPER_LEFT: readonly (readonly [Side, Side])[] = [
  [LEFT, TOP],
  [RIGHT, BOTTOM],
];
const AROUND_UPPER_RIGHT: readonly (readonly [Side, Side])[] = [
  [TOP, RIGHT],
  [BOTTOM, LEFT],
];

/** The lines between nodes below the level and nodes at or above it; where a cell is a saddle its mean decides. */
export function contourLines({ width, height, values }: Grid, level: number): readonly ContourLine[] {
  const at = (x: number, y: number): number => values[y * width + x] ?? Number.NaN;
  /** Crossed edges by number: 2·node for the one to the right of a node, 2·node + 1 for the one below. */
  const edge = (x: number, y: number, side: Side): number => {
    if (side === TOP || side === BOTTOM) return 2 * ((side === TOP ? y : y + 1) * width + x);
    return 2 * (y * width + (side === LEFT ? x : x + 1)) + 1;
  };
  const neighbours = new Map<number, number[]>();
  const join = (a: number, b: number): void => {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const known = neighbours.get(from);
      if (known) known.push(to);
      else neighbours.set(from, [to]);
    }
  };
  for (let y = 0; y + 1 < height; y++) {
    for (let x = 0; x + 1 < width; x++) {
      const corners = [at(x, y), at(x + 1, y), at(x + 1, y + 1), at(x, y + 1)];
      for (const [from, to] of joins(corners, level)) join(edge(x, y, from), edge(x, y, to));
    }
  }
  const pointOn = (crossed: number): Point => {
    const node = crossed >> 1;
    const [x, y] = [node % width, Math.floor(node / width)];
    const [dx, dy] = crossed % 2 === 0 ? [1, 0] : [0, 1];
    const start = at(x, y);
    const share = (level - start) / (at(x + dx, y + dy) - start);
    return { x: x + dx * share, y: y + dy * share };
  };
  return chains(neighbours).map(({ edges, closed }) => ({ points: edges.map(pointOn), closed }));
}

function joins(corners: readonly number[], level: number): readonly (readonly [Side, Side])[] {
  const inside = corners.reduce((bits, value, i) => bits | (value >= level ? 1 << i : 0), 0);
  if (inside !== 5 && inside !== 10) return JOINS[inside] ?? [];
  const middleIsInside = corners.reduce((sum, value) => sum + value, 0) / corners.length >= level;
  // The corners that differ from the middle are cut off: upper left and lower right, or the other two.
  return (inside === 5) === middleIsInside ? AROUND_UPPER_RIGHT : AROUND_UPPER_LEFT;
}

/** Follows the joined edges: from the open ends first, what is left are rings. */
function chains(neighbours: ReadonlyMap<number, readonly number[]>) {
  const left = new Set(neighbours.keys());
  const follow = (start: number): number[] => {
    const edges: number[] = [];
    for (let next: number | undefined = start; next !== undefined; ) {
      edges.push(next);
      left.delete(next);
      next = neighbours.get(next)?.find((one) => left.has(one));
    }
    return edges;
  };
  const open = [...neighbours].filter(([, joined]) => joined.length === 1).map(([end]) => end);
  const lines = open.flatMap((end) => (left.has(end) ? [{ edges: follow(end), closed: false }] : []));
  const rings: { edges: number[]; closed: boolean }[] = [];
  for (const start of neighbours.keys()) if (left.has(start)) rings.push({ edges: follow(start), closed: true });
  return [...lines, ...rings];
}

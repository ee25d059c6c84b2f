/** Differences beyond this many are not told apart: what is left then is in neither sequence. */
const MOST_DIFFERENCES = 1000;

/**
 * Pairs of places of a longest common subsequence, by E. W. Myers' greedy algorithm (An O(ND) difference algorithm, 1986):
 * O((n + m) · d) for d differences. Where there are too many differences the pairs of the furthest path found so far.
 */
export function commonSubsequence(a: Float64Array, b: Float64Array): readonly (readonly [number, number])[] {
  const limit = Math.min(a.length + b.length, MOST_DIFFERENCES);
  const trail: Int32Array[] = [];
  // furthest[k + limit + 1]: how far in a the path with k more insertions than deletions, negated, has come.
  const furthest = new Int32Array(2 * limit + 3);
  for (let d = 0; d <= limit; d++) {
    trail.push(furthest.slice(limit + 1 - d - 1, limit + 1 + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const x = alongDiagonal(a, b, stepTo(furthest, limit + 1, d, k), k);
      furthest[limit + 1 + k] = x;
      if (x >= a.length && x - k >= b.length) return backtrack(a, b, trail, d, k);
    }
  }
  const last = trail.length - 1;
  return backtrack(a, b, trail, last, furthestDiagonal(furthest, limit, last));
}

/** Where the path on diagonal k begins its d-th step: below the one above it, or right of the one beside it. */
function stepTo(furthest: Int32Array, middle: number, d: number, k: number): number {
  const [left, right] = [furthest[middle + k - 1] ?? 0, furthest[middle + k + 1] ?? 0];
  if (d === 0) return 0;
  return k === -d || (k !== d && left < right) ? right : left + 1;
}

function alongDiagonal(a: Float64Array, b: Float64Array, from: number, k: number): number {
  let x = from;
  while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
  return x;
}

function furthestDiagonal(furthest: Int32Array, limit: number, d: number): number {
  let best = -d;
  for (let k = -d; k <= d; k += 2) {
    const progress = (one: number): number => 2 * (furthest[limit + 1 + one] ?? 0) - one;
    if (progress(k) > progress(best)) best = k;
  }
  return best;
}

function backtrack(a: Float64Array, b: Float64Array, trail: readonly Int32Array[], depth: number, diagonal: number) {
  const pairs: [number, number][] = [];
  let k = diagonal;
  for (let d = depth; d >= 0; d--) {
    const before = trail[d] ?? new Int32Array();
    // `before` begins at diagonal -d - 1.
    const start = stepTo(before, d + 1, d, k);
    const end = Math.min(alongDiagonal(a, b, start, k), a.length);
    for (let x = end - 1; x >= start; x--) pairs.push([x, x - k]);
    const came = k === -d || (k !== d && (before[d + k] ?? 0) < (before[d + k + 2] ?? 0)) ? k + 1 : k - 1;
    k = came;
  }
  return pairs.reverse();
}

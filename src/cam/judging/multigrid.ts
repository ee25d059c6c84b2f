/** Linear equations on a grid, solved by conjugate gradients (Hestenes and Stiefel 1952) with multigrid as preconditioner. */

/**
 * A·x = b, A symmetric and positive definite, where an unknown is coupled with its eight neighbours at most. Vectors cover the
 * grid with a margin: a row and column before it, two after it; they are 0 where no unknown lies.
 */
export interface GridSystem {
  /** From a place to that below it: the columns with their margin. */
  readonly stride: number;
  /** Elements of a vector. */
  readonly length: number;
  /** Where the unknowns lie, in order. */
  readonly places: Int32Array;
  /** Nine coefficients of each unknown, row-major; those of neighbours that are no unknowns are 0. */
  readonly stencils: Float64Array;
}

/** Columns before and after a grid, rows likewise: what a coarse grid reaches beyond a fine one. */
export const MARGIN = 3;

/** One grid, its scratch vectors, and how it hangs on the next one, half as fine. */
interface Level extends GridSystem {
  /** 1 / the coefficient of each unknown itself. */
  readonly inverse: Float64Array;
  readonly x: Float64Array;
  readonly b: Float64Array;
  readonly residual: Float64Array;
  /** Of each unknown, the four places on the next grid whose mean it takes; the same one again where it lies on it. */
  readonly parents: Int32Array;
}

/** Grids up to this many places a side are solved by this many sweeps forwards and backwards. */
const [COARSEST, SWEEPS] = [4, 4];
/** The solution is right to more digits than a picture has where the residual is this share of b. */
const RESIDUAL = 1e-7;
/** Multigrid takes about seven. */
const MOST_STEPS = 200;

/** Solver of one system for any number of right-hand sides. It throws where the steps run out. */
export function multigridSolver(system: GridSystem): (b: Float64Array) => Float64Array {
  const levels = hierarchy(system);
  return (b) => {
    const [x, direction, image] = [vector(system), vector(system), vector(system)];
    const residual = b.slice();
    const enough = RESIDUAL ** 2 * dot(b, b);
    let last = Number.POSITIVE_INFINITY;
    for (let step = 0; dot(residual, residual) > enough; step++) {
      if (step === MOST_STEPS) throw new Error('the missing pixels could not be computed from their neighbours');
      const better = cycle(levels, 0, residual);
      const slope = dot(residual, better);
      blend(direction, slope / last, better, 1);
      last = slope;
      multiply(system, direction, image);
      const size = slope / dot(direction, image);
      blend(x, 1, direction, size);
      blend(residual, 1, image, -size);
    }
    return x;
  };
}

/** The system on coarser and coarser grids. */
function hierarchy(finest: GridSystem): readonly Level[] {
  const levels: Level[] = [];
  let system = finest;
  for (;;) {
    const { stride, length, places, stencils } = system;
    const [columns, rows] = [stride - MARGIN, length / stride - MARGIN];
    const isLast = Math.max(columns, rows) <= COARSEST;
    const coarseStride = (columns >> 1) + 1 + MARGIN;
    const level: Level = {
      ...system,
      ...{ x: vector(system), b: vector(system), residual: vector(system) },
      inverse: Float64Array.from(places, (_, i) => 1 / (stencils[9 * i + 4] ?? 0)),
      parents: isLast ? new Int32Array(0) : parentPlaces(system, coarseStride),
    };
    levels.push(level);
    if (isLast) return levels;
    system = coarser(level, coarseStride, coarseStride * ((rows >> 1) + 1 + MARGIN));
  }
}

function vector({ length }: GridSystem): Float64Array {
  return new Float64Array(length);
}

/** Unknowns in even rows and columns lie on the coarse grid, the others half way between. */
function parentPlaces({ places, stride }: GridSystem, coarseStride: number): Int32Array {
  const parents = new Int32Array(4 * places.length);
  for (let i = 0, k = 0; i < places.length; i++, k += 4) {
    const at = places[i] ?? 0;
    const row = Math.floor(at / stride) - 1;
    const column = at - (row + 1) * stride - 1;
    const corner = ((row >> 1) + 1) * coarseStride + (column >> 1) + 1;
    const [right, down] = [column & 1, (row & 1) * coarseStride];
    parents[k] = corner;
    parents[k + 1] = corner + right;
    parents[k + 2] = corner + down;
    parents[k + 3] = corner + right + down;
  }
  return parents;
}

/**
 * Pᵀ·A·P with bilinear P (Trottenberg, Oosterlee and Schüller, "Multigrid", 2001, §7.7.4), read off nine products: places of
 * one of nine colours lie three apart, so that no equation holds two of them.
 */
function coarser(level: Level, stride: number, length: number): GridSystem {
  const { x, residual } = level;
  const [children, coloured, image] = [new Float64Array(length), new Float64Array(length), new Float64Array(length)];
  restrict(level, x.fill(1), children);
  const places = Int32Array.from(children.keys()).filter((at) => (children[at] ?? 0) > 0);
  const stencils = new Float64Array(9 * places.length);
  const colours = Uint8Array.from(places, (at) => 3 * (Math.floor(at / stride) % 3) + ((at % stride) % 3));
  for (let colour = 0; colour < 9; colour++) {
    for (let i = 0; i < places.length; i++) coloured[places[i] ?? 0] = colours[i] === colour ? 1 : 0;
    prolong(level, coloured, x.fill(0));
    multiply(level, x, residual);
    restrict(level, residual, image);
    for (let i = 0; i < places.length; i++) {
      stencils[9 * i + slotOf(colour, colours[i] ?? 0)] = image[places[i] ?? 0] ?? 0;
    }
  }
  return { stride, length, places, stencils };
}

/** Which of the nine places around one of a colour has another colour: rows and columns count modulo three. */
function slotOf(colour: number, centre: number): number {
  const down = Math.floor(colour / 3) - Math.floor(centre / 3) + 4;
  const right = (colour % 3) - (centre % 3) + 4;
  return 3 * (down % 3) + (right % 3);
}

/** One V-cycle from 0 towards A·x = b: symmetric, since it sweeps forwards before and backwards after the coarse correction. */
function cycle(levels: readonly Level[], depth: number, b: Float64Array): Float64Array {
  const level = levels[depth];
  const next = levels[depth + 1];
  if (!level) return b;
  const { x, residual } = level;
  firstSweep(level, b);
  if (next) {
    restrict(level, residual, next.b);
    prolong(level, cycle(levels, depth + 1, next.b), x);
  }
  sweepBackwards(level, b);
  for (let sweep = 1; !next && sweep < SWEEPS; sweep++) {
    sweepForwards(level, b);
    sweepBackwards(level, b);
  }
  return x;
}

/** coarse = Pᵀ · fine */
function restrict({ places, parents }: Level, fine: Float64Array, coarse: Float64Array): void {
  coarse.fill(0);
  for (let i = 0, k = 0; i < places.length; i++, k += 4) {
    const share = 0.25 * (fine[places[i] ?? 0] ?? 0);
    for (let parent = k; parent < k + 4; parent++) {
      const at = parents[parent] ?? 0;
      coarse[at] = (coarse[at] ?? 0) + share;
    }
  }
}

/** fine += P · coarse */
function prolong({ places, parents }: Level, coarse: Float64Array, fine: Float64Array): void {
  for (let i = 0, k = 0; i < places.length; i++, k += 4) {
    const at = places[i] ?? 0;
    const upper = (coarse[parents[k] ?? 0] ?? 0) + (coarse[parents[k + 1] ?? 0] ?? 0);
    const lower = (coarse[parents[k + 2] ?? 0] ?? 0) + (coarse[parents[k + 3] ?? 0] ?? 0);
    fine[at] = (fine[at] ?? 0) + 0.25 * (upper + lower);
  }
}

/** image = A · x */
function multiply({ stride, places, stencils: a }: GridSystem, x: Float64Array, image: Float64Array): void {
  for (let i = 0, k = 0; i < places.length; i++, k += 9) {
    const at = places[i] ?? 0;
    image[at] = before(a, k, x, at, stride) + (a[k + 4] ?? 0) * (x[at] ?? 0) + behind(a, k, x, at, stride);
  }
}

/** A sweep of Gauss and Seidel from x = 0, and its residual b − A·x: what each unknown did not know of those behind it. */
function firstSweep({ stride, places, stencils: a, inverse, x, residual }: Level, b: Float64Array): void {
  x.fill(0);
  for (let i = 0, k = 0; i < places.length; i++, k += 9) {
    const at = places[i] ?? 0;
    x[at] = ((b[at] ?? 0) - before(a, k, x, at, stride)) * (inverse[i] ?? 0);
  }
  for (let i = 0, k = 0; i < places.length; i++, k += 9) {
    const at = places[i] ?? 0;
    residual[at] = -behind(a, k, x, at, stride);
  }
}

/** A sweep of Gauss and Seidel. */
function sweepForwards({ stride, places, stencils: a, inverse, x }: Level, b: Float64Array): void {
  for (let i = 0, k = 0; i < places.length; i++, k += 9) {
    const at = places[i] ?? 0;
    const others = behind(a, k, x, at, stride) + before(a, k, x, at, stride);
    x[at] = ((b[at] ?? 0) - others) * (inverse[i] ?? 0);
  }
}

/** The last unknown first. */
function sweepBackwards({ stride, places, stencils: a, inverse, x }: Level, b: Float64Array): void {
  for (let i = places.length - 1, k = 9 * i; i >= 0; i--, k -= 9) {
    const at = places[i] ?? 0;
    const others = before(a, k, x, at, stride) + behind(a, k, x, at, stride);
    x[at] = ((b[at] ?? 0) - others) * (inverse[i] ?? 0);
  }
}

/** What the four neighbours before a place add to its row of A · x; the last one may just have been computed. */
function before(a: Float64Array, k: number, x: Float64Array, at: number, stride: number): number {
  const above = at - stride;
  const corners = (a[k] ?? 0) * (x[above - 1] ?? 0) + (a[k + 2] ?? 0) * (x[above + 1] ?? 0);
  return corners + (a[k + 1] ?? 0) * (x[above] ?? 0) + (a[k + 3] ?? 0) * (x[at - 1] ?? 0);
}

/** What the four behind it add. */
function behind(a: Float64Array, k: number, x: Float64Array, at: number, stride: number): number {
  const below = at + stride;
  const corners = (a[k + 6] ?? 0) * (x[below - 1] ?? 0) + (a[k + 8] ?? 0) * (x[below + 1] ?? 0);
  return corners + (a[k + 7] ?? 0) * (x[below] ?? 0) + (a[k + 5] ?? 0) * (x[at + 1] ?? 0);
}

/** x = factor · x + share · y */
function blend(x: Float64Array, factor: number, y: Float64Array, share: number): void {
  for (let i = 0; i < x.length; i++) x[i] = factor * (x[i] ?? 0) + share * (y[i] ?? 0);
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] ?? 0) * (y[i] ?? 0);
  return sum;
}

/** Linear equations on a grid, solved by conjugate gradients (Hestenes and Stiefel 1952) with multigrid as preconditioner. */

/** A·x = b, A symmetric and positive definite, where an unknown is coupled with its eight neighbours at most. */
export interface GridSystem {
  /** From a place to that below it: the columns with one of margin before and two after them; rows likewise. */
  readonly stride: number;
  /** Where the unknowns lie, in order. */
  readonly places: Int32Array;
  /** Nine coefficients of each unknown, row-major; those of neighbours that are no unknowns are 0. */
  readonly stencils: Float64Array;
}

/** Places from a pixel's to its eight neighbours' and itself, row-major. */
export function neighbourhood(stride: number): readonly number[] {
  return [-stride, 0, stride].flatMap((row) => [row - 1, row, row + 1]);
}

/** The place of a pixel. */
export function placeOf(pixel: number, width: number): number {
  return (Math.floor(pixel / width) + 1) * (width + 3) + (pixel % width) + 1;
}

/** Elements of a vector on a grid of so many pixels. */
export function gridLength(width: number, height: number): number {
  return (width + 3) * (height + 3);
}

/** One grid, its scratch vectors, and how it hangs on the next one, half as fine. */
interface Level {
  readonly system: GridSystem;
  readonly x: Float64Array;
  readonly b: Float64Array;
  readonly residual: Float64Array;
  /** Of each unknown, the places on the next grid whose mean it takes, four times the same where it lies on one of them. */
  readonly parents: Int32Array;
}

/** Grids up to this many places a side are solved by relaxation alone. */
const [COARSEST, SWEEPS] = [4, 4];
/** The solution is right to more digits than a picture has where the residual is this share of b. */
const RESIDUAL = 1e-8;
/** Multigrid takes about ten. */
const MOST_STEPS = 200;

/** Solver of one system for any number of right-hand sides, vectors on the grid. Throws where the steps run out. */
export function multigridSolver(system: GridSystem, length: number): (b: Float64Array) => Float64Array {
  const levels = hierarchy(system, length);
  return (b) => {
    const [x, direction, image] = [new Float64Array(length), new Float64Array(length), new Float64Array(length)];
    const residual = b.slice();
    const enough = RESIDUAL ** 2 * dot(b, b);
    let before = 0;
    for (let step = 0; dot(residual, residual) > enough; step++) {
      if (step === MOST_STEPS) throw new Error('the missing pixels could not be computed from their neighbours');
      const better = cycle(levels, 0, residual);
      const slope = dot(residual, better);
      blend(direction, step === 0 ? 0 : slope / before, better, 1);
      before = slope;
      multiply(system, direction, image);
      const size = slope / dot(direction, image);
      blend(x, 1, direction, size);
      blend(residual, 1, image, -size);
    }
    return x;
  };
}

/** The system on coarser and coarser grids: A is restricted as Pᵀ·A·P with bilinear P (Trottenberg et al., "Multigrid", 2001, §7.7). */
function hierarchy(finest: GridSystem, length: number): readonly Level[] {
  const levels: Level[] = [];
  let [system, size] = [finest, length];
  for (;;) {
    const [width, height] = [system.stride - 3, size / system.stride - 3];
    const isLast = Math.max(width, height) <= COARSEST;
    const [columns, rows] = [Math.floor(width / 2) + 1, Math.floor(height / 2) + 1];
    const parents = isLast ? new Int32Array(0) : parentPlaces(system, columns + 3);
    const scratch = { x: new Float64Array(size), b: new Float64Array(size), residual: new Float64Array(size) };
    levels.push({ system, ...scratch, parents });
    if (isLast) return levels;
    const next = gridLength(columns, rows);
    system = coarser({ system, ...scratch, parents }, columns + 3, next);
    size = next;
  }
}

/** Unknowns in even rows and columns lie on the coarse grid, the others half way between. */
function parentPlaces({ places, stride }: GridSystem, coarseStride: number): Int32Array {
  const parents = new Int32Array(4 * places.length);
  for (let i = 0; i < places.length; i++) {
    const at = places[i] ?? 0;
    const [row, column] = [Math.floor(at / stride) - 1, (at % stride) - 1];
    const corner = ((row >> 1) + 1) * coarseStride + (column >> 1) + 1;
    const [down, right] = [(row & 1) * coarseStride, column & 1];
    parents.set([corner, corner + right, corner + down, corner + down + right], 4 * i);
  }
  return parents;
}

/** Pᵀ·A·P, read off nine products: no two places of one of nine colours have a neighbour in common. */
function coarser(level: Level, stride: number, length: number): GridSystem {
  const { system, x, residual } = level;
  const [children, colour, image] = [new Float64Array(length), new Float64Array(length), new Float64Array(length)];
  restrict(level, x.fill(1), children);
  const places = Int32Array.from(children.keys()).filter((at) => (children[at] ?? 0) > 0);
  const stencils = new Float64Array(9 * places.length);
  for (let kind = 0; kind < 9; kind++) {
    colour.fill(0);
    for (const at of places) colour[at] = slotOf(at, stride, kind) === 4 ? 1 : 0;
    prolong(level, colour, x.fill(0));
    multiply(system, x, residual);
    restrict(level, residual, image);
    for (let i = 0; i < places.length; i++) {
      const at = places[i] ?? 0;
      stencils[9 * i + slotOf(at, stride, kind)] = image[at] ?? 0;
    }
  }
  return { stride, places, stencils };
}

/** Which of the nine places around `at` has the colour: row and column modulo three. */
function slotOf(at: number, stride: number, kind: number): number {
  const row = Math.floor(at / stride);
  const [down, right] = [Math.floor(kind / 3) - row, kind - (at - row * stride)];
  return 3 * modulo3(down + 1) + modulo3(right + 1);
}

function modulo3(value: number): number {
  return ((value % 3) + 3) % 3;
}

/** One V-cycle from 0 towards A·x = b: symmetric, since it relaxes forwards before and backwards after the coarse correction. */
function cycle(levels: readonly Level[], depth: number, b: Float64Array): Float64Array {
  const level = levels[depth];
  const next = levels[depth + 1];
  if (!level) return b;
  const { system, residual } = level;
  const x = level.x.fill(0);
  if (!next) {
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      relaxForwards(system, x, b);
      relaxBackwards(system, x, b);
    }
    return x;
  }
  relaxForwards(system, x, b);
  multiply(system, x, residual);
  blend(residual, -1, b, 1);
  restrict(level, residual, next.b);
  prolong(level, cycle(levels, depth + 1, next.b), x);
  relaxBackwards(system, x, b);
  return x;
}

/** coarse = Pᵀ · fine */
function restrict({ system: { places }, parents }: Level, fine: Float64Array, coarse: Float64Array): void {
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
function prolong({ system: { places }, parents }: Level, coarse: Float64Array, fine: Float64Array): void {
  for (let i = 0, k = 0; i < places.length; i++, k += 4) {
    const at = places[i] ?? 0;
    const upper = (coarse[parents[k] ?? 0] ?? 0) + (coarse[parents[k + 1] ?? 0] ?? 0);
    const lower = (coarse[parents[k + 2] ?? 0] ?? 0) + (coarse[parents[k + 3] ?? 0] ?? 0);
    fine[at] = (fine[at] ?? 0) + 0.25 * (upper + lower);
  }
}

/** image = A · x at the unknowns */
function multiply(system: GridSystem, x: Float64Array, image: Float64Array): void {
  const { places } = system;
  for (let i = 0; i < places.length; i++) image[places[i] ?? 0] = product(system, x, i);
}

/** A sweep of Gauss and Seidel. */
function relaxForwards(system: GridSystem, x: Float64Array, b: Float64Array): void {
  for (let i = 0; i < system.places.length; i++) relax(system, x, b, i);
}

function relaxBackwards(system: GridSystem, x: Float64Array, b: Float64Array): void {
  for (let i = system.places.length - 1; i >= 0; i--) relax(system, x, b, i);
}

function relax(system: GridSystem, x: Float64Array, b: Float64Array, i: number): void {
  const at = system.places[i] ?? 0;
  x[at] = (x[at] ?? 0) + ((b[at] ?? 0) - product(system, x, i)) / (system.stencils[9 * i + 4] ?? 1);
}

/** One row of A · x. */
function product({ stride, places, stencils: a }: GridSystem, x: Float64Array, i: number): number {
  const at = places[i] ?? 0;
  const [above, below, k] = [at - stride, at + stride, 9 * i];
  const top = (a[k] ?? 0) * (x[above - 1] ?? 0) + (a[k + 1] ?? 0) * (x[above] ?? 0) + (a[k + 2] ?? 0) * (x[above + 1] ?? 0);
  const middle = (a[k + 3] ?? 0) * (x[at - 1] ?? 0) + (a[k + 4] ?? 0) * (x[at] ?? 0) + (a[k + 5] ?? 0) * (x[at + 1] ?? 0);
  const bottom = (a[k + 6] ?? 0) * (x[below - 1] ?? 0) + (a[k + 7] ?? 0) * (x[below] ?? 0) + (a[k + 8] ?? 0) * (x[below + 1] ?? 0);
  return top + middle + bottom;
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

import { normalNumbers } from '../maths/random';
import { type GridSystem, MARGIN, multigridSolver } from './multigrid';

/** Weights of the eight neighbours, Rong et al. 2022, §4.2: those beside and those at the corners; row-major. */
const [SIDE, CORNER] = [1 / 6, 1 / 12];
const WEIGHTS = [CORNER, SIDE, CORNER, SIDE, 0, SIDE, CORNER, SIDE, CORNER];

export interface Noise {
  /** Standard deviation, absolute. */
  readonly deviation: number;
  readonly seed: number;
}

/**
 * Noisy linear imputation (Rong et al., "A Consistent and Efficient Evaluation Strategy for Attribution Methods", ICML 2022,
 * §4.2): every pixel that is not kept becomes the weighted mean of its eight neighbours inside the picture, all at once: the
 * solution of a sparse system of linear equations; then noise is added to it, or a network would see the flat spots.
 * @param picture [C, H, W]; `keep` [H, W]: 0 where a pixel is filled in, and 1 for at least one pixel.
 */
export function impute(picture: Float32Array, keep: Uint8Array, width: number, noise: Noise): Float32Array {
  const filled = Float32Array.from(picture);
  const pixels = pixelPlaces(width, keep.length / width);
  const system = equations(keep, pixels, width);
  const solve = multigridSolver(system);
  const normal = normalNumbers(noise.seed);
  for (let plane = 0; plane < picture.length; plane += keep.length) {
    const known = new Float64Array(system.length);
    for (let pixel = 0; pixel < keep.length; pixel++) {
      if (keep[pixel]) known[pixels[pixel] ?? 0] = picture[plane + pixel] ?? 0;
    }
    const b = new Float64Array(system.length);
    for (const at of system.places) b[at] = around(known, at, system.stride);
    const solution = solve(b);
    for (let pixel = 0; pixel < keep.length; pixel++) {
      if (keep[pixel]) continue;
      filled[plane + pixel] = (solution[pixels[pixel] ?? 0] ?? 0) + noise.deviation * normal();
    }
  }
  return filled;
}

/** Where the pixels lie on the grid, in order. */
function pixelPlaces(width: number, height: number): Int32Array {
  const places = new Int32Array(width * height);
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++) places[pixel++] = (y + 1) * (width + MARGIN) + x + 1;
  }
  return places;
}

/** (A·x)_i = Σ weight·x_i over the neighbours in the picture − Σ weight·x_neighbour over those that are missing. */
function equations(keep: Uint8Array, pixels: Int32Array, width: number): GridSystem {
  const stride = width + MARGIN;
  const length = stride * (keep.length / width + MARGIN);
  const [inside, missing] = [new Float64Array(length), new Float64Array(length)];
  for (const at of pixels) inside[at] = 1;
  const places = pixels.filter((_, pixel) => keep[pixel] === 0);
  for (const at of places) missing[at] = 1;
  const stencils = new Float64Array(9 * places.length);
  for (let i = 0; i < places.length; i++) {
    const at = places[i] ?? 0;
    for (let slot = 0; slot < 9; slot++) {
      const neighbour = at + (Math.floor(slot / 3) - 1) * stride + (slot % 3) - 1;
      stencils[9 * i + slot] = -(WEIGHTS[slot] ?? 0) * (missing[neighbour] ?? 0);
    }
    stencils[9 * i + 4] = around(inside, at, stride);
  }
  return { stride, length, places, stencils };
}

/** Σ weight · neighbour */
function around(grid: Float64Array, at: number, stride: number): number {
  const [above, below] = [at - stride, at + stride];
  const sides = (grid[above] ?? 0) + (grid[at - 1] ?? 0) + (grid[at + 1] ?? 0) + (grid[below] ?? 0);
  const top = (grid[above - 1] ?? 0) + (grid[above + 1] ?? 0);
  return SIDE * sides + CORNER * (top + (grid[below - 1] ?? 0) + (grid[below + 1] ?? 0));
}

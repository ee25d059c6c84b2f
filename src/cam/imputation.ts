import { type GridSystem, gridLength, multigridSolver, neighbourhood, placeOf } from './multigrid';
import { normalNumbers } from './random';

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
  const length = gridLength(width, keep.length / width);
  const { system, inflow } = equations(keep, width, length);
  const solve = multigridSolver(system, length);
  const normal = normalNumbers(noise.seed);
  for (let plane = 0; plane < picture.length; plane += keep.length) {
    const solution = solve(inflow(picture.subarray(plane, plane + keep.length)));
    for (const [pixel, kept] of keep.entries()) {
      if (!kept) filled[plane + pixel] = (solution[placeOf(pixel, width)] ?? 0) + noise.deviation * normal();
    }
  }
  return filled;
}

/** (A·x)_i = d_i·x_i − Σ weight·x_neighbour = b_i, what flows in from the neighbours that are kept. */
interface Equations {
  readonly system: GridSystem;
  inflow(plane: Float32Array): Float64Array;
}

function equations(keep: Uint8Array, width: number, length: number): Equations {
  const stride = width + 3;
  const around = neighbourhood(stride);
  const isInside = new Uint8Array(length);
  const isMissing = new Uint8Array(length);
  for (const [pixel, kept] of keep.entries()) {
    isInside[placeOf(pixel, width)] = 1;
    isMissing[placeOf(pixel, width)] = kept ? 0 : 1;
  }
  const places = Int32Array.from(isMissing.keys()).filter((at) => isMissing[at] === 1);
  const stencils = new Float64Array(9 * places.length);
  for (let i = 0; i < places.length; i++) {
    const at = places[i] ?? 0;
    let diagonal = 0;
    for (let slot = 0; slot < 9; slot++) {
      const neighbour = at + (around[slot] ?? 0);
      const weight = WEIGHTS[slot] ?? 0;
      if (isInside[neighbour]) diagonal += weight;
      if (isMissing[neighbour]) stencils[9 * i + slot] = -weight;
    }
    stencils[9 * i + 4] = diagonal;
  }
  const inflow = (plane: Float32Array): Float64Array => {
    const known = new Float64Array(length);
    for (const [pixel, kept] of keep.entries()) if (kept) known[placeOf(pixel, width)] = plane[pixel] ?? 0;
    const b = new Float64Array(length);
    for (const at of places) {
      for (let slot = 0; slot < 9; slot++) b[at] = (b[at] ?? 0) + (WEIGHTS[slot] ?? 0) * (known[at + (around[slot] ?? 0)] ?? 0);
    }
    return b;
  };
  return { system: { stride, places, stencils }, inflow };
}

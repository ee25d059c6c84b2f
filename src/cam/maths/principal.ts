/** The first principal component of maps: what Eigen-CAM and its kin show. All in 64 bits. */

/** A symmetric positive matrix, known by what it does to a vector. */
type Multiply = (x: Float64Array) => Float64Array;

/**
 * Projects the pixels, points in C dimensions centred on their mean, on the first right singular vector of the matrix
 * [pixels, C]: equal to √λ·u with the first eigenpair of X·Xᵀ. Its largest entry in magnitude is positive: the sign of
 * a singular vector is arbitrary otherwise.
 */
export function firstComponent(maps: Float64Array, channels: number): Float64Array {
  const pixels = maps.length / channels;
  const centred = centredMaps(maps, channels);
  return component(pixels, (x) => {
    const product = new Float64Array(pixels);
    for (let start = 0; start < centred.length; start += pixels) {
      let share = 0;
      for (let i = 0; i < pixels; i++) share += (centred[start + i] ?? 0) * (x[i] ?? 0);
      for (let i = 0; i < pixels; i++) product[i] = (product[i] ?? 0) + share * (centred[start + i] ?? 0);
    }
    return product;
  });
}

/** Every pair of pixels has an entry in the kernel matrix: 128 MB for so many. */
const MOST_KERNEL_PIXELS = 4096;
/** Products that the kernel matrix may take: about a second's work. */
const MOST_PRODUCTS = 4e8;

/** The same in the space of the sigmoid kernel: K = tanh(X·Xᵀ/C + 1), centred in rows and columns. Throws for large maps. */
export function firstKernelComponent(maps: Float64Array, channels: number): Float64Array {
  const pixels = maps.length / channels;
  const most = Math.min(MOST_KERNEL_PIXELS, Math.floor(Math.sqrt(MOST_PRODUCTS / channels)));
  if (pixels > most) {
    throw new Error(
      `kernel PCA compares every position of the layer with every other, and ${pixels} are too many (at most ${most}); choose a later layer or another method`,
    );
  }
  const centred = centredMaps(maps, channels);
  const points = centred.map((_, i) => centred[(i % channels) * pixels + Math.floor(i / channels)] ?? 0);
  const rows = Array.from({ length: pixels }, (_, i) => points.subarray(i * channels, (i + 1) * channels));
  const kernel = new Float64Array(pixels * pixels);
  for (const [i, one] of rows.entries()) {
    for (const [j, other] of rows.slice(0, i + 1).entries()) {
      const entry = Math.tanh(dot(one, other) / channels + 1);
      kernel[i * pixels + j] = entry;
      kernel[j * pixels + i] = entry;
    }
  }
  return component(pixels, (x) => {
    const from = centredMaps(x, 1);
    const product = new Float64Array(pixels);
    for (let i = 0; i < pixels; i++) product[i] = dot(kernel.subarray(i * pixels, (i + 1) * pixels), from);
    return centredMaps(product, 1);
  });
}

/** Less the mean of each channel. */
function centredMaps(maps: Float64Array, channels: number): Float64Array {
  const pixels = maps.length / channels;
  const centred = maps.slice();
  for (let start = 0; start < maps.length; start += pixels) {
    const channel = centred.subarray(start, start + pixels);
    const mean = channel.reduce((sum, value) => sum + value, 0) / pixels;
    for (const [i, value] of channel.entries()) channel[i] = value - mean;
  }
  return centred;
}

function component(size: number, multiply: Multiply): Float64Array {
  const { value, vector } = topEigenpair(size, multiply);
  const scaled = vector.map((entry) => entry * Math.sqrt(Math.max(value, 0)));
  const largest = scaled.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  return largest < 0 ? scaled.map((entry) => -entry) : scaled;
}

/** Steps after which a spectrum without a gap is left as it is: any combination of its first vectors is as right. */
const MOST_STEPS = 240;
const RESIDUAL = 1e-12;

interface Eigenpair {
  readonly value: number;
  /** Of length one; zeros where the matrix is zero. */
  readonly vector: Float64Array;
}

/**
 * Lanczos with full reorthogonalisation (Golub and Van Loan, "Matrix Computations", 4th ed., §10.1): the matrix's
 * restriction to span{x, Mx, M²x, …} is tridiagonal, and its largest eigenpair soon the matrix's own.
 */
function topEigenpair(size: number, multiply: Multiply): Eigenpair {
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const beside: number[] = [];
  let next: Float64Array | undefined = unit(
    multiply(Float64Array.from({ length: size }, (_, i) => Math.sin(1 + i * i))),
  );
  while (next && basis.length < Math.min(size, MOST_STEPS)) {
    const product = multiply(next);
    basis.push(next);
    diagonal.push(dot(product, next));
    // Twice is enough (Kahan and Parlett): once leaves what rounding brought back.
    for (const one of [...basis, ...basis]) addScaled(product, one, -dot(product, one));
    const length = Math.sqrt(dot(product, product));
    const greatest = Math.max(...diagonal);
    next = length > 1e-14 * greatest ? product.map((entry) => entry / length) : undefined;
    const { value, vector } = topOfTridiagonal(diagonal, beside);
    if (length * Math.abs(vector.at(-1) ?? 0) < RESIDUAL * value) break;
    beside.push(length);
  }
  const { value, vector: shares } = topOfTridiagonal(diagonal, beside);
  const vector = new Float64Array(size);
  for (const [i, one] of basis.entries()) addScaled(vector, one, shares[i] ?? 0);
  return { value, vector };
}

/**
 * By bisection: θ − T has only positive pivots exactly where θ lies above all eigenvalues of T (Sturm). Then by inverse
 * iteration just above the largest; its entries have one sign since all of `beside` are positive (Perron and Frobenius).
 */
function topOfTridiagonal(diagonal: readonly number[], beside: readonly number[]): Eigenpair {
  const pivots = (shift: number): readonly number[] => {
    const found: number[] = [];
    for (const [i, entry] of diagonal.entries()) {
      found.push(shift - entry - (i > 0 ? (beside[i - 1] ?? 0) ** 2 / (found[i - 1] ?? 1) : 0));
    }
    return found;
  };
  let low = Math.max(0, ...diagonal);
  let high = low + 2 * Math.max(0, ...beside) + Number.MIN_VALUE;
  for (let step = 0; step < 64; step++) {
    const middle = (low + high) / 2;
    if (pivots(middle).every((pivot) => pivot > 0)) high = middle;
    else low = middle;
  }
  const above = pivots(high).map((pivot) => Math.max(pivot, high * Number.EPSILON));
  let vector: Float64Array = Float64Array.from(diagonal, () => 1);
  for (let step = 0; step < 3; step++) vector = unit(solve(above, beside, vector)) ?? vector;
  return { value: high, vector };
}

/** x of (θ − T)·x = b by its pivots: L·D·Lᵀ. */
function solve(pivots: readonly number[], beside: readonly number[], b: Float64Array): Float64Array {
  const x = b.slice();
  for (let i = 1; i < x.length; i++) {
    x[i] = (x[i] ?? 0) + ((beside[i - 1] ?? 0) / (pivots[i - 1] ?? 1)) * (x[i - 1] ?? 0);
  }
  for (let i = x.length - 1; i >= 0; i--) {
    x[i] = ((x[i] ?? 0) + (i + 1 < x.length ? (beside[i] ?? 0) * (x[i + 1] ?? 0) : 0)) / (pivots[i] ?? 1);
  }
  return x;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** a ← a + factor·b. */
function addScaled(a: Float64Array, b: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i] = (a[i] ?? 0) + factor * (b[i] ?? 0);
}

/** Of length one; undefined for zeros. */
function unit(x: Float64Array): Float64Array | undefined {
  const length = Math.sqrt(dot(x, x));
  return length > 0 ? x.map((entry) => entry / length) : undefined;
}

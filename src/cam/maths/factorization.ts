import type { CamBench } from '../camMethod';

/** Non-negative parts that add up to a layer's maps. */
export interface Factors {
  /** In the order in which they were found: what explains most first. */
  readonly concepts: readonly Factor[];
  /** ‖A − Σ concepts‖ / ‖A‖ (Frobenius, of A less each channel's least value): what is left unexplained. */
  readonly residual: number;
}

export interface Factor {
  /** [h, w], 0 to 1: where it is, at its strongest place 1. */
  readonly map: Float32Array;
  /** [C]: the activation of each channel at its strongest place. */
  readonly embedding: Float32Array;
}

/** Passes over all factors; each lowers the error, and the last change little. */
const MOST_PASSES = 200;
/** A pass that lowers the error by less than this share of it is the last. */
const LEAST_GAIN = 1e-4;

/**
 * Factorises A, less each channel's least value, into at most `count` non-negative concepts: A − least ≈ W·H with W [C, k]
 * and H [k, h·w]. By least squares for one factor after the other (HALS; Kim, He and Park, "Algorithms for nonnegative matrix
 * and tensor factorizations", J. Global Optimization 2014), from the pixels that differ most (successive projection; Gillis and
 * Vavasis, "Fast and Robust Recursive Algorithms for Separable Nonnegative Matrix Factorization", 2014): the same start, so the
 * same answer, every time. Fewer concepts where A has a lower rank.
 */
export function factorize({ layer, activations }: Pick<CamBench, 'layer' | 'activations'>, count: number): Factors {
  const { channels, height, width } = layer;
  const pixels = height * width;
  const { maps, least } = aboveLeast(activations, channels, pixels);
  const embeddings = extremePixels(maps, channels, pixels, count);
  const places = embeddings.map(() => new Float64Array(pixels));
  const total = squared(maps);
  let error = total;
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    improve(places, embeddings, (embedding) => projected(maps, embedding, channels, pixels));
    improve(embeddings, places, (place) => combined(maps, place, channels, pixels));
    const next = errorOf(maps, embeddings, places, pixels);
    if (error - next <= LEAST_GAIN * error) break;
    error = next;
  }
  const concepts = places.map((place, k) => concept(place, embeddings[k] ?? new Float64Array(channels), least));
  const left = errorOf(maps, embeddings, places, pixels);
  return { concepts, residual: total > 0 ? Math.sqrt(left / total) : 0 };
}

/** The scale between the two factors is free: a map's greatest value is 1, and the embedding what is there. */
function concept(place: Float64Array, embedding: Float64Array, least: Float64Array): Factor {
  const greatest = place.reduce((a, b) => Math.max(a, b), 0);
  return {
    map: Float32Array.from(place, (value) => (greatest > 0 ? value / greatest : 0)),
    embedding: Float32Array.from(embedding, (value, c) => value * greatest + (least[c] ?? 0)),
  };
}

function aboveLeast(activations: Float32Array, channels: number, pixels: number) {
  const least = Float64Array.from({ length: channels }, (_, c) =>
    activations.subarray(c * pixels, (c + 1) * pixels).reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
  );
  const maps = Float64Array.from(activations, (a, i) => a - (least[Math.floor(i / pixels)] ?? 0));
  return { maps, least };
}

/** The pixels' vectors, [C] each, that lie farthest from the span of those before; none that lie in it. */
function extremePixels(maps: Float64Array, channels: number, pixels: number, count: number): Float64Array[] {
  const rest = maps.slice();
  const chosen: Float64Array[] = [];
  const start = greatest(lengths(rest, channels, pixels)).value;
  while (chosen.length < count) {
    const { index, value } = greatest(lengths(rest, channels, pixels));
    if (value <= 1e-12 * start || value === 0) break;
    const at = (of: Float64Array): Float64Array =>
      Float64Array.from({ length: channels }, (_, c) => of[c * pixels + index] ?? 0);
    chosen.push(at(maps));
    const direction = at(rest);
    const along = projected(rest, direction, channels, pixels);
    for (let c = 0; c < channels; c++) {
      addScaled(rest.subarray(c * pixels, (c + 1) * pixels), along, -(direction[c] ?? 0) / value);
    }
  }
  return chosen;
}

/**
 * Each factor in turn to its best non-negative value while all else stays: f_k ← max(0, f_k + (D·o_k − Σ_j f_j ⟨o_j, o_k⟩) / ⟨o_k, o_k⟩)
 * with o the other side's factors and D·o_k the data seen along o_k.
 */
function improve(
  factors: readonly Float64Array[],
  others: readonly Float64Array[],
  along: (other: Float64Array) => Float64Array,
): void {
  for (const [k, factor] of factors.entries()) {
    const other = others[k] ?? new Float64Array(0);
    const own = dot(other, other);
    if (own === 0) continue;
    const wanted = along(other);
    const overlaps = others.map((one) => dot(one, other));
    const explained = new Float64Array(factor.length);
    for (const [j, overlap] of overlaps.entries()) addScaled(explained, factors[j] ?? factor, overlap);
    for (let i = 0; i < factor.length; i++) {
      factor[i] = Math.max(0, (factor[i] ?? 0) + ((wanted[i] ?? 0) - (explained[i] ?? 0)) / own);
    }
  }
}

/** Σ_c v_c · maps[c]: [pixels]. */
function projected(maps: Float64Array, vector: Float64Array, channels: number, pixels: number): Float64Array {
  const sum = new Float64Array(pixels);
  for (let c = 0; c < channels; c++) addScaled(sum, maps.subarray(c * pixels, (c + 1) * pixels), vector[c] ?? 0);
  return sum;
}

/** Σ_i v_i · maps[·, i]: [C]. */
function combined(maps: Float64Array, vector: Float64Array, channels: number, pixels: number): Float64Array {
  return Float64Array.from({ length: channels }, (_, c) => dot(maps.subarray(c * pixels, (c + 1) * pixels), vector));
}

/** ‖maps − W·H‖². */
function errorOf(
  maps: Float64Array,
  embeddings: readonly Float64Array[],
  places: readonly Float64Array[],
  pixels: number,
): number {
  let sum = 0;
  for (let c = 0; c * pixels < maps.length; c++) {
    const rest = maps.slice(c * pixels, (c + 1) * pixels);
    for (const [k, place] of places.entries()) addScaled(rest, place, -(embeddings[k]?.[c] ?? 0));
    sum += squared(rest);
  }
  return sum;
}

/** Of every pixel's vector, squared. */
function lengths(maps: Float64Array, channels: number, pixels: number): Float64Array {
  const sum = new Float64Array(pixels);
  for (let i = 0; i < channels * pixels; i++) sum[i % pixels] = (sum[i % pixels] ?? 0) + (maps[i] ?? 0) ** 2;
  return sum;
}

function greatest(values: Float64Array): { readonly index: number; readonly value: number } {
  const index = values.reduce((best, value, i) => (value > (values[best] ?? 0) ? i : best), 0);
  return { index, value: values[index] ?? 0 };
}

function squared(values: Float64Array): number {
  return dot(values, values);
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

import { range } from './shapes';

/** How an axis is resampled: the attributes of Resize (ONNX operator specification, Resize-19), defaults filled in. */
export interface Resampling {
  readonly mode: 'nearest' | 'linear' | 'cubic';
  /** coordinate_transformation_mode. */
  readonly coordinates: string;
  /** nearest_mode; `simple` is that of Resize-10 and Upsample: ⌊x⌋ when enlarging, else ⌈x⌉. */
  readonly rounding: string;
  readonly cubicCoefficient: number;
  readonly excludeOutside: boolean;
  readonly antialias: boolean;
}

export interface ResampledAxis {
  readonly input: number;
  readonly output: number;
  readonly scale: number;
  /** Region of interest, normalised: tf_crop_and_resize only. */
  readonly start: number;
  readonly end: number;
}

/** An output element is a weighted sum of input elements along the axis. */
export interface Tap {
  readonly index: number;
  readonly weight: number;
}

/** onnxruntime computes coordinates in float32, which decides ties of nearest neighbours. */
const f32 = Math.fround;

/** The coordinate in the input of an output position. */
function sourceCoordinate(coordinates: string, axis: ResampledAxis, position: number): number {
  const { input, output, scale, start, end } = axis;
  // onnxruntime leaves such an axis alone, even where a crop would move it.
  if (scale === 1) return position;
  const halfPixel = (): number => f32(f32((position + 0.5) / scale) - 0.5);
  switch (coordinates) {
    case 'half_pixel':
      return halfPixel();
    case 'pytorch_half_pixel':
      return output > 1 ? halfPixel() : 0;
    case 'tf_half_pixel_for_nn':
      return f32((position + 0.5) / scale);
    case 'asymmetric':
      return f32(position / scale);
    case 'align_corners':
      return output === 1 ? 0 : f32((position * (input - 1)) / (output - 1));
    case 'half_pixel_symmetric': {
      const adjustment = f32(output / f32(scale * input));
      const offset = f32((input / 2) * f32(1 - adjustment));
      return f32(f32(offset + f32((position + 0.5) / scale)) - 0.5);
    }
    case 'tf_crop_and_resize': {
      const last = input - 1;
      if (output === 1) return f32(0.5 * (start + end) * last);
      return f32(start * last + f32((position * (end - start) * last) / (output - 1)));
    }
    default:
      throw new Error(`coordinate_transformation_mode '${coordinates}' is unknown`);
  }
}

function nearest(rounding: string, x: number, scale: number): number {
  switch (rounding) {
    case 'round_prefer_floor':
      return Math.ceil(x - 0.5);
    case 'round_prefer_ceil':
      return Math.floor(x + 0.5);
    case 'floor':
      return Math.floor(x);
    case 'ceil':
      return Math.ceil(x);
    case 'simple':
      return scale < 1 ? Math.ceil(x) : Math.floor(x);
    default:
      throw new Error(`nearest_mode '${rounding}' is unknown`);
  }
}

/** The interpolating kernel at a distance: a triangle, or Keys' cubic (1981) with coefficient a. */
function kernelAt(mode: Resampling['mode'], a: number, signedDistance: number): number {
  const x = Math.abs(signedDistance);
  if (mode === 'linear') return Math.max(0, 1 - x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

/** The taps of every output position of an axis; none where it lies outside the crop and is extrapolated. */
export function resample(resampling: Resampling, axis: ResampledAxis): readonly (readonly Tap[])[] {
  const { mode, coordinates, rounding } = resampling;
  const clamp = (index: number): number => Math.min(Math.max(index, 0), axis.input - 1);
  return range(axis.output).map((position) => {
    const x = sourceCoordinate(coordinates, axis, position);
    if (coordinates === 'tf_crop_and_resize' && (x < 0 || x > axis.input - 1)) return [];
    if (mode === 'nearest') return [{ index: clamp(nearest(rounding, x, axis.scale)), weight: 1 }];
    // With antialias, onnxruntime leaves an axis alone that keeps its size, whatever its scale.
    if (resampling.antialias && axis.output === axis.input) return [{ index: position, weight: 1 }];
    const inside = mode === 'linear' ? clamp(x) : x;
    return merge(
      resampling.antialias && axis.scale < 1 ? smoothedTaps(resampling, axis, x) : pointTaps(resampling, axis, inside),
      clamp,
    );
  });
}

/** The 2 (linear) or 4 (cubic) neighbours of x. */
function pointTaps(resampling: Resampling, axis: ResampledAxis, x: number): readonly Tap[] {
  const reach = resampling.mode === 'linear' ? 1 : 2;
  return taps(resampling, axis, x, 1, Math.floor(x) + 1 - reach, Math.floor(x) + reach);
}

/** When shrinking with antialias the kernel is stretched by 1/scale, and its weights sum to one. */
function smoothedTaps(resampling: Resampling, axis: ResampledAxis, x: number): readonly Tap[] {
  const support = (resampling.mode === 'linear' ? 1 : 2) / axis.scale;
  const [first, last] = [Math.floor(x + 1 - support), Math.ceil(x - 1 + support)];
  return rescaled(taps(resampling, axis, x, axis.scale, first, last));
}

/** Weights of the positions first … last; those outside the input are left out and the others rescaled, or left in to repeat the edge. */
function taps(
  { mode, cubicCoefficient, excludeOutside }: Resampling,
  axis: ResampledAxis,
  x: number,
  stretch: number,
  first: number,
  last: number,
): readonly Tap[] {
  const all = range(last - first + 1).map((offset): Tap => {
    const index = first + offset;
    return { index, weight: kernelAt(mode, cubicCoefficient, (x - index) * stretch) };
  });
  return excludeOutside ? rescaled(all.filter(({ index }) => index >= 0 && index < axis.input)) : all;
}

function rescaled(taps: readonly Tap[]): readonly Tap[] {
  const total = taps.reduce((sum, { weight }) => sum + weight, 0);
  return taps.map(({ index, weight }) => ({ index, weight: weight / total }));
}

/** One tap per input element, without zeros. */
function merge(taps: readonly Tap[], clamp: (index: number) => number): readonly Tap[] {
  const weights = new Map<number, number>();
  for (const { index, weight } of taps) weights.set(clamp(index), (weights.get(clamp(index)) ?? 0) + weight);
  return [...weights].filter(([, weight]) => weight !== 0).map(([index, weight]) => ({ index, weight }));
}

/** k where every input element is repeated k times in order; undefined for any other resampling. 1 is the identity. */
export function repetition(taps: readonly (readonly Tap[])[], axis: ResampledAxis): number | undefined {
  const times = axis.output / axis.input;
  const isRepeated = taps.every(([tap, ...others], position) => {
    return others.length === 0 && tap?.weight === 1 && tap.index === Math.floor(position / times);
  });
  return Number.isInteger(times) && isRepeated ? times : undefined;
}

/** The taps as a matrix [output, input], row by row. */
export function resamplingMatrix(taps: readonly (readonly Tap[])[], input: number): readonly number[] {
  const matrix = new Array<number>(taps.length * input).fill(0);
  for (const [row, ownTaps] of taps.entries()) {
    for (const { index, weight } of ownTaps) matrix[row * input + index] = weight;
  }
  return matrix;
}

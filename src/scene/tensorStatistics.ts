/** What the elements of a constant look like, read from its file piece by piece. */
import { BITS, type DataType, elementCount, isStatic, type Tensor } from '../graph/graph';
import { BLOCK_ELEMENTS, elementBlocks } from '../onnx/blocks';
import { decodeElements, numbersPerElement } from '../onnx/elements';
import type { TensorStatistics } from '../protocol/tensors';

/** Up to here every element is looked at. */
const EXACT_ELEMENTS = 64 * 2 ** 20;
/** Of more than that, about so many, in pieces spread evenly. */
const SAMPLED_ELEMENTS = 16 * 2 ** 20;
const BINS = 32;

/** Of the finite elements; sums of squares are of the distances from the mean, which keeps them exact for large means. */
interface Moments {
  count: number;
  mean: number;
  squares: number;
  least: number;
  most: number;
}

/**
 * Statistics of a constant. Of a sparse tensor the elements that are not stored count as zeros. Throws an Error with one sentence
 * where there are none, and the signal's reason when aborted.
 */
export async function tensorStatistics(tensor: Tensor, signal?: AbortSignal): Promise<TensorStatistics> {
  const { type, name, shape } = tensor;
  if (type === 'string') throw new Error(`Tensor '${name}' holds strings, which have no statistics.`);
  if (numbersPerElement(type) > 1)
    throw new Error(`Tensor '${name}' holds complex numbers, which have no order and no histogram.`);
  const elements = elementCount(shape) ?? 0;
  const every = isSampled(tensor) ? Math.ceil(elements / SAMPLED_ELEMENTS) : 1;
  const scratch = new Float64Array(BLOCK_ELEMENTS);
  const eachBlock = async (use: (values: Float64Array) => void): Promise<void> => {
    for await (const { bytes, count } of elementBlocks(tensor, signal, every)) {
      const into = count > scratch.length ? new Float64Array(count) : scratch.subarray(0, count);
      use(decodeBlock(type, bytes, into));
    }
  };

  const moments: Moments = { count: 0, mean: 0, squares: 0, least: Infinity, most: -Infinity };
  let [seen, zeros, nans] = [0, 0, 0];
  await eachBlock((values) => {
    seen += values.length;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? Number.NaN;
      if (value === 0) zeros++;
      else if (Number.isNaN(value)) nans++;
    }
    merge(moments, momentsOf(values));
  });
  const infinities = seen - moments.count - nans;
  const stored = seen;
  if (tensor.sparse && elements > seen) {
    const absent = elements - seen;
    merge(moments, { count: absent, mean: 0, squares: 0, least: 0, most: 0 });
    seen += absent;
    zeros += absent;
  }
  const histogram = emptyHistogram(type, moments);
  if (histogram.counts.length > 0) {
    await eachBlock((values) => fill(histogram, values));
    if (seen > stored) fill(histogram, Float64Array.of(0), seen - stored);
  }
  const known = moments.count > 0;
  return {
    elements,
    sampled: seen,
    minimum: known ? moments.least : Number.NaN,
    maximum: known ? moments.most : Number.NaN,
    mean: known ? moments.mean : Number.NaN,
    deviation: known ? Math.sqrt(moments.squares / moments.count) : Number.NaN,
    zeros,
    nans,
    infinities,
    histogram,
  };
}

/** Whether statistics can be asked for: numbers, and data that is there. */
export function hasStatistics({ type, shape, location }: Tensor): boolean {
  const isData = location.kind !== 'strings' && location.kind !== 'missing';
  return isData && type !== 'string' && numbersPerElement(type) === 1 && isStatic(shape) && elementCount(shape) !== 0;
}

type Span = readonly [buffer: ArrayBufferLike, offset: number, length: number];

/** Elements that JavaScript has arrays of are converted natively, which takes a tenth of the time. */
const NATIVE = new Map<DataType, (...span: Span) => ArrayLike<number>>([
  ['float32', (...span) => new Float32Array(...span)],
  ['float64', (...span) => new Float64Array(...span)],
  ['int8', (...span) => new Int8Array(...span)],
  ['uint8', (...span) => new Uint8Array(...span)],
  ['int32', (...span) => new Int32Array(...span)],
]);

function decodeBlock(type: Exclude<DataType, 'string'>, bytes: Uint8Array, into: Float64Array): Float64Array {
  const native = NATIVE.get(type);
  if (!native || bytes.byteOffset % (BITS[type] / 8) !== 0) return decodeElements(type, bytes, into);
  into.set(native(bytes.buffer, bytes.byteOffset, into.length));
  return into;
}

/** Whether statistics look at a sample only. */
export function isSampled({ shape, sparse, location }: Tensor): boolean {
  const canSkip = !sparse && location.kind !== 'varints';
  return canSkip && (elementCount(shape) ?? 0) > EXACT_ELEMENTS;
}

function momentsOf(values: Float64Array): Moments {
  let [count, sum, least, most] = [0, 0, Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    count++;
    sum += value;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const mean = count === 0 ? 0 : sum / count;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const apart = (values[i] ?? Number.NaN) - mean;
    if (Number.isFinite(apart)) squares += apart * apart;
  }
  return { count, mean, squares, least, most };
}

/** Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979). */
function merge(all: Moments, part: Moments): void {
  if (part.count === 0) return;
  const count = all.count + part.count;
  const apart = part.mean - all.mean;
  all.squares += part.squares + apart * apart * ((all.count * part.count) / count);
  all.mean += apart * (part.count / count);
  all.count = count;
  all.least = Math.min(all.least, part.least);
  all.most = Math.max(all.most, part.most);
}

interface Histogram {
  readonly low: number;
  readonly high: number;
  readonly counts: number[];
}

/** Bins of one width from the least to the most; few different integers have a bin each. */
function emptyHistogram(type: DataType, { count, least, most }: Moments): Histogram {
  if (count === 0) return { low: Number.NaN, high: Number.NaN, counts: [] };
  const whole = /^u?int|^bool/.test(type);
  if (whole && most - least < BINS)
    return { low: least - 0.5, high: most + 0.5, counts: new Array<number>(most - least + 1).fill(0) };
  if (least === most) return { low: least, high: most, counts: [0] };
  return { low: least, high: most, counts: new Array<number>(BINS).fill(0) };
}

/** The range is halved first: the largest floats lie further apart than the largest float. */
function fill({ low, high, counts }: Histogram, values: Float64Array, each = 1): void {
  const bins = new Float64Array(counts.length);
  const scale = low === high ? 0 : counts.length / (high / 2 - low / 2);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    const bin = Math.min(bins.length - 1, Math.floor((value / 2 - low / 2) * scale));
    bins[bin] = (bins[bin] ?? 0) + each;
  }
  for (const [bin, number] of bins.entries()) counts[bin] = (counts[bin] ?? 0) + number;
}

// Petsiuk, Das and Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models", BMVC 2018, §4.1: insertion.
import { FLAT, isFlat, type MapMetric, unknown } from '../camMetric';
import { relevanceCurve } from '../judging/relevanceCurve';

/** Pixels return to a blurred picture: from a blank one, sharp edges would make evidence that is not there. */
export const insertion: MapMetric = {
  id: 'insertion',
  title: 'Insertion',
  needs: 'runs',
  columns: [
    {
      ...{ id: 'insertion', title: 'Insertion AUC', unit: 'confidence', better: 'more' },
      meaning: 'mean confidence while pixels return to a blurred picture, the most relevant first',
    },
  ],
  runs: ({ steps }) => steps + 1,
  async measure(bench, options) {
    if (isFlat(bench.map)) return unknown(insertion, FLAT);
    const { picture, map } = bench;
    const curve = await relevanceCurve(bench, options, insertion.title, blurred(picture, map), picture);
    return { values: { insertion: curve.area }, curves: [curve] };
  },
};

const TAPS = 11;
const DEVIATION = 5;

/**
 * A Gaussian of standard deviation 5 pixels, cut at four of them, folded back at the ends of an 11-pixel window: what the
 * authors' evaluation blurs with.
 */
const KERNEL: Float64Array = (() => {
  const kernel = new Float64Array(TAPS);
  const reach = 4 * DEVIATION;
  for (let offset = -reach; offset <= reach; offset++) {
    const place = ((((TAPS - 1) / 2 + offset) % (2 * TAPS)) + 2 * TAPS) % (2 * TAPS);
    const folded = place < TAPS ? place : 2 * TAPS - 1 - place;
    kernel[folded] = (kernel[folded] ?? 0) + Math.exp(-(offset ** 2) / (2 * DEVIATION ** 2));
  }
  const sum = kernel.reduce((a, b) => a + b, 0);
  return kernel.map((weight) => weight / sum);
})();

/** [C, H, W]; beyond its edges the picture is 0. */
function blurred(picture: Float32Array, { width, height }: { readonly width: number; readonly height: number }) {
  const result = new Float32Array(picture.length);
  for (let plane = 0; plane < picture.length; plane += width * height) {
    const rows = filter(picture.subarray(plane, plane + width * height), width, height, 1, width);
    result.set(filter(rows, height, width, width, 1), plane);
  }
  return result;
}

/** Along lines of `length` elements that are `step` apart; lines begin `next` apart. */
function filter(values: Float32Array, length: number, lines: number, step: number, next: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let tap = 0; tap < TAPS; tap++) {
        const at = i + tap - (TAPS - 1) / 2;
        if (at >= 0 && at < length) sum += (KERNEL[tap] ?? 0) * (values[line * next + at * step] ?? 0);
      }
      result[line * next + i * step] = sum;
    }
  }
  return result;
}

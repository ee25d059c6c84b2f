/** Saliency in forms for people: a map for overlays, and a grey-centred picture. */
import { type CamMap, minMax } from '../maths/normalise';
import type { Planes, SaliencyKind } from '../saliencyKind';

/** One value per pixel in [0, 1), min–max. */
export function saliencyMap({ channels, height, width, values }: Planes, how: SaliencyKind['map']): CamMap {
  const pixels = height * width;
  const map = new Float32Array(pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    let sum = 0;
    let greatest = 0;
    for (let c = 0; c < channels; c++) {
      const value = values[c * pixels + pixel] ?? Number.NaN;
      sum += value;
      greatest = Math.max(greatest, Math.abs(value));
    }
    map[pixel] = { sum: Math.abs(sum), greatest, itself: sum }[how];
  }
  return { width, height, values: minMax(map) };
}

/**
 * (v − mean)/(std + 1e-5) · 0.1 + 0.5, cut off at [0, 1], in whole levels of 255: pytorch-grad-cam's deprocess_image.
 * Answers opaque pixels, width·height·4 bytes; `order` says which plane is red, green and blue.
 */
export function deprocessed({ height, width, values }: Planes, order: readonly [number, number, number]): Uint8Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const deviation = Math.sqrt(variance) + 1e-5;
  const pixels = height * width;
  return Uint8Array.from({ length: 4 * pixels }, (_, i) => {
    const plane = order[i % 4];
    if (plane === undefined) return 255;
    const value = values[plane * pixels + Math.floor(i / 4)] ?? Number.NaN;
    return Math.floor(255 * Math.min(1, Math.max(0, 0.1 * ((value - mean) / deviation) + 0.5)));
  });
}

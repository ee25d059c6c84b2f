import type { RuntimeTensor } from '../../protocol/runtime';
import { convertTo, float32Tensor, toFloat32 } from '../../runtime/runtimeTensor';
import { pictureSize } from '../layers/target';
import type { CamMap } from '../maths/normalise';

/** A changed copy of a picture, and how its map is turned back. */
export interface Variant {
  readonly input: RuntimeTensor;
  restore(map: CamMap): CamMap;
}

/** Brightness, more or less: what the preprocessed picture is multiplied by. */
const FACTORS = [0.9, 1, 1.1];

/**
 * Test-time augmentation as pytorch-grad-cam's `aug_smooth`: the picture and its mirror image, each times 0.9, 1 and 1.1.
 * The smoothed map is the mean of theirs.
 */
export function variants(input: RuntimeTensor): readonly Variant[] {
  const values = toFloat32(input);
  return [false, true].flatMap((isMirrored) =>
    FACTORS.map((factor): Variant => {
      const seen = isMirrored ? mirrored(values, input.shape) : values;
      const changed = float32Tensor(
        seen.map((value) => factor * value),
        input.shape,
      );
      return { input: convertTo(input.type, changed), restore: isMirrored ? mirroredMap : (map) => map };
    }),
  );
}

export function meanMap(maps: readonly CamMap[]): CamMap {
  const [first, ...others] = maps;
  if (!first) throw new Error('there is no map to take the mean of');
  const values = first.values.map((value, i) => {
    return others.reduce((sum, other) => sum + (other.values[i] ?? Number.NaN), value) / maps.length;
  });
  return { ...first, values };
}

function mirroredMap({ width, height, values }: CamMap): CamMap {
  return { width, height, values: mirrored(values, [1, 1, height, width]) };
}

/** Left and right of pictures [1, C, H, W] or [1, H, W, C] exchanged. */
function mirrored(values: Float32Array, shape: readonly number[]): Float32Array {
  const [, width] = pictureSize({ shape });
  const inner = shape.at(-1) === width ? 1 : (shape.at(-1) ?? 1);
  return values.map((_, i) => {
    const x = Math.floor(i / inner) % width;
    return values[i + (width - 1 - 2 * x) * inner] ?? Number.NaN;
  });
}

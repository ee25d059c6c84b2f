import type { RuntimeTensor } from '../../protocol/runtime';
import { convertTo, float32Tensor, toFloat32 } from '../../runtime/runtimeTensor';
import type { CamLayer } from './layers';

/** A layer's tensor as maps [C, h, w]; tokens in front of the image's are left out. `asMaps` in numbers. */
export function toMaps(native: RuntimeTensor, layer: CamLayer): Float32Array {
  const values = toFloat32(native);
  if (layer.layout.kind === 'nchw') return values;
  const maps = new Float32Array(layer.channels * layer.height * layer.width);
  for (let i = 0; i < maps.length; i++) maps[i] = values[placeOf(i, layer)] ?? Number.NaN;
  return maps;
}

/** The layer's tensor with other maps [C, h, w], of `like`'s shape and type; tokens in front stay as they are there. */
export function fromMaps(maps: Float32Array, layer: CamLayer, like: RuntimeTensor): RuntimeTensor {
  const values = layer.layout.kind === 'nchw' ? maps : toFloat32(like).slice();
  if (layer.layout.kind !== 'nchw') {
    for (let i = 0; i < maps.length; i++) values[placeOf(i, layer)] = maps[i] ?? Number.NaN;
  }
  return convertTo(like.type, float32Tensor(values, like.shape));
}

/** Where element `i` of maps [C, h, w] lies in a tensor whose channels are last. */
function placeOf(i: number, { layout, channels, height, width }: CamLayer): number {
  const pixels = height * width;
  const skipped = layout.kind === 'tokens' ? layout.prefix : 0;
  return (skipped + (i % pixels)) * channels + Math.floor(i / pixels);
}

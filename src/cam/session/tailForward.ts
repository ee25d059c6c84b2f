import { tangentOf } from '../../autodiff/forward';
import { mapRows } from '../../autodiff/mapRows';
import { derivativeInfo, Recording } from '../../autodiff/recording';
import { hessianTimes } from '../../autodiff/secondOrder';
import { expand } from '../../operators/gradientTools';
import type { CamLayer } from '../layers/layers';
import { asMaps, fromMaps } from './camGraph';
import { encodeTail, type Tail, tailBuilder } from './tail';
import type { TailRecipe } from './tailSessions';

const NOTHING: TailRecipe = { whole: new Uint8Array(), outputs: [] };

/**
 * Forward mode: ∂of/∂A · direction for every row of the input [n, C, h, w], or [n, C, 1, 1] where a direction is the same
 * at all positions. Answers [n, elements of `of`]; nothing where that is zero for all. The tail itself is computed once.
 */
export function pushRecipe(tail: Tail, layer: CamLayer): TailRecipe {
  const { channels, height, width, tensor } = layer;
  const build = tailBuilder(tail);
  const input = build.reserve('directions');
  const recording = new Recording(build.opset, 'tangent', tail.infos);
  const direction = recording.symbol({ type: 'float32', shape: [channels, 1, 1] });
  const maps = expand(recording, 'float32', direction, [1, channels, height, width]);
  const native = fromMaps(recording, maps, layer);
  const tangent = tangentOf(tail.model, recording.infos, recording, tail.of, new Map([[tensor, native]]));
  if (tangent === undefined) return NOTHING;
  const output = mapRows(recording, build, { rows: input, symbol: direction, wanted: tangent });
  const inputs = [{ name: input, type: 'float32', shape: [null, channels, null, null] }] as const;
  return { whole: encodeTail(tail, build, inputs, [output]), inputs: [input], outputs: [output] };
}

/**
 * Second derivatives: the Hessian of ⟨seed, of⟩ by the layer's tensor times a direction, as maps [1, C, h, w]. Inputs: the
 * seed, of the shape of `of`, and the direction, of the layer's. Without outputs where there is no curvature at all.
 */
export function hessianRecipe(tail: Tail, layer: CamLayer): TailRecipe {
  const { model, infos, of } = tail;
  const build = tailBuilder(tail);
  const [seed, direction] = [build.reserve('seed'), build.reserve('direction')];
  const directions = new Map([[layer.tensor, direction]]);
  const [product] = hessianTimes(model, infos, build, { of, seed, directions });
  if (product === undefined) return NOTHING;
  const maps = asMaps(build, product, layer);
  const inputs = [
    { name: seed, ...derivativeInfo(infos, of) },
    { name: direction, ...derivativeInfo(infos, layer.tensor) },
  ];
  return { whole: encodeTail(tail, build, inputs, [maps]), inputs: [seed, direction], outputs: [maps] };
}

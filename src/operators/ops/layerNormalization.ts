import { attrFloat, attrInt, attrInts } from '../../graph/attributes';
import type { TensorInfo } from '../../graph/graph';
import type { Cotangents, VjpContext } from '../gradientContext';
import { sumOf, unbroadcast } from '../gradientTools';
import { normalizationCotangents, normalizationWork, rmsNormalizationWork } from '../normalization';
import { COST } from '../operationCosts';
import type { NodeContext, Operator } from '../operator';
import { normalizeAxes, normalizeAxis, range, tensorInfo } from '../shapes';
import { perInput } from '../workRules';

/** Y, then one mean and one reciprocal deviation per normalised group. */
function inferShape({ node, inputs: [x] }: NodeContext): readonly TensorInfo[] {
  const shape = x?.shape;
  const axis = shape && normalizeAxis(attrInt(node, 'axis', -1), shape.length);
  const statistics = tensorInfo(
    'float32',
    shape?.map((size, index) => (axis !== undefined && index >= axis ? 1 : size)),
  );
  return [tensorInfo(x?.type, shape), statistics, statistics];
}

const layerVjp =
  (centred: boolean) =>
  (context: VjpContext): Cotangents => {
    const { node, build } = context;
    const [x = '', scale = '', bias = ''] = node.inputs;
    const [g] = context.cotangents;
    if (!g) return [];
    const shape = context.shape(x);
    const first = normalizeAxis(attrInt(node, 'axis', -1), shape.length);
    const axes = range(shape.length).filter((axis) => axis >= first);
    const normalization = { x, type: context.type(x), axes, epsilon: attrFloat(node, 'epsilon', 1e-5), centred };
    const cotangents = normalizationCotangents(build, normalization, g, scale);
    return [
      context.wants(0) ? cotangents.x : undefined,
      context.wants(1) ? unbroadcast(build, cotangents.scale, shape, context.shape(scale)) : undefined,
      bias !== '' && context.wants(2) ? unbroadcast(build, g, shape, context.shape(bias)) : undefined,
    ];
  };

/** s = x + skip (+ bias), normalised over the last axis; s itself may be the fourth output. */
function skipVjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const isCentred = node.operator === 'SkipLayerNormalization';
  const [x = '', skip = '', scale = '', ...others] = node.inputs;
  const [shift = '', bias = ''] = isCentred ? others : ['', ...others];
  const [g, , , gSum] = context.cotangents;
  const shape = context.shape(x);
  const type = context.type(x);
  const sum = sumOf(build, [x, skip, ...(bias === '' ? [] : [bias])]) ?? x;
  const axes = [shape.length - 1];
  const normalization = { x: sum, type, axes, epsilon: attrFloat(node, 'epsilon', 1e-12), centred: isCentred };
  const cotangents = g === undefined ? undefined : normalizationCotangents(build, normalization, g, scale);
  const total = sumOf(build, [cotangents?.x, gSum]);
  const summed = (name: string, from: string | undefined): string | undefined =>
    from === undefined || name === '' || !context.wants(node.inputs.indexOf(name))
      ? undefined
      : unbroadcast(build, from, shape, context.shape(name));
  const parameters = [summed(scale, cotangents?.scale), ...(isCentred ? [summed(shift, g)] : []), summed(bias, total)];
  return [summed(x, total), summed(skip, total), ...parameters];
}

/** Without scale and shift; over `axes`, all but the channels by default. */
function meanVarianceVjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [x = ''] = node.inputs;
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  const axes = normalizeAxes(attrInts(node, 'axes', [0, 2, 3]), context.shape(x).length);
  const normalization = { x, type: context.type(x), axes, epsilon: 0, centred: true };
  return [normalizationCotangents(build, normalization, g, undefined).x];
}

/** Layer normalisation over the last axes. The Skip forms add a second input (and a bias) first and can answer that sum. */
export const layerNormalization: readonly Operator[] = [
  { types: ['LayerNormalization'], inferShape, work: normalizationWork, vjp: layerVjp(true) },
  {
    types: ['RMSNormalization', 'SimplifiedLayerNormalization', 'com.microsoft:SimplifiedLayerNormalization'],
    inferShape,
    work: rmsNormalizationWork,
    vjp: layerVjp(false),
  },
  {
    types: ['com.microsoft:SkipLayerNormalization', 'com.microsoft:SkipSimplifiedLayerNormalization'],
    inferShape(context) {
      const [y = {}, mean = {}, deviation = {}] = inferShape(context);
      return [y, mean, deviation, y];
    },
    work: perInput(8 * COST.simple, 2),
    vjp: skipVjp,
  },
  {
    /** Over given axes (all but the channels), without scale and shift. */
    types: ['MeanVarianceNormalization'],
    inferShape: ({ inputs: [x] }) => [tensorInfo(x?.type, x?.shape)],
    work: perInput(5 * COST.simple, 2),
    vjp: meanVarianceVjp,
  },
];

import { attrFloat, attrInt } from '../../graph/attributes';
import type { TensorInfo } from '../../graph/graph';
import type { Cotangents, VjpContext } from '../gradientContext';
import { unbroadcast } from '../gradientTools';
import { normalizationCotangents, normalizationWork, rmsNormalizationWork } from '../normalization';
import { COST } from '../operationCosts';
import type { NodeContext, Operator } from '../operator';
import { normalizeAxis, range, tensorInfo } from '../shapes';
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
  },
  {
    /** Over given axes (all but the channels), without scale and shift. */
    types: ['MeanVarianceNormalization'],
    inferShape: ({ inputs: [x] }) => [tensorInfo(x?.type, x?.shape)],
    work: perInput(5 * COST.simple, 2),
  },
];

import { productOf } from '../contraction';
import { ints, reshape } from '../gradientTools';
import { shapeOf, typeOf, valuesOf } from '../nodeArguments';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { range, tensorInfo } from '../shapes';
import { perInput } from '../workRules';

/** Blocks [N, C·taps, count] added up where they overlap: an image [N, C, sizes…]. */
export const col2Im: Operator = {
  types: ['Col2Im'],
  inferShape(context) {
    const [batch = null, rows] = shapeOf(context, 0) ?? [];
    const [sizes, block] = [valuesOf(context, 1), valuesOf(context, 2)];
    if (!sizes) return [tensorInfo(typeOf(context, 0), undefined)];
    const channels = typeof rows === 'number' && block ? rows / productOf(block) : null;
    return [tensorInfo(typeOf(context, 0), [batch, channels, ...sizes])];
  },
  work: perInput(COST.simple),
  /** Every block reads its own places: a convolution with one-hot kernels. */
  vjp(context) {
    const { node, build, values } = context;
    const [g] = context.cotangents;
    if (!g || !context.wants(0)) return [];
    const [x = '', , block = ''] = node.inputs;
    const kernel = values(block);
    if (!kernel) throw new Error('its block is not known before it runs');
    const [batch = 1, channels = 1, ...sizes] = context.shape(node.outputs[0] ?? '');
    const taps = productOf(kernel);
    const oneHot = range(taps * taps).map((i) => (i % (taps + 1) === 0 ? 1 : 0));
    const weight = build.constant(context.type(x), oneHot, [taps, 1, ...kernel]);
    const image = reshape(build, g, [batch * channels, 1, ...sizes]);
    const blocks = build.add('Conv', [image, weight], {
      ...Object.fromEntries(node.attributes),
      kernel_shape: ints(kernel),
    });
    return [reshape(build, blocks, context.shape(x)), undefined, undefined];
  },
};

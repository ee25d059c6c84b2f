import { attrInt } from '../../graph/attributes';
import { dataTypeOf } from '../../graph/dataTypes';
import type { DataType } from '../../graph/graph';
import type { VjpContext } from '../gradientContext';
import { maths, reshape, zeroVjp } from '../gradientTools';
import { hasInput, shapeOf, typeOf } from '../nodeArguments';
import { COST } from '../operationCosts';
import type { NodeContext, Operator } from '../operator';
import { passUnclipped } from '../quantizedGradients';
import { normalizeAxis, tensorInfo } from '../shapes';
import { perOutput } from '../workRules';

const namedType = ({ node }: NodeContext): DataType | undefined => dataTypeOf(attrInt(node, 'output_dtype', 0));

/** The scale in a shape that broadcasts to x: one number, or one per index of `axis` (default 1). */
function broadcastScale(context: VjpContext, x: string): string {
  const { node, build } = context;
  const [, scale = ''] = node.inputs;
  const sizes = context.shape(scale);
  const rank = context.shape(x).length;
  if (sizes.length === 0 || (sizes.length === 1 && sizes[0] === 1 && rank > 0)) return scale;
  if (sizes.length > 1) throw new Error('its scale is per block, which has no gradient rule');
  const axis = normalizeAxis(attrInt(node, 'axis', 1), rank);
  return reshape(
    build,
    scale,
    context.shape(x).map((_, at) => (at === axis ? (sizes[0] ?? 1) : 1)),
  );
}

/** Straight-through: rounding counts as the identity, ȳ/scale passes where nothing saturated. */
const quantizeLinear: Operator = {
  types: ['QuantizeLinear', 'com.microsoft:QuantizeLinear'],
  inferShape(context) {
    const type = typeOf(context, 2) ?? namedType(context) ?? (hasInput(context.node, 2) ? undefined : 'uint8');
    return [tensorInfo(type, shapeOf(context, 0))];
  },
  work: perOutput(COST.quantize),
  vjp(context) {
    const { node } = context;
    const [g] = context.cotangents;
    const [x = '', scale = ''] = node.inputs;
    const [y = ''] = node.outputs;
    if (g === undefined || !context.wants(0)) return zeroVjp(context);
    const type = context.type(scale);
    const m = maths(context.build, type);
    const scaled = m.div(g, broadcastScale(context, x));
    const isInteger = /int/.test(context.type(y));
    const passed = isInteger ? passUnclipped(context.build, type, scaled, y, context.type(y)) : scaled;
    return node.inputs.map((_, index) => (index === 0 ? passed : undefined));
  },
};

const dequantizeLinear: Operator = {
  types: ['DequantizeLinear', 'com.microsoft:DequantizeLinear'],
  inferShape: (context) => [tensorInfo(namedType(context) ?? typeOf(context, 1), shapeOf(context, 0))],
  work: perOutput(COST.quantize),
  vjp(context) {
    const { node, build } = context;
    const [g] = context.cotangents;
    const [x = '', scale = ''] = node.inputs;
    if (g === undefined || !context.wants(0)) return zeroVjp(context);
    const scaled = maths(build, context.type(scale)).mul(g, broadcastScale(context, x));
    return node.inputs.map((_, index) => (index === 0 ? scaled : undefined));
  },
};

/** Scale and zero point from the range of x: it is read twice. */
const dynamicQuantizeLinear: Operator = {
  types: ['DynamicQuantizeLinear'],
  inferShape: (context) => [
    tensorInfo('uint8', shapeOf(context, 0)),
    tensorInfo('float32', []),
    tensorInfo('uint8', []),
  ],
  work: perOutput(COST.quantize + COST.clip, 2),
  /** Straight-through with the scale held constant. */
  vjp(context) {
    const [g] = context.cotangents;
    const [, scale = ''] = context.node.outputs;
    if (g === undefined || !context.wants(0)) return zeroVjp(context);
    return [maths(context.build, 'float32').div(g, scale)];
  },
};

export const quantization: readonly Operator[] = [quantizeLinear, dequantizeLinear, dynamicQuantizeLinear];

import { attrInt, attrString } from '../../graph/attributes';
import { elementCount } from '../../graph/graph';
import { shapeOf, typeOf, valuesOf } from '../nodeArguments';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { roiAlignVjp } from '../regionGradients';
import { affineGridVjp, gridSampleVjp } from '../samplingGradients';
import { tensorInfo } from '../shapes';
import { perOutput } from '../workRules';

/** Four products, three sums, and one step towards the weights, which all channels share. */
const BILINEAR = 8 * COST.simple;

/** X [N, C, input…] at the places of a grid [N, output…, axes]. */
const gridSample: Operator = {
  types: ['GridSample'],
  inferShape(context) {
    const [batch = null, channels = null] = shapeOf(context, 0) ?? [];
    const sizes = shapeOf(context, 1)?.slice(1, -1);
    return [tensorInfo(typeOf(context, 0), sizes && [batch, channels, ...sizes])];
  },
  work(context) {
    const isNearest = attrString(context.node, 'mode', 'linear') === 'nearest';
    return isNearest ? { kind: 'movement', burst: 1 } : perOutput(BILINEAR)(context);
  },
  vjp: gridSampleVjp,
};

/** Theta [N, axes, axes + 1] at every position of a grid: [N, sizes…, axes]. */
const affineGrid: Operator = {
  types: ['AffineGrid'],
  inferShape(context) {
    const sizes = valuesOf(context, 1);
    const batch = shapeOf(context, 0)?.[0] ?? sizes?.[0] ?? null;
    return [tensorInfo(typeOf(context, 0), sizes && [batch, ...sizes.slice(2), sizes.length - 2])];
  },
  /** A product and a sum per axis. */
  work(context) {
    const axes = context.outputs[0]?.shape?.at(-1);
    return typeof axes === 'number' ? perOutput(2 * axes * COST.simple)(context) : undefined;
  },
  vjp: affineGridVjp,
};

/** X [N, C, H, W] in regions [R, 4]: every output averages samples² bilinear samples (0: as many as the region needs, unknown). */
const roiAlign: Operator = {
  types: ['RoiAlign'],
  inferShape(context) {
    const { node } = context;
    const channels = shapeOf(context, 0)?.[1] ?? null;
    const regions = shapeOf(context, 1)?.[0] ?? null;
    const size = [attrInt(node, 'output_height', 1), attrInt(node, 'output_width', 1)];
    return [tensorInfo(typeOf(context, 0), [regions, channels, ...size])];
  },
  work({ node, outputs }) {
    const samples = attrInt(node, 'sampling_ratio', 0);
    const count = elementCount(outputs[0]?.shape);
    if (samples === 0 || count === undefined) return undefined;
    return { kind: 'vector', operations: count * samples ** 2 * (BILINEAR + COST.simple), passes: 1 };
  },
  vjp: roiAlignVjp,
};

export const sampling: readonly Operator[] = [gridSample, affineGrid, roiAlign];

import { attrInt } from '../../graph/attributes';
import { dataTypeOf } from '../../graph/dataTypes';
import type { DataType, Dim } from '../../graph/graph';
import { elementCount } from '../../graph/graph';
import { fourierVjp, shortTimeVjp } from '../fourierGradients';
import { zeroVjp } from '../gradientTools';
import { shapeOf, typeOf, valuesOf } from '../nodeArguments';
import { COST } from '../operationCosts';
import type { NodeContext, Operator } from '../operator';
import { normalizeAxis, tensorInfo, withDim } from '../shapes';
import { perOutput } from '../workRules';

/** A complex transform of n points by the fast Fourier transform: 5·n·log₂ n real operations (Cooley and Tukey 1965). */
function transformOperations(n: number): number {
  return 5 * n * Math.ceil(Math.log2(Math.max(2, n)));
}

/** Frequencies of a transform of n points: real signals need only half of them. */
const bins = (n: Dim, onesided: boolean): Dim => (typeof n !== 'number' ? null : onesided ? Math.floor(n / 2) + 1 : n);

/** The transformed axis: an attribute (1) before opset 20, then an input (−2). */
function transformedAxis({ node, opset, inputs }: NodeContext, rank: number): number | undefined {
  const given = opset < 20 ? attrInt(node, 'axis', 1) : inputs[2] ? inputs[2].values?.[0] : -2;
  return given === undefined ? undefined : normalizeAxis(given, rank);
}

/** X [batch, sizes…, 1 or 2: real, or real and imaginary parts]. */
const fourier: Operator = {
  types: ['DFT'],
  inferShape(context) {
    const { node, inputs } = context;
    const x = shapeOf(context, 0);
    const axis = x && transformedAxis(context, x.length);
    if (!x || axis === undefined) return [tensorInfo(typeOf(context, 0), undefined)];
    const length = inputs[1] ? (valuesOf(context, 1)?.[0] ?? null) : (x[axis] ?? null);
    const size = bins(length, attrInt(node, 'onesided', 0) !== 0);
    return [tensorInfo(typeOf(context, 0), withDim(withDim(x, axis, size), x.length - 1, 2))];
  },
  work(context) {
    const x = shapeOf(context, 0);
    const axis = x && transformedAxis(context, x.length);
    if (!x || axis === undefined) return undefined;
    const transforms = elementCount(withDim(withDim(x, axis, 1), x.length - 1, 1));
    const n = context.inputs[1] ? valuesOf(context, 1)?.[0] : x[axis];
    if (transforms === undefined || typeof n !== 'number') return undefined;
    return { kind: 'vector', operations: transforms * transformOperations(n), passes: 1 };
  },
  vjp: fourierVjp,
};

/** Samples in a frame: the window's, or frame_length. */
function frameLength(context: NodeContext): Dim {
  return valuesOf(context, 3)?.[0] ?? shapeOf(context, 2)?.[0] ?? null;
}

/** Signal [batch, samples, 1 or 2], a frame every `frame_step`: [batch, frames, frequencies, 2]. */
const shortTime: Operator = {
  types: ['STFT'],
  inferShape(context) {
    const [batch = null, samples] = shapeOf(context, 0) ?? [];
    const step = valuesOf(context, 1)?.[0];
    const length = frameLength(context);
    const isKnown = typeof samples === 'number' && typeof length === 'number' && step !== undefined && step > 0;
    const frames = isKnown ? Math.floor((samples - length) / step) + 1 : null;
    const onesided = attrInt(context.node, 'onesided', 1) !== 0;
    return [tensorInfo(typeOf(context, 0), [batch, frames, bins(length, onesided), 2])];
  },
  /** Each frame is weighted by the window, then transformed. */
  work(context) {
    const [batch, frames] = context.outputs[0]?.shape ?? [];
    const length = frameLength(context);
    if (typeof batch !== 'number' || typeof frames !== 'number' || typeof length !== 'number') return undefined;
    const operations = batch * frames * (length * COST.simple + transformOperations(length));
    return { kind: 'vector', operations, passes: 1 };
  },
  vjp: shortTimeVjp,
};

const namedType = (context: NodeContext, attribute: string): DataType | undefined =>
  dataTypeOf(attrInt(context.node, attribute, 1));

/** `size` weights, each a sum of `cosines` cosines. */
const window = (type: string, cosines: number): Operator => ({
  types: [type],
  inferShape: (context) => [tensorInfo(namedType(context, 'output_datatype'), [valuesOf(context, 0)?.[0] ?? null])],
  work: perOutput(cosines * (COST.special + 2 * COST.simple)),
  vjp: zeroVjp,
});

export const spectral: readonly Operator[] = [
  fourier,
  shortTime,
  window('HannWindow', 1),
  window('HammingWindow', 1),
  window('BlackmanWindow', 2),
];

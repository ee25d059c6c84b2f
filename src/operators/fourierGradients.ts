import { attrInt } from '../graph/attributes';
import type { Cotangents, VjpContext } from './gradientContext';
import { int, maths, pad, reshape, slice, transpose } from './gradientTools';
import { range } from './shapes';

/**
 * The transform is linear: its adjoint is the transform of the other direction, times the number of points (less the
 * inverse's 1/n). Cut-off frequencies are zeros, a real input takes the real part, and padding is undone.
 */
export function fourierVjp(context: VjpContext): Cotangents {
  const { node, opset, values } = context;
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  const [x = '', length, axisInput] = node.inputs;
  const shape = context.shape(x);
  const rank = shape.length;
  const given = opset < 20 ? attrInt(node, 'axis', 1) : axisInput ? values(axisInput)?.[0] : -2;
  if (given === undefined) throw new Error('its axis is not known before it runs');
  const axis = given < 0 ? given + rank : given;
  const size = shape[axis] ?? 1;
  const points = length ? values(length)?.[0] : size;
  if (points === undefined) throw new Error('its length is not known before it runs');
  const inverse = attrInt(node, 'inverse', 0) !== 0;
  const onesided = attrInt(node, 'onesided', 0) !== 0;
  if (inverse && onesided) throw new Error('a one-sided inverse has no gradient rule');
  const whole = onesided ? padded(context, g, rank, axis, points - Math.floor(points / 2) - 1) : g;
  const back = adjoint(context, whole, axis, points, inverse);
  const fitted =
    points >= size ? slice(context.build, back, [axis], [0], [size]) : padded(context, back, rank, axis, size - points);
  const real = shape[rank - 1] === 1 ? slice(context.build, fitted, [rank - 1], [0], [1]) : fitted;
  return node.inputs.map((_, index) => (index === 0 ? real : undefined));
}

/** Of a full transform of `points` points along an axis of [..., 2]. */
function adjoint({ build, type, node }: VjpContext, g: string, axis: number, points: number, inverse: boolean): string {
  const m = maths(build, type(node.inputs[0] ?? ''));
  const other = int(inverse ? 0 : 1);
  const transformed =
    build.opset < 20
      ? build.add('DFT', [g], { axis: int(axis), inverse: other })
      : build.add('DFT', [g, '', build.constant('int64', [axis], [])], { inverse: other });
  return inverse ? m.div(transformed, points) : m.mul(transformed, points);
}

function padded({ build }: VjpContext, x: string, rank: number, axis: number, count: number): string {
  const none = new Array<number>(rank).fill(0);
  return pad(
    build,
    x,
    none,
    none.map((_, i) => (i === axis ? count : 0)),
  );
}

/** Frames of a signal [batch, samples, 1 or 2], each windowed and transformed: back, windowed again, and added up where they lay. */
export function shortTimeVjp(context: VjpContext): Cotangents {
  const { node, build, values } = context;
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  if (node.inputs[2] && context.wants(2))
    throw new Error('its window depends on the target: that gradient is not implemented');
  const [x = '', step = '', window, frame] = node.inputs;
  const [batch = 1, samples = 1, parts = 1] = context.shape(x);
  const [, frames = 1] = context.shape(node.outputs[0] ?? '');
  const stride = values(step)?.[0];
  const points = frame ? values(frame)?.[0] : window ? context.shape(window)[0] : undefined;
  if (stride === undefined || points === undefined) throw new Error('its frames are not known before it runs');
  const onesided = attrInt(node, 'onesided', 1) !== 0;
  const whole = onesided ? padded(context, g, 4, 2, points - Math.floor(points / 2) - 1) : g;
  const back = adjoint(context, whole, 2, points, false);
  const m = maths(build, context.type(x));
  const kept = parts === 1 ? slice(build, back, [3], [0], [1]) : back;
  const framed = window ? m.mul(kept, reshape(build, window, [points, 1])) : kept;
  // [batch·parts, points, frames] through a convolution that puts every point where its frame had it.
  const columns = reshape(build, transpose(build, framed, [0, 3, 2, 1]), [batch * parts, points, frames]);
  const identity = range(points * points).map((i) => (i % (points + 1) === 0 ? 1 : 0));
  const kernel = build.constant(context.type(x), identity, [points, 1, points]);
  const added = build.add('ConvTranspose', [columns, kernel], { strides: { type: 'ints', value: [stride] } });
  const end = (frames - 1) * stride + points;
  const signal = padded(context, added, 3, 2, samples - end);
  const cotangent = transpose(build, reshape(build, signal, [batch, parts, samples]), [0, 2, 1]);
  return node.inputs.map((_, index) => (index === 0 ? cotangent : undefined));
}

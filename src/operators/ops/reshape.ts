import { attrInt, attrInts } from '../../graph/attributes';
import type { Dim, Shape } from '../../graph/graph';
import type { Cotangents, VjpContext } from '../gradientContext';
import { reshape as reshapeNode, zeroVjp } from '../gradientTools';
import { listOf, shapeOf, valuesOf } from '../nodeArguments';
import type { NodeContext, Operator } from '../operator';
import { normalizeAxes, normalizeAxis, product, tensorInfo, unknownShape } from '../shapes';
import { free } from '../workRules';

/** Operators that see the same elements in another shape. Their gradient has the input's shape back. */
const view = (type: string, shape: (context: NodeContext) => Shape | undefined): Operator => ({
  types: [type],
  inferShape: (context) => [tensorInfo(context.inputs[0]?.type, shape(context), valuesOf(context, 0))],
  work: free('a view of the same elements'),
  vjp(context: VjpContext): Cotangents {
    const [g] = context.cotangents;
    const [x = ''] = context.node.inputs;
    if (g === undefined || !context.wants(0)) return zeroVjp(context);
    const back = reshapeNode(context.build, g, context.shape(x));
    return context.node.inputs.map((_, index) => (index === 0 ? back : undefined));
  },
});

/** 0 copies the input's size (unless allowzero), one −1 takes what is left. The target is an input from opset 5. */
const reshape = view('Reshape', (context) => {
  const { node, inputs } = context;
  const from = shapeOf(context, 0);
  const target = attrInts(node, 'shape', undefined) ?? valuesOf(context, 1);
  if (!target) {
    const rank = inputs[1]?.shape?.[0];
    return typeof rank === 'number' ? unknownShape(rank) : undefined;
  }
  const copies = attrInt(node, 'allowzero', 0) === 0;
  const shape = target.map((size, axis): Dim => (size === 0 && copies ? (from?.[axis] ?? null) : size));
  const wild = shape.indexOf(-1);
  const total = from ? product(from) : null;
  if (wild < 0) {
    const wanted = product(shape);
    if (typeof wanted === 'number' && typeof total === 'number' && wanted !== total) {
      throw new Error(`cannot reshape [${from}] (${total} elements) to [${shape}] (${wanted} elements)`);
    }
    return shape;
  }
  return shape.map((size, axis) => (axis === wild ? rest(from, total, shape) : size));
});

/** The size that −1 stands for. */
function rest(from: Shape | undefined, total: Dim, shape: Shape): Dim {
  const others = product(shape.filter((size) => size !== -1));
  if (typeof total === 'number' && typeof others === 'number') {
    if (others === 0) return 0;
    if (total % others !== 0) throw new Error(`cannot reshape [${from}] (${total} elements) to [${shape}]`);
    return total / others;
  }
  return others === 1 ? total : null;
}

const flatten = view('Flatten', (context) => {
  const from = shapeOf(context, 0);
  if (!from) return unknownShape(2);
  const axis = attrInt(context.node, 'axis', 1);
  // Here the rank itself is a valid axis.
  const split = axis < 0 ? normalizeAxis(axis, from.length) : axis;
  return [product(from.slice(0, split)), product(from.slice(split))];
});

const squeeze = view('Squeeze', (context) => {
  const from = shapeOf(context, 0);
  const axes = listOf(context, 'axes', 1);
  if (!from || axes === 'unknown') return undefined;
  if (axes === 'absent')
    return from.some((size) => typeof size !== 'number') ? undefined : from.filter((size) => size !== 1);
  const dropped = new Set(normalizeAxes(axes, from.length));
  return from.filter((size, axis) => {
    if (!dropped.has(axis)) return true;
    if (typeof size === 'number' && size !== 1) throw new Error(`axis ${axis} of [${from}] is not of size 1`);
    return false;
  });
});

const unsqueeze = view('Unsqueeze', (context) => {
  const from = shapeOf(context, 0);
  const axes = listOf(context, 'axes', 1);
  if (!from || axes === 'unknown') return undefined;
  if (axes === 'absent') throw new Error('its axes are missing');
  const rank = from.length + axes.length;
  const added = new Set(normalizeAxes(axes, rank));
  if (added.size !== axes.length) throw new Error(`its axes [${axes}] repeat one`);
  let next = 0;
  return unknownShape(rank).map((_, axis) => (added.has(axis) ? 1 : (from[next++] ?? null)));
});

export const reshapes: readonly Operator[] = [reshape, flatten, squeeze, unsqueeze];

import { attrString } from '../../graph/attributes';
import type { Node } from '../../graph/graph';
import { elementCount } from '../../graph/graph';
import { selectionAdjoint } from '../gatherGradients';
import { pad as padNode, reshape, zeroVjp } from '../gradientTools';
import { hasInput, listArgument } from '../nodeArguments';
import type { Operator } from '../operator';
import { normalizeAxes, range, tensorInfo, unknownShape } from '../shapes';
import { movementFrom } from '../workRules';

/** Begin and end per axis (pads are an input from opset 11, axes from 18); undefined where they are computed at run time. */
function padsOf(
  node: Node,
  rank: number,
  values: (index: number) => readonly number[] | undefined,
): readonly (readonly [begin: number, end: number])[] | undefined {
  const pads = listArgument(node, node.attributes.has('paddings') ? 'paddings' : 'pads', 1, values);
  const given = hasInput(node, 3) ? values(3) : range(rank);
  if (pads === 'unknown' || pads === 'absent' || !given) return undefined;
  const axes = normalizeAxes(given, rank);
  if (pads.length !== 2 * axes.length) throw new Error(`pads [${pads}] do not fit ${axes.length} axes`);
  return range(rank).map((axis) => {
    const at = axes.indexOf(axis);
    return at < 0 ? [0, 0] : [pads[at] ?? 0, pads[at + axes.length] ?? 0];
  });
}

/** The element that output position `at` (counted from the first inner one) shows, by mode. */
function source(mode: string, at: number, size: number): number {
  if (mode === 'edge') return Math.min(Math.max(at, 0), size - 1);
  if (mode === 'wrap') return ((at % size) + size) % size;
  const period = Math.max(1, 2 * (size - 1));
  const folded = ((at % period) + period) % period;
  return Math.min(folded, period - folded);
}

export const pad: Operator = {
  types: ['Pad'],
  inferShape({ inputs, node }) {
    const { type, shape } = inputs[0] ?? {};
    if (!shape) return [tensorInfo(type, undefined)];
    const pads = padsOf(node, shape.length, (index) => inputs[index]?.values);
    if (!pads) return [tensorInfo(type, unknownShape(shape.length))];
    const padded = shape.map((size, axis) => {
      const [begin, end] = pads[axis] ?? [0, 0];
      if (begin === 0 && end === 0) return size;
      return typeof size === 'number' ? size + begin + end : null;
    });
    return [tensorInfo(type, padded)];
  },
  work: movementFrom(({ outputs }) => Math.max(0, (outputs[0]?.shape?.length ?? 1) - 1)),
  /** Zeros are cropped off; a mirrored or repeated border is added to the elements it shows, axis by axis. */
  vjp(context) {
    const { node, build } = context;
    const [g] = context.cotangents;
    const [x = ''] = node.inputs;
    if (g === undefined || !context.wants(0)) return zeroVjp(context);
    const shape = context.shape(x);
    const pads = padsOf(node, shape.length, (index) => context.values(node.inputs[index] ?? ''));
    if (!pads) throw new Error('its pads are computed at run time');
    const mode = attrString(node, 'mode', 'constant');
    const result =
      mode === 'constant'
        ? padNode(
            build,
            g,
            pads.map(([begin]) => -begin),
            pads.map(([, end]) => -end),
          )
        : shape.reduce((folded, size, axis) => {
            const [begin, end] = pads[axis] ?? [0, 0];
            if (begin === 0 && end === 0) return folded;
            const count = size + begin + end;
            const before = shape.slice(0, axis);
            const after = shape
              .slice(axis + 1)
              .map((later, at) => later + (pads[axis + 1 + at] ?? [0, 0]).reduce((a, b) => a + b, 0));
            const adjoint = selectionAdjoint(build, folded, {
              type: context.type(x),
              outer: elementCount(before) ?? 0,
              size,
              inner: elementCount(after) ?? 0,
              count,
              indices: range(count).map((at) => source(mode, at - begin, size)),
            });
            return reshape(build, adjoint, [...before, size, ...after]);
          }, g);
    return node.inputs.map((_, index) => (index === 0 ? result : undefined));
  },
};

import { attrInt, attrString } from '../../graph/attributes';
import type { Dim, Node } from '../../graph/graph';
import { int, inversePermutation, reshape, transpose, zeroVjp } from '../gradientTools';
import type { Operator } from '../operator';
import { tensorInfo } from '../shapes';
import { movement } from '../workRules';

const blockOf = (node: Node): number => {
  const block = attrInt(node, 'blocksize', 0);
  if (block < 1) throw new Error('its blocksize is missing');
  return block;
};

const scaled = (size: Dim, factor: number): Dim => (typeof size === 'number' ? size * factor : null);

function divided(size: Dim, divisor: number): Dim {
  if (typeof size !== 'number') return null;
  if (size % divisor !== 0) throw new Error(`${size} does not divide by ${divisor}`);
  return size / divisor;
}

const depthToSpace: Operator = {
  types: ['DepthToSpace'],
  inferShape({ inputs, node }) {
    const { type, shape } = inputs[0] ?? {};
    const block = blockOf(node);
    if (!shape) return [tensorInfo(type, undefined)];
    const [n = null, c = null, h = null, w = null] = shape;
    return [tensorInfo(type, [n, divided(c, block ** 2), scaled(h, block), scaled(w, block)])];
  },
  work: () => movement(1),
  /** Mode DCR is undone by SpaceToDepth; CRD reads [N, C, b, b, H, W] and writes [N, C, H, b, W, b]. */
  vjp(context) {
    const { node, build } = context;
    const [g] = context.cotangents;
    const [x = ''] = node.inputs;
    if (g === undefined || !context.wants(0)) return zeroVjp(context);
    const b = blockOf(node);
    if (attrString(node, 'mode', 'DCR') === 'DCR') return [build.add('SpaceToDepth', [g], { blocksize: int(b) })];
    const shape = context.shape(x);
    const [n = 0, c = 0, h = 0, w = 0] = shape;
    const blocks = reshape(build, g, [n, c / b ** 2, h, b, w, b]);
    return [reshape(build, transpose(build, blocks, inversePermutation([0, 1, 4, 2, 5, 3])), shape)];
  },
};

const spaceToDepth: Operator = {
  types: ['SpaceToDepth'],
  inferShape({ inputs, node }) {
    const { type, shape } = inputs[0] ?? {};
    const block = blockOf(node);
    if (!shape) return [tensorInfo(type, undefined)];
    const [n = null, c = null, h = null, w = null] = shape;
    return [tensorInfo(type, [n, scaled(c, block ** 2), divided(h, block), divided(w, block)])];
  },
  work: () => movement(1),
  vjp(context) {
    const [g] = context.cotangents;
    if (g === undefined || !context.wants(0)) return zeroVjp(context);
    return [context.build.add('DepthToSpace', [g], { blocksize: int(blockOf(context.node)) })];
  },
};

export const depthAndSpace: readonly Operator[] = [depthToSpace, spaceToDepth];

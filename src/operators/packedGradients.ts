import { attrInt } from '../graph/attributes';
import type { Cotangents, VjpContext } from './gradientContext';
import { cast, concat, maths, reshape, slice, unsqueeze } from './gradientTools';
import { hasInput } from './nodeArguments';

/** com.microsoft:MatMulNBits by A alone: Ā = Ȳ·Bᵀ with B [N, K] unpacked, (level − zero point)·scale in every block. */
export function packedMatmulVjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  const [, packed = '', scales = '', zeros = ''] = node.inputs;
  const [K, N] = [attrInt(node, 'K', 0), attrInt(node, 'N', 0)];
  const [bits, size] = [attrInt(node, 'bits', 4), attrInt(node, 'block_size', 32)];
  if (bits !== 4 && bits !== 8) throw new Error(`weights of ${bits} bits have no gradient rule`);
  if (hasInput(node, 4)) throw new Error('with g_idx it has no gradient rule');
  const blocks = Math.ceil(K / size);
  const m = maths(build, 'float32');
  const levels = reshape(build, unpacked(context, packed, [N, blocks, (size * bits) / 8], bits), [N, blocks, size]);
  const packedZeros = [N, Math.ceil((blocks * bits) / 8)];
  const zeroPoint = (): string => {
    if (zeros === '') return build.constant('float32', [2 ** (bits - 1)], [1, 1, 1]);
    if (context.type(zeros) !== 'uint8') return reshape(build, zeros, [N, blocks, 1]);
    const all = unpacked(context, reshape(build, zeros, packedZeros), packedZeros, bits);
    return reshape(build, slice(build, all, [1], [0], [blocks]), [N, blocks, 1]);
  };
  const real = m.mul(m.sub(levels, zeroPoint()), reshape(build, scales, [N, blocks, 1]));
  const b = slice(build, reshape(build, real, [N, blocks * size]), [1], [0], [K]);
  const da = m.of('MatMul', g, b);
  return node.inputs.map((_, index) => (index === 0 ? da : undefined));
}

/** Bytes as numbers along their last axis: one each, or two of 4 bits, the lower first. */
function unpacked({ build }: VjpContext, bytes: string, shape: readonly number[], bits: 4 | 8): string {
  const m = maths(build, 'float32');
  const all = cast(build, bytes, 'float32');
  if (bits === 8) return all;
  const high = m.of('Floor', m.div(all, 16));
  const low = m.sub(all, m.mul(high, 16));
  const last = shape.length;
  const pairs = concat(build, [unsqueeze(build, low, [last]), unsqueeze(build, high, [last])], last);
  return reshape(build, pairs, [...shape.slice(0, -1), 2 * (shape.at(-1) ?? 1)]);
}

import { BITS, type DataType } from '../graph/graph';
import type { GraphBuilder, VjpContext } from './gradientContext';
import { cast, maths, reshape } from './gradientTools';

/**
 * Gradients through quantized operators, straight through: a quantized tensor q is treated as the real number q, whose
 * cotangent is floating point, and rounding as the identity (Bengio, Léonard and Courville 2013). A result at a limit of
 * its type counts as clipped and passes nothing, which is also how a fused ReLU stops it.
 */

/** (q − zero point)·scale in `type`; a list of parameters, one per channel, takes `channelShape`. Either may be ''. */
export function dequantized(
  context: VjpContext,
  type: DataType,
  q: string,
  scale: string,
  zeroPoint: string,
  channelShape: readonly number[],
): string {
  const { build } = context;
  const aligned = (name: string): string => {
    const [count, ...others] = context.shape(name);
    if (count === undefined || others.length > 0) return name;
    return reshape(build, name, count === 1 ? [] : channelShape);
  };
  const m = maths(build, type);
  const real = cast(build, q, type);
  const centred = zeroPoint === '' ? real : m.sub(real, cast(build, aligned(zeroPoint), type));
  return scale === '' ? centred : m.mul(centred, aligned(scale));
}

/** g where the quantized y lies strictly between the limits of its type, else 0 (a ReLU6 often lives in that limit). */
export function passUnclipped(build: GraphBuilder, type: DataType, g: string, y: string, yType: DataType): string {
  const m = maths(build, type);
  const levels = 2 ** BITS[yType];
  const least = yType.startsWith('u') ? 0 : -levels / 2;
  const real = cast(build, y, type);
  return m.mul(g, m.mul(m.greater(real, least), m.less(real, least + levels - 1)));
}

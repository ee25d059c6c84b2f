import { BITS, type DataType, type Node } from '../graph/graph';
import type { Cotangents, GraphBuilder, VjpContext } from './gradientContext';
import { cast, type Maths, maths, reshape } from './gradientTools';

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

/** An 8-bit operand of a QLinear operator: its index among the node's inputs; its scale and zero point are given by index too. */
export interface QuantizedOperand {
  readonly at: number;
  readonly scale: number;
  readonly zeroPoint: number;
}

export interface QuantizedRule {
  readonly operands: (node: Node) => readonly QuantizedOperand[];
  /** Index of the result's scale (and of its zero point, which follows it). */
  readonly result: number;
  /** Cotangents of the real operands from that of the real result, both as broadcast as the rule of the real operator. */
  readonly real: (at: RealPoint) => Cotangents;
}

/** A QLinear operator as the real operator that it stands for. */
export interface RealPoint extends VjpContext {
  readonly m: Maths;
  /** Cotangent of the real result. */
  readonly g: string;
  /** The real operands and the real result, made where they are read. */
  readonly operand: (index: number) => string;
  readonly y: () => string;
  /** Names of the 8-bit operands, for their shapes. */
  readonly names: readonly string[];
}

/** Straight through y = clip(f(s(q − z))/s_y + z_y): ȳ/s_y is the cotangent of f, whose operands pass s times theirs on. */
export const quantizedVjp =
  ({ operands, result, real }: QuantizedRule) =>
  (context: VjpContext): Cotangents => {
    const { node, build } = context;
    const [g] = context.cotangents;
    if (!g) return [];
    const own = operands(node);
    const input = (index: number): string => node.inputs[index] ?? '';
    const [y = ''] = node.outputs;
    const m = maths(build, 'float32');
    const passed = m.div(passUnclipped(build, 'float32', g, y, context.type(y)), input(result));
    const of = (name: string, scale: number, zeroPoint: number): string =>
      dequantized(context, 'float32', name, input(scale), input(zeroPoint), []);
    const cotangents = real({
      ...context,
      m,
      g: passed,
      names: own.map(({ at }) => input(at)),
      operand: (index) => {
        const { at = 0, scale = 1, zeroPoint = 2 } = own[index] ?? {};
        return of(input(at), scale, zeroPoint);
      },
      y: () => of(y, result, result + 1),
    });
    return node.inputs.map((_, index) => {
      const position = own.findIndex(({ at }) => at === index);
      const cotangent = position < 0 || !context.wants(index) ? undefined : cotangents[position];
      return cotangent && m.mul(cotangent, input(own[position]?.scale ?? 0));
    });
  };

/** Operands that are followed by their scale and zero point, from the given inputs on. */
export const operandsAt =
  (...indices: readonly number[]) =>
  (): readonly QuantizedOperand[] =>
    indices.map((at) => ({ at, scale: at + 1, zeroPoint: at + 2 }));

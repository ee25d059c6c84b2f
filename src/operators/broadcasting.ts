import type { DataType, TensorInfo } from '../graph/graph';
import { mapValues } from './constantValues';
import type { Cotangents, VjpContext } from './gradientContext';
import type { Maths } from './gradientTools';
import { maths, unbroadcast, zeroVjp } from './gradientTools';
import type { NodeContext } from './operator';
import { broadcastAll, tensorInfo } from './shapes';

/** A cotangent before it is summed back to its operand's shape; undefined is zero. */
type Partial = (m: Maths, g: string, operands: readonly string[], y: string) => string | undefined;

/**
 * Shape rule of operators with NumPy broadcasting over all inputs. Before opset 7 the second operand broadcast along
 * `axis` onto the first, whose shape the result has.
 */
export function broadcastShape(
  context: NodeContext,
  evaluate?: (...elements: number[]) => number,
  outputType?: DataType,
): readonly TensorInfo[] {
  const { inputs, opset, node } = context;
  const type = outputType ?? inputs[0]?.type ?? inputs[1]?.type;
  const legacy = opset < 7 && node.attributes.has('broadcast');
  const shape = legacy ? inputs[0]?.shape : broadcastAll(inputs.map((input) => input?.shape));
  return [tensorInfo(type, shape, evaluate && mapValues(type, shape, inputs, evaluate))];
}

/** Gradient rule of the same operators: partial derivative i times ȳ, summed over the axes along which input i was repeated. */
export const broadcastVjp =
  (partial: (index: number) => Partial) =>
  (context: VjpContext): Cotangents => {
    const { node, build } = context;
    const [g] = context.cotangents;
    const [y = ''] = node.outputs;
    if (g === undefined) return zeroVjp(context);
    return node.inputs.map((name, index) => {
      if (name === '' || !context.wants(index)) return undefined;
      const term = partial(index)(maths(build, context.type(name)), g, node.inputs, y);
      return term === undefined ? undefined : unbroadcast(build, term, context.shape(y), context.shape(name));
    });
  };

import { attrInt, attrString } from '../../graph/attributes';
import type { Dim, Shape, TensorInfo } from '../../graph/graph';
import { matrixNest } from '../contraction';
import { hasInput } from '../nodeArguments';
import type { CostContext, NodeContext, Operator } from '../operator';
import { staticShape, tensorInfo } from '../shapes';
import type { Work } from '../work';

/** Sizes of a recurrent layer over x [T, batch, input], or [batch, T, input] with layout 1, and w [directions, gates·hidden, input]. */
function sizes({ node, inputs: [x, , r] }: NodeContext): Readonly<Record<'T' | 'batch' | 'hidden', Dim>> {
  if (x?.shape && x.shape.length !== 3)
    throw new Error(`its input has rank ${x.shape.length}; it needs [time, batch, features]`);
  const [first = null, second = null] = x?.shape ?? [];
  const isBatchFirst = attrInt(node, 'layout', 0) !== 0;
  return {
    T: isBatchFirst ? second : first,
    batch: isBatchFirst ? first : second,
    hidden: attrInt(node, 'hidden_size', undefined) ?? r?.shape?.[2] ?? null,
  };
}

function inferShape(context: NodeContext): readonly TensorInfo[] {
  const { node, inputs } = context;
  const { T, batch, hidden } = sizes(context);
  const directions = attrString(node, 'direction', 'forward') === 'bidirectional' ? 2 : 1;
  const isBatchFirst = attrInt(node, 'layout', 0) !== 0;
  const all: Shape = isBatchFirst ? [batch, T, directions, hidden] : [T, directions, batch, hidden];
  const last: Shape = isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
  const state = tensorInfo(inputs[0]?.type, last);
  return [tensorInfo(inputs[0]?.type, all), state, state];
}

/**
 * Every step multiplies the input and the last state with all gates: one product of T·batch rows, gates·hidden columns and
 * input + hidden inner size per direction. (A step waits for the one before: an engine that costs the rows as parallel is
 * optimistic.) The gates' own arithmetic is small beside it and not counted.
 */
function work(context: CostContext): Work | undefined {
  const [w, r] = [staticShape(context.inputs[1]), staticShape(context.inputs[2])];
  const { T, batch, hidden } = sizes(context);
  if (!w || !r || typeof T !== 'number' || typeof batch !== 'number' || typeof hidden !== 'number') return undefined;
  const [directions = 1, columns = 1, features = 1] = w;
  const nest = matrixNest({ N: batch, G: directions, M: T, K: columns, C: features + hidden });
  return { kind: 'loopNest', nest, biasAdds: hasInput(context.node, 3) ? T * batch * directions * columns : 0 };
}

/** Outputs Y, Y_h and, of an LSTM, Y_c. */
export const recurrent: Operator = { types: ['LSTM', 'GRU', 'RNN'], inferShape, work };

import { attrInt, attrString } from '../../graph/attributes';
import type { Dim, Shape, TensorInfo } from '../../graph/graph';
import { matrixNest } from '../contraction';
import { hasInput } from '../nodeArguments';
import { COST } from '../operationCosts';
import type { CostContext, NodeContext, Operator } from '../operator';
import { recurrentVjp } from '../recurrentGradients';
import { staticShape, tensorInfo } from '../shapes';
import { stage } from '../stages';
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

/** Of each kind: additions, multiplications and activations per hidden unit and step, biases aside (ONNX: LSTM, GRU, RNN). */
const GATE_OPERATIONS: Readonly<Record<string, number>> = {
  // Four gates add the projected input; three sigmoids, two tanh; c = f·c + i·g; h = o·tanh(c).
  LSTM: 4 * COST.simple + 3 * COST.sigmoid + 2 * COST.tanh + 4 * COST.simple,
  // Three gates; two sigmoids, one tanh; r·h; h = (1 − z)·n + z·h.
  GRU: 3 * COST.simple + 2 * COST.sigmoid + COST.tanh + COST.simple + 4 * COST.simple,
  RNN: COST.simple + COST.tanh,
};

/**
 * The input projections of all steps are one product: T·batch rows. A step multiplies the last state with R and waits for the step
 * before it: T small products in turn, of `batch` rows (a matrix-vector product at batch 1). Directions are independent of
 * each other: groups. All is one kernel; W and R are constant, so R comes from off chip again for each step unless it stays on chip.
 */
function work(context: CostContext): Work | undefined {
  const { node, inputs } = context;
  const [x, w, r] = inputs;
  const [wShape, rShape] = [staticShape(w), staticShape(r)];
  const { T, batch, hidden } = sizes(context);
  if (!x || !w || !r || !wShape || !rShape) return undefined;
  if (typeof T !== 'number' || typeof batch !== 'number' || typeof hidden !== 'number') return undefined;
  const [xName = '', wName = '', rName = ''] = node.inputs;
  const [G = 1, K = 1, C = 1] = wShape;
  const step = (columns: number): TensorInfo => tensorInfo(x.type, [G, batch, columns]);
  const projected = tensorInfo(x.type, [T, G, batch, K]);
  const biasAdds = hasInput(node, 3) ? T * G * batch * K : 0;
  const projection: Work = { kind: 'loopNest', nest: matrixNest({ G, M: T * batch, K, C }), biasAdds };
  const recurrence: Work = { kind: 'loopNest', nest: matrixNest({ G, M: batch, K, C: hidden }), biasAdds: 0 };
  const operations = G * batch * hidden * (GATE_OPERATIONS[node.operator] ?? 0);
  const gates: Work = { kind: 'vector', operations, passes: 1 };
  const parts = [
    stage(
      context,
      projection,
      [
        [xName, x],
        [wName, w],
      ],
      [['(projected)', projected]],
    ),
    stage(
      context,
      recurrence,
      [
        ['(state)', step(hidden)],
        [rName, r],
      ],
      [['(sums)', step(K)]],
      T,
    ),
    stage(
      context,
      gates,
      [
        ['(projected)', step(K)],
        ['(sums)', step(K)],
      ],
      [['(y)', step(hidden)]],
      T,
    ),
  ];
  return { kind: 'body', parts, times: 1, kernel: { inside: ['(projected)', '(state)', '(sums)'], pieces: 1 } };
}

/** Outputs Y, Y_h and, of an LSTM, Y_c. */
export const recurrent: Operator = { types: ['LSTM', 'GRU', 'RNN'], inferShape, work, vjp: recurrentVjp };

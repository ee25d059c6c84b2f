import { attrFloat, attrInt, attrString, attrStrings } from '../graph/attributes';
import type { Cotangents, GraphBuilder, VjpContext } from './gradientContext';
import { concat, type Maths, maths, reshape, slice, split, sumOf, transpose, unsqueeze, zeros } from './gradientTools';

/** More steps would make a graph of tens of thousands of nodes. */
const MAX_STEPS = 512;

/** What one direction of a layer keeps to itself: R [gates·H, H], both biases of its gates. */
interface Weights {
  readonly m: Maths;
  readonly build: GraphBuilder;
  readonly hidden: number;
  /** [gates·H, H] */
  readonly r: string;
  /** The recurrent bias of a GRU's third gate [1, H]; undefined without biases. */
  readonly resetBias: string | undefined;
}

interface State {
  /** [batch, H] */
  readonly h: string;
  /** Of an LSTM. */
  readonly c: string | undefined;
}

/** Cotangents that a step hands back; undefined means zero. */
interface StepCotangents {
  /** Of the projected input [batch, gates·H]. */
  readonly projected: string;
  readonly h: string | undefined;
  readonly c: string | undefined;
}

/** A step forward, with the way back through it. */
interface Step {
  readonly state: State;
  back(h: string | undefined, c: string | undefined): StepCotangents | undefined;
}

/** One step from the projected input x·Wᵀ + biases [batch, gates·H]. */
type Cell = (weights: Weights, projected: string, before: State) => Step;

const oneMinus = (m: Maths, y: string): string => m.sub(1, y);
/** ȳ·σ′ from y = σ(x). */
const throughSigmoid = (m: Maths, g: string, y: string): string => m.mul(g, m.mul(y, oneMinus(m, y)));
/** ȳ·tanh′ from y = tanh x. */
const throughTanh = (m: Maths, g: string, y: string): string => m.mul(g, oneMinus(m, m.mul(y, y)));

function parts({ build, hidden }: Weights, x: string, count: number): readonly string[] {
  return split(build, x, 1, new Array<number>(count).fill(hidden));
}

/** x·Aᵀ for A of some rows of R. */
const recurrent = ({ build }: Weights, x: string, rows: string): string =>
  build.add('MatMul', [x, transpose(build, rows, [1, 0])]);

/** Gates in the order i, o, f, c: C = f·C₋ + i·g, H = o·tanh C (ONNX: LSTM). */
const lstm: Cell = (weights, projected, { h, c = '' }) => {
  const { m, build, r } = weights;
  const gates = parts(weights, m.add(projected, recurrent(weights, h, r)), 4);
  const [i = '', o = '', f = ''] = gates.slice(0, 3).map((gate) => m.of('Sigmoid', gate));
  const g = m.of('Tanh', gates[3] ?? '');
  const cell = m.add(m.mul(f, c), m.mul(i, g));
  const squashed = m.of('Tanh', cell);
  return {
    state: { h: m.mul(o, squashed), c: cell },
    back(gh, gc) {
      const fromH = gh && throughTanh(m, m.mul(gh, o), squashed);
      const total = sumOf(build, [fromH, gc]);
      if (total === undefined) return undefined;
      const ofOutput = gh ? throughSigmoid(m, m.mul(gh, squashed), o) : m.mul(o, 0);
      const before = concat(
        build,
        [
          throughSigmoid(m, m.mul(total, g), i),
          ofOutput,
          throughSigmoid(m, m.mul(total, c), f),
          throughTanh(m, m.mul(total, i), g),
        ],
        1,
      );
      return { projected: before, h: build.add('MatMul', [before, r]), c: m.mul(total, f) };
    },
  };
};

/** Gates in the order z, r, h: H = (1 − z)·n + z·H₋ (ONNX: GRU); `linearFirst` multiplies with R before the reset. */
const gru =
  (linearFirst: boolean): Cell =>
  (weights, projected, { h }) => {
    const { m, build, hidden, resetBias } = weights;
    const rows = (from: number, to: number): string => slice(build, weights.r, [0], [from * hidden], [to * hidden]);
    const [rGates, rNew] = [rows(0, 2), rows(2, 3)];
    const [xGates = '', xNew = ''] = split(build, projected, 1, [2 * hidden, hidden]);
    const gates = m.of('Sigmoid', m.add(xGates, recurrent(weights, h, rGates)));
    const [z = '', reset = ''] = parts(weights, gates, 2);
    const linear = linearFirst ? recurrent(weights, h, rNew) : recurrent(weights, m.mul(reset, h), rNew);
    const q = linearFirst && resetBias ? m.add(linear, resetBias) : linear;
    const n = m.of('Tanh', m.add(xNew, linearFirst ? m.mul(reset, q) : q));
    return {
      state: { h: m.add(m.mul(oneMinus(m, z), n), m.mul(z, h)), c: undefined },
      back(gh) {
        if (gh === undefined) return undefined;
        const ofNew = throughTanh(m, m.mul(gh, oneMinus(m, z)), n);
        const inside = build.add('MatMul', [linearFirst ? m.mul(ofNew, reset) : ofNew, rNew]);
        const ofReset = linearFirst ? m.mul(ofNew, q) : m.mul(inside, h);
        const ofGates = concat(
          build,
          [throughSigmoid(m, m.mul(gh, m.sub(h, n)), z), throughSigmoid(m, ofReset, reset)],
          1,
        );
        const throughNew = linearFirst ? inside : m.mul(inside, reset);
        const before = [m.mul(gh, z), throughNew, build.add('MatMul', [ofGates, rGates])];
        return { projected: concat(build, [ofGates, ofNew], 1), h: sumOf(build, before), c: undefined };
      },
    };
  };

/** H = f(x·Wᵀ + H₋·Rᵀ + biases) (ONNX: RNN). */
const rnn =
  (activation: 'Tanh' | 'Relu' | 'Sigmoid'): Cell =>
  (weights, projected, { h: last }) => {
    const { m, build, r } = weights;
    const h = m.of(activation, m.add(projected, recurrent(weights, last, r)));
    return {
      state: { h, c: undefined },
      back(gh) {
        if (gh === undefined) return undefined;
        const through = { Tanh: throughTanh, Sigmoid: throughSigmoid, Relu: throughRelu }[activation];
        const before = through(m, gh, h);
        return { projected: before, h: build.add('MatMul', [before, r]), c: undefined };
      },
    };
  };

const throughRelu = (m: Maths, g: string, y: string): string => m.mul(g, m.greater(y, 0));

const DEFAULTS: Readonly<Record<string, readonly string[]>> = {
  LSTM: ['Sigmoid', 'Tanh', 'Tanh'],
  GRU: ['Sigmoid', 'Tanh'],
  RNN: ['Tanh'],
};

/** The step of a node's kind. Throws one sentence on a form that has no rule. */
function cellOf({ node, shape, values }: VjpContext): Cell {
  const { operator } = node;
  const usual = DEFAULTS[operator] ?? [];
  const given = attrStrings(node, 'activations', []).slice(0, usual.length);
  const activations = given.length > 0 ? given : usual;
  if (attrFloat(node, 'clip', undefined) !== undefined) throw new Error('with clip it has no gradient rule');
  if (attrInt(node, 'input_forget', 0) !== 0) throw new Error('with input_forget it has no gradient rule');
  if (attrInt(node, 'layout', 0) !== 0) throw new Error('batch-first it has no gradient rule');
  if (node.inputs[7]) throw new Error('with peepholes it has no gradient rule');
  const [steps = 0] = shape(node.inputs[0] ?? '');
  if (steps > MAX_STEPS) throw new Error(`${steps} steps are too many for a gradient (at most ${MAX_STEPS})`);
  const lengths = node.inputs[4] ? values(node.inputs[4]) : [];
  if (lengths?.some((length) => length !== steps) ?? true) {
    throw new Error('sequences of lengths of their own have no gradient rule; leave sequence_lens out');
  }
  const [only] = activations;
  if (operator === 'RNN' && (only === 'Tanh' || only === 'Relu' || only === 'Sigmoid')) return rnn(only);
  if (activations.join() !== usual.join())
    throw new Error(`activations ${activations.join(', ')} have no gradient rule`);
  return operator === 'LSTM' ? lstm : gru(attrInt(node, 'linear_before_reset', 0) !== 0);
}

/**
 * Back through time (Werbos 1990): the steps are repeated forwards as nodes of their own, then walked backwards. By the input
 * and the initial states; weights are taken as constants.
 */
export function recurrentVjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [x = '', w = ''] = node.inputs;
  if (context.cotangents.every((cotangent) => cotangent === undefined)) return [];
  const step = cellOf(context);
  if ([1, 2, 3].some((index) => context.wants(index))) {
    throw new Error('its weights depend on the target: that gradient is not implemented');
  }
  const [directions = 1] = context.shape(w);
  const ways = Array.from({ length: directions }, (_, d) => directionVjp(context, step, d));
  const states = (pick: (way: Direction) => string | undefined): string | undefined => {
    const found = ways.map(pick);
    if (found.every((one) => one === undefined)) return undefined;
    const none = (): string => zeros(build, context.type(x), [context.shape(x)[1] ?? 1, hiddenOf(context)]);
    return concat(
      build,
      found.map((one) => unsqueeze(build, one ?? none(), [0])),
      0,
    );
  };
  return [
    context.wants(0)
      ? sumOf(
          build,
          ways.map((way) => way.x),
        )
      : undefined,
    ...[undefined, undefined, undefined, undefined],
    node.inputs[5] && context.wants(5) ? states((way) => way.h) : undefined,
    node.inputs[6] && context.wants(6) ? states((way) => way.c) : undefined,
  ].slice(0, node.inputs.length);
}

/** Cotangents of what one direction reads. */
interface Direction {
  /** [T, batch, I] */
  readonly x: string | undefined;
  readonly h: string | undefined;
  readonly c: string | undefined;
}

/** H, the last axis of R. */
function hiddenOf({ node, shape }: VjpContext): number {
  return shape(node.inputs[2] ?? '')[2] ?? 1;
}

function directionVjp(context: VjpContext, step: Cell, d: number): Direction {
  const { node, build } = context;
  const [x = '', w = '', r = '', b = ''] = node.inputs;
  const [T = 0, batch = 1, features = 1] = context.shape(x);
  const [, gates = 1] = context.shape(w);
  const hidden = hiddenOf(context);
  const m = maths(build, context.type(x));
  const pick = (tensor: string, shape: readonly number[], axis = 0): string =>
    reshape(build, slice(build, tensor, [axis], [d], [d + 1]), shape);
  const bias = b === '' ? undefined : split(build, pick(b, [1, 2 * gates]), 1, [gates, gates]);
  const resetFirst = node.operator === 'GRU' && attrInt(node, 'linear_before_reset', 0) !== 0;
  // A GRU's last recurrent bias is inside its reset; all others are added to the projected input.
  const [forGates, forNew] = bias && resetFirst ? split(build, bias[1] ?? '', 1, [gates - hidden, hidden]) : [];
  const outside = bias && (forGates ? concat(build, [forGates, m.mul(forNew ?? '', 0)], 1) : (bias[1] ?? ''));
  const rows = build.add('MatMul', [
    reshape(build, x, [T * batch, features]),
    transpose(build, pick(w, [gates, features]), [1, 0]),
  ]);
  const projected = bias && outside ? m.add(rows, m.add(bias[0] ?? '', outside)) : rows;
  const weights = { m, build, hidden, r: pick(r, [gates, hidden]), resetBias: forNew };
  const initial = (index: number): string => {
    const given = node.inputs[index];
    return given ? pick(given, [batch, hidden]) : zeros(build, context.type(x), [batch, hidden]);
  };
  const isBackward = d === 1 || attrString(node, 'direction', 'forward') === 'reverse';
  const inputs = split(build, projected, 0, new Array<number>(T).fill(batch));
  const inOrder = (values: readonly string[]): readonly string[] => (isBackward ? values.toReversed() : values);

  let state: State = { h: initial(5), c: node.operator === 'LSTM' ? initial(6) : undefined };
  const steps = inOrder(inputs).map((input) => {
    const taken = step(weights, input, state);
    state = taken.state;
    return taken;
  });

  const [all, last, lastCell] = context.cotangents;
  const perStep = all && split(build, pick(all, [T * batch, hidden], 1), 0, new Array<number>(T).fill(batch));
  const outputs = perStep && inOrder(perStep);
  let h = last && pick(last, [batch, hidden]);
  let c = lastCell && pick(lastCell, [batch, hidden]);
  const found: (string | undefined)[] = [];
  for (const [index, taken] of [...steps.entries()].reverse()) {
    const back = taken.back(sumOf(build, [h, outputs?.[index]]), c);
    found.unshift(back?.projected);
    h = back?.h;
    c = back?.c;
  }
  const none = (): string => zeros(build, context.type(x), [batch, gates]);
  const ofRows = concat(build, inOrder(found.map((one) => one ?? none())), 0);
  const ofInput = build.add('MatMul', [ofRows, pick(w, [gates, features])]);
  return { x: reshape(build, ofInput, [T, batch, features]), h, c };
}

import { attrInt, attrInts } from '../../graph/attributes';
import type { Dim, Shape, TensorInfo } from '../../graph/graph';
import { hasInput, valuesOf } from '../nodeArguments';
import type { NodeContext, Operator } from '../operator';
import { normalizeAxis, tensorInfo } from '../shapes';

type Infos = readonly (TensorInfo | undefined)[];

/** What holds of a tensor that is one of two: sizes that differ are open. */
function either(a: TensorInfo, b: TensorInfo): TensorInfo {
  const sameRank = a.shape && b.shape && a.shape.length === b.shape.length;
  const shape = sameRank ? a.shape?.map((dim, axis) => (dim === b.shape?.[axis] ? dim : null)) : undefined;
  return tensorInfo(a.type === b.type ? a.type : undefined, shape);
}

/** The branch that a known condition takes. */
function branch(context: NodeContext): 'then_branch' | 'else_branch' | undefined {
  const condition = valuesOf(context, 0)?.[0];
  if (condition === undefined) return undefined;
  return condition !== 0 ? 'then_branch' : 'else_branch';
}

/** Only the branch taken counts where the condition is known; otherwise the work is unknown. */
const conditional: Operator = {
  types: ['If'],
  inferShape(context) {
    const taken = branch(context);
    if (taken) return context.inferBody(taken, []);
    const others = context.inferBody('else_branch', []);
    return context.inferBody('then_branch', []).map((info, index) => either(info, others[index] ?? {}));
  },
  work(context) {
    const taken = branch(context);
    return taken && { kind: 'body', parts: context.bodyWork(taken, []), times: 1 };
  },
};

const withoutValues = (info: TensorInfo | undefined): TensorInfo => tensorInfo(info?.type, info?.shape);

/** Types of a loop body's inputs that hold in every iteration: sizes that change from one to the next are open. */
function steadyState(initial: Infos, infer: (carried: Infos) => readonly TensorInfo[]): readonly TensorInfo[] {
  let carried = initial.map(withoutValues);
  for (;;) {
    const after = infer(carried);
    const joined = carried.map((info, index) => either(info, after[index] ?? {}));
    if (JSON.stringify(joined) === JSON.stringify(carried)) return carried;
    carried = joined;
  }
}

const LOOP_COUNTER: TensorInfo = { type: 'int64', shape: [] };
const LOOP_CONDITION: TensorInfo = { type: 'bool', shape: [] };

const loopInputs = (carried: Infos): Infos => [LOOP_COUNTER, LOOP_CONDITION, ...carried];

function loopState(context: NodeContext) {
  const initial = context.inputs.slice(2);
  const carried = steadyState(initial, (infos) => context.inferBody('body', loopInputs(infos)).slice(1));
  return { carried, after: context.inferBody('body', loopInputs(carried)) };
}

/** Iterations of a loop that nothing ends early; undefined where only the run can tell. */
function tripCount(context: NodeContext, after: readonly TensorInfo[]): number | undefined {
  const goesOn = after[0]?.values?.[0] === 1 && (!hasInput(context.node, 1) || valuesOf(context, 1)?.[0] === 1);
  return goesOn ? valuesOf(context, 0)?.[0] : undefined;
}

/** Body: (counter, condition, carried…) → (condition, carried…, elements of the stacked outputs…). */
const loop: Operator = {
  types: ['Loop'],
  inferShape(context) {
    const { carried, after } = loopState(context);
    const trips = tripCount(context, after) ?? null;
    const stacked = after
      .slice(1 + carried.length)
      .map(({ type, shape }) => tensorInfo(type, shape && [trips, ...shape]));
    return [...carried, ...stacked];
  },
  work(context) {
    const { carried, after } = loopState(context);
    const times = tripCount(context, after);
    if (times === undefined) return undefined;
    return { kind: 'body', parts: context.bodyWork('body', loopInputs(carried)), times };
  },
};

function scanState(context: NodeContext) {
  const { node, inputs, opset } = context;
  if (opset < 9)
    throw new Error('Scan before opset 9 (with a batch axis) is not supported; convert the model to opset 9 or later');
  const scanned = attrInt(node, 'num_scan_inputs', 0);
  if (!(scanned >= 0 && scanned <= inputs.length)) throw new Error(`it scans ${scanned} of ${inputs.length} inputs`);
  const initial = inputs.slice(0, inputs.length - scanned);
  const sequences = inputs.slice(inputs.length - scanned);
  const axes = attrInts(node, 'scan_input_axes', new Array<number>(scanned).fill(0));
  let length: Dim = null;
  const elements = sequences.map((sequence, index) => {
    if (!sequence?.shape) return withoutValues(sequence);
    const axis = normalizeAxis(axes[index] ?? 0, sequence.shape.length);
    length ??= sequence.shape[axis] ?? null;
    return tensorInfo(sequence.type, sequence.shape.toSpliced(axis, 1));
  });
  const states = steadyState(initial, (infos) => context.inferBody('body', [...infos, ...elements]));
  return { length: length as Dim, bodyInputs: [...states, ...elements], states };
}

function stack(shape: Shape, length: Dim, axis: number): Shape {
  return shape.toSpliced(normalizeAxis(axis, shape.length + 1), 0, length);
}

/** Body: (states…, one element of every sequence…) → (states…, one element of every output sequence…). */
const scan: Operator = {
  types: ['Scan'],
  inferShape(context) {
    const { length, bodyInputs, states } = scanState(context);
    const outputs = context.inferBody('body', bodyInputs).slice(states.length);
    const axes = attrInts(
      context.node,
      'scan_output_axes',
      outputs.map(() => 0),
    );
    const stacked = outputs.map(({ type, shape }, index) =>
      tensorInfo(type, shape && stack(shape, length, axes[index] ?? 0)),
    );
    return [...states, ...stacked];
  },
  work(context) {
    const { length, bodyInputs } = scanState(context);
    if (typeof length !== 'number') return undefined;
    return { kind: 'body', parts: context.bodyWork('body', bodyInputs), times: length };
  },
};

export const controlFlow: readonly Operator[] = [conditional, loop, scan];

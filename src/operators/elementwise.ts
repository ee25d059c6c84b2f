import type { DataType, Node, TensorInfo } from '../graph/graph';
import { mapValues } from './constantValues';
import type { Cotangents, VjpContext } from './gradientContext';
import type { Maths, Operand } from './gradientTools';
import { maths, zeroVjp } from './gradientTools';
import type { Operator } from './operator';
import { tensorInfo } from './shapes';
import { perOutput } from './workRules';

/** Where a derivative is taken: input, output and arithmetic in their element type. */
export interface Point extends VjpContext {
  readonly x: string;
  readonly y: string;
  readonly m: Maths;
}

export interface ElementwiseRule {
  readonly types: readonly string[];
  /** Operations per element: see operationCosts.ts. */
  readonly cost: number;
  /** The output's element type where it is not the input's. */
  readonly outputType?: DataType;
  /** f(x), to follow constants. */
  readonly evaluate?: (x: number, node: Node) => number;
  /** f′ at a point, from y where that is possible (from x, onnxruntime could no longer fuse the activation); 0 for step functions. */
  readonly derivative?: 0 | ((point: Point) => Operand);
}

/** An operator that maps every element of its first input alone: y = f(x), x̄ = ȳ·f′. */
export function elementwise(rule: ElementwiseRule): Operator {
  const { types, cost, outputType, evaluate, derivative } = rule;
  return {
    types,
    inferShape({ inputs, node }) {
      const x: TensorInfo = inputs[0] ?? {};
      const type = outputType ?? x.type;
      const values = evaluate && x.values && mapValues(type, x.shape, [x], (element) => evaluate(element, node));
      return [tensorInfo(type, x.shape, values)];
    },
    work: perOutput(cost),
    ...(derivative === 0 && { vjp: zeroVjp }),
    ...(typeof derivative === 'function' && { vjp: (context: VjpContext) => chain(context, derivative) }),
  };
}

function chain(context: VjpContext, derivative: (point: Point) => Operand): Cotangents {
  const { node, build, cotangents } = context;
  const [x = ''] = node.inputs;
  const [y = ''] = node.outputs;
  const [g] = cotangents;
  if (g === undefined || !context.wants(0)) return zeroVjp(context);
  const m = maths(build, context.type(x));
  return node.inputs.map((_, index) => (index === 0 ? m.mul(g, derivative({ ...context, x, y, m })) : undefined));
}

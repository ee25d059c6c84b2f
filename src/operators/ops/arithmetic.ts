import { attrInt } from '../../graph/attributes';
import { isFloat } from '../../graph/dataTypes';
import type { DataType } from '../../graph/graph';
import { broadcastShape, broadcastVjp } from '../broadcasting';
import { maths, unbroadcast, zeroVjp } from '../gradientTools';
import { typeOf } from '../nodeArguments';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { perOutput } from '../workRules';

const add: Operator = {
  types: ['Add'],
  inferShape: (context) => broadcastShape(context, (a, b) => a + b),
  work: perOutput(COST.simple),
  vjp: broadcastVjp(() => (_m, g) => g),
};

const sub: Operator = {
  types: ['Sub'],
  inferShape: (context) => broadcastShape(context, (a, b) => a - b),
  work: perOutput(COST.simple),
  vjp: broadcastVjp((index) => (m, g) => (index === 0 ? g : m.of('Neg', g))),
};

const mul: Operator = {
  types: ['Mul'],
  inferShape: (context) => broadcastShape(context, (a, b) => a * b),
  work: perOutput(COST.simple),
  vjp: broadcastVjp(
    (index) =>
      (m, g, [a = '', b = '']) =>
        m.mul(g, index === 0 ? b : a),
  ),
};

/** Integers divide towards zero (truncated when rounded to the type). ∂/∂b = −y/b. */
const div: Operator = {
  types: ['Div'],
  inferShape: (context) => broadcastShape(context, (a, b) => a / b),
  work: perOutput(COST.divide),
  vjp: broadcastVjp((index) => (m, g, [, b = ''], y) => {
    const scaled = m.div(g, b);
    return index === 0 ? scaled : m.of('Neg', m.mul(scaled, y));
  }),
};

/** The remainder has the divisor's sign, or with fmod the dividend's. y = a − b·q with q constant almost everywhere. */
const mod: Operator = {
  types: ['Mod'],
  inferShape: (context) => {
    const fmod = attrInt(context.node, 'fmod', 0) !== 0;
    return broadcastShape(context, (a, b) => (fmod ? a % b : a - b * Math.floor(a / b)));
  },
  work: perOutput(COST.divide),
  vjp: broadcastVjp(
    (index) =>
      (m, g, [a = '', b = ''], y) =>
        index === 0 ? g : m.of('Neg', m.mul(g, m.div(m.sub(a, y), b))),
  ),
};

/** aᵇ: ∂/∂a = b·a^(b−1), ∂/∂b = y·ln a. The exponent may have a type of its own. */
const pow: Operator = {
  types: ['Pow'],
  inferShape: (context) => broadcastShape(context, (a, b) => a ** b, typeOf(context, 0)),
  work: perOutput(COST.pow),
  vjp(context) {
    const { node, build } = context;
    const [a = '', b = ''] = node.inputs;
    const [y = ''] = node.outputs;
    const [g] = context.cotangents;
    if (g === undefined) return zeroVjp(context);
    const m = maths(build, context.type(a));
    const shape = context.shape(y);
    const exponents = context.values(b);
    const [exponent] = exponents ?? [];
    const slope = (): string => {
      if (exponents?.length === 1 && exponent !== undefined) {
        return exponent === 2 ? m.mul(a, 2) : m.mul(m.pow(a, exponent - 1), exponent);
      }
      const power = castTo(context.type(a), b);
      return m.mul(power, m.pow(a, m.sub(power, 1)));
    };
    const castTo = (type: DataType, name: string): string =>
      context.type(name) === type ? name : build.add('CastLike', [name, a]);
    return [
      context.wants(0) ? unbroadcast(build, m.mul(g, slope()), shape, context.shape(a)) : undefined,
      context.wants(1) && isFloat(context.type(b))
        ? unbroadcast(build, m.mul(g, m.mul(y, m.of('Log', a))), shape, context.shape(b))
        : undefined,
    ];
  },
};

export const arithmetic: readonly Operator[] = [add, sub, mul, div, mod, pow];

import type { Attribute, DataType } from '../src/graph/graph';
import { encodeElements } from '../src/graph/typedArray';
import { encodeModel } from './fixtures/encodeModel';

/** A tensor that a model of one operator reads: fed at run time, or a constant of the file. */
export interface CaseInput {
  readonly type: DataType;
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly constant: boolean;
}

export interface OperatorCase {
  /** `com.microsoft:Name` outside the default domain. */
  readonly operator: string;
  readonly inputs: readonly (CaseInput | undefined)[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly opset?: number;
  readonly outputs?: number;
  /** The only output that the model declares; default all. */
  readonly declared?: number;
}

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Float elements in [-2, 2], all different, in no order; `map` moves them to where an operator is defined. */
export function floats(shape: readonly number[], map: (value: number) => number = (value) => value): CaseInput {
  const count = size(shape);
  const values = Array.from({ length: count }, (_, index) => map(4 * (((index * 0.61803398875 + 0.1) % 1) - 0.5)));
  return { type: 'float32', shape, values: values.map(Math.fround), constant: false };
}

/** A constant list (or, with `shape`, tensor) of integers. */
export function integers(values: readonly number[], shape: readonly number[] = [values.length]): CaseInput {
  return { type: 'int64', shape, values, constant: true };
}

/** A constant of any type; a single number is a scalar. */
export function constant(type: DataType, values: number | readonly number[], shape?: readonly number[]): CaseInput {
  const list = [values].flat();
  return { type, shape: shape ?? (typeof values === 'number' ? [] : [list.length]), values: list, constant: true };
}

export const fed = (input: CaseInput): CaseInput => ({ ...input, constant: false });

export const int = (value: number): Attribute => ({ type: 'int', value });
export const ints = (...value: number[]): Attribute => ({ type: 'ints', value });
export const float = (value: number): Attribute => ({ type: 'float', value });
export const string = (value: string): Attribute => ({ type: 'string', value });

/** A model with the one node: inputs x0, x1 …, outputs y0, y1 …. */
export function operatorModel({
  operator,
  inputs,
  attributes = {},
  opset = 17,
  outputs = 1,
  declared,
}: OperatorCase): Uint8Array {
  const [type = '', domain = ''] = operator.split(':').reverse();
  const names = Array.from({ length: outputs }, (_, index) => `y${index}`);
  const present = inputs.flatMap((input, index) => (input ? [{ ...input, name: `x${index}` }] : []));
  return encodeModel({
    irVersion: 8,
    opsets: { '': opset, ...(domain && { [domain]: 1 }) },
    nodes: [
      {
        operator: type,
        domain,
        inputs: inputs.map((input, index) => (input ? `x${index}` : '')),
        outputs: names,
        attributes,
      },
    ],
    inputs: present.filter((input) => !input.constant).map(({ name, type, shape }) => ({ name, type, shape })),
    initializers: present
      .filter((input) => input.constant)
      .map((input) => ({
        name: input.name,
        type: input.type,
        shape: input.shape,
        data: encodeElements(input.type, input.values),
      })),
    outputs: names.filter((_, index) => index === (declared ?? index)).map((name) => ({ name })),
  });
}

/** What a case is called in a test's report. */
export function titleOf({ operator, inputs, attributes = {}, opset }: OperatorCase): string {
  const given = inputs.map((input) => (input ? `${input.constant ? 'constant ' : ''}[${input.shape}]` : '–'));
  const set = Object.entries(attributes).map(([name, { value }]) => `${name}=${value}`);
  return [operator, ...given, ...set, ...(opset === undefined ? [] : [`opset ${opset}`])].join(' ');
}

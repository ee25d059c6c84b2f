/** Small models for tests of inference, written as lists. */
import assert from 'node:assert/strict';
import type { Attribute, Graph, LocalFunction, Model, Node, Tensor, ValueInfo } from '../src/graph/graph';
import { functionKey } from '../src/graph/graph';
import type { Work } from '../src/operators/work';

export type NodeSketch = readonly [
  outputs: string,
  operator: string,
  inputs: string,
  attributes?: Readonly<Record<string, Attribute>>,
];

export interface Sketch {
  readonly nodes: readonly NodeSketch[];
  readonly inputs?: readonly ValueInfo[];
  readonly outputs?: readonly ValueInfo[];
  readonly constants?: readonly Tensor[];
  readonly declared?: readonly ValueInfo[];
}

export const names = (list: string): readonly string[] => (list === '' ? [] : list.split(' '));

export function graph({ nodes, inputs = [], outputs = [], constants = [], declared = [] }: Sketch): Graph {
  return {
    name: 'sketch',
    nodes: nodes.map(([outputs, operator, inputs, attributes = {}], id): Node => {
      const [type = '', domain = ''] = operator.split(':').reverse();
      const map = new Map(Object.entries(attributes));
      return { id, name: '', operator: type, domain, inputs: names(inputs), outputs: names(outputs), attributes: map };
    }),
    inputs,
    outputs,
    constants: new Map(constants.map((tensor) => [tensor.name, tensor])),
    declared: new Map(declared.map(({ name, ...info }) => [name, info])),
  };
}

export function model(sketch: Sketch, functions: readonly LocalFunction[] = []): Model {
  return {
    path: 'sketch.onnx',
    format: 'ONNX',
    irVersion: 8,
    producer: 'test',
    opsets: new Map([['', 17]]),
    graph: graph(sketch),
    functions: new Map(functions.map((one) => [functionKey(one.domain, one.name), one])),
    metadata: new Map(),
    weightBytes: 0,
  };
}

export const location = { kind: 'bytes', bytes: new Uint8Array() } as const;
export const list = (name: string, ...values: number[]): Tensor => ({
  name,
  type: 'int64',
  shape: [values.length],
  values,
  location,
});
export const weights = (name: string, ...shape: number[]): Tensor => ({ name, type: 'float32', shape, location });
export const float32 = (name: string, ...shape: (number | string | null)[]): ValueInfo => ({
  name,
  type: 'float32',
  shape,
});

export const messages = (problems: readonly { message: string }[]): readonly string[] =>
  problems.map(({ message }) => message);

export function workOf(work: Work | undefined, kind: Work['kind']): Work {
  assert.ok(work, 'the work is unknown');
  assert.equal(work.kind, kind);
  return work;
}

import type { Attribute, Model, Node, Tensor } from '../src/graph/graph';

type Sketch = readonly [operator: string, inputs: string, output: string, attributes?: Record<string, Attribute>];

const ints = (...value: number[]): Attribute => ({ type: 'ints', value });

/** One residual block and a classifier on a 3×16×16 image; named so that reports must quote and escape. */
const NODES: readonly Sketch[] = [
  ['Conv', 'x w0 b0', 'c0', { kernel_shape: ints(3, 3), pads: ints(1, 1, 1, 1) }],
  ['BatchNormalization', 'c0 gamma beta mean var', 'n0'],
  ['Relu', 'n0', 'r0'],
  ['Conv', 'r0 w1', 'c1', { kernel_shape: ints(1, 1) }],
  ['Add', 'c1 r0', 'a1'],
  ['Relu', 'a1', 'r1'],
  ['GlobalAveragePool', 'r1', 'p2'],
  ['Flatten', 'p2', 'f2'],
  ['Gemm', 'f2 w2 b2', 'logits', { transB: { type: 'int', value: 1 } }],
];

export const SMALL_NAMES = ['stem, "first"', 'bn', 'relu', '</script><b>&', 'add', 'relu2', 'pool', 'flatten', ''];

/**
 * The smallest model with a bit of everything, built by hand: 71,712 MACs (16²·8·27 + 16²·64 + 32), 340 parameters
 * (216 + 8 + 16 + 64 + 32 + 4). With `mystery`, an operator that nobody knows follows.
 */
export function smallModel({ mystery = false } = {}): Model {
  const sketches = mystery ? [...NODES, ['test:Mystery', 'logits', 'end'] as Sketch] : NODES;
  const constants = [
    ...[
      float('w0', 8, 3, 3, 3),
      float('b0', 8),
      float('gamma', 8),
      float('beta', 8),
      float('mean', 8),
      float('var', 8),
    ],
    ...[float('w1', 8, 8, 1, 1), float('w2', 4, 8), float('b2', 4)],
  ];
  return {
    path: 'small.onnx',
    format: 'ONNX',
    irVersion: 8,
    producer: 'by hand',
    opsets: new Map([
      ['', 17],
      ['test', 1],
    ]),
    graph: {
      name: 'small',
      nodes: sketches.map(nodeOf),
      inputs: [{ name: 'x', type: 'float32', shape: ['N', 3, 16, 16] }],
      outputs: [{ name: mystery ? 'end' : 'logits' }],
      constants: new Map(constants.map((tensor) => [tensor.name, tensor])),
      declared: new Map(),
    },
    functions: new Map(),
    metadata: new Map(),
    weightBytes: 4 * 356,
  };
}

function nodeOf([operator, inputs, output, attributes = {}]: Sketch, id: number): Node {
  const [type = '', domain = ''] = operator.split(':').reverse();
  const name = SMALL_NAMES[id] ?? '';
  return {
    ...{ id, name, operator: type, domain, inputs: inputs.split(' '), outputs: [output] },
    attributes: new Map(Object.entries(attributes)),
  };
}

function float(name: string, ...shape: number[]): Tensor {
  const bytes = new Uint8Array(4 * shape.reduce((product, size) => product * size, 1));
  return { name, type: 'float32', shape, location: { kind: 'bytes', bytes } };
}

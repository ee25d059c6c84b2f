import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Attribute, DataType, Node } from '../../src/graph/graph';
import { elementBytes, encodeElements } from '../../src/graph/typedArray';
import type { InitializerToWrite } from '../../src/onnx/writer';
import { encodeModel } from '../fixtures/encodeModel';
import { bothWays, checkTransposed, TRANSPOSED } from '../forward';
import { checkAlongRandomDirection, differentiate, numbers } from '../gradients';
import { readStored, relativeError } from '../npy';
import { useRuntime } from '../runtime';
import { needsShared, shared, sharedPath } from '../shared';

/** Against gradients that PyTorch computed in 64 bits; our run is in 32. */
const ORACLE_TOLERANCE = 1e-5;

describe('gradients of single operators against the oracle', () => {
  const runtime = useRuntime();
  before(function () {
    needsShared(this);
  });
  const manifest = sharedPath('data/oracle/ops/manifest.json');
  const cases = manifest ? Object.entries(JSON.parse(fs.readFileSync(manifest, 'utf8')) as Manifest) : [];

  for (const [name, { inputs: count }] of cases) {
    it(name, async () => {
      const stored = (file: string) => readStored(shared(`data/oracle/ops/${name}/${file}.npy`));
      const x = Array.from({ length: count }, (_, i) => stored(`x${i}`));
      const differentiated = await differentiate(runtime(), shared(`data/oracle/ops/${name}/model.onnx`));
      const feeds = x.map(({ values }) => Float32Array.from(values));
      const { y, gradients } = await differentiated.run(feeds, Float32Array.from(stored('grad_y').values));
      await differentiated.release();
      const outputError = relativeError(y, stored('y').values);
      assert.ok(outputError < ORACLE_TOLERANCE, `output differs by ${outputError}`);
      assert.equal(gradients.length, count);
      for (const [i, gradient] of gradients.entries()) {
        const error = relativeError(gradient, stored(`grad_x${i}`).values);
        assert.ok(error < ORACLE_TOLERANCE, `gradient by x${i} differs by ${error}`);
      }
    });
  }
});

type Manifest = Readonly<Record<string, { readonly inputs: number }>>;

const int = (value: number): Attribute => ({ type: 'int', value });
const ints = (...value: number[]): Attribute => ({ type: 'ints', value });
const float = (value: number): Attribute => ({ type: 'float', value });
const string = (value: string): Attribute => ({ type: 'string', value });

interface Values {
  readonly type: DataType;
  readonly values: readonly number[];
}
const int64 = (...values: number[]): Values => ({ type: 'int64', values });
const float32 = (...values: number[]): Values => ({ type: 'float32', values });

interface OneOperator {
  /** Shapes of the differentiable inputs. */
  readonly inputs: readonly (readonly number[])[];
  /** Constant inputs behind them: the shape of random floats, or values. */
  readonly constants?: readonly (readonly number[] | Values)[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly opset?: number;
  /** Maps raw numbers in [-1, 1) to where the operator is defined and smooth. */
  readonly domain?: (value: number) => number;
  /** Non-linear in x: a central difference has a truncation error of order step². */
  readonly curved?: boolean;
}

const positive = (value: number): number => 1.5 + value;
/** Multiples of 0.2 off the kinks at 0, ±1, ±3: a step of 1e-2 crosses none. */
const offKinks = (value: number): number => Math.round(value * 20) * 0.2 + 0.1;

const IMAGE = [1, 4, 6, 5];
const CORE: Readonly<Record<string, OneOperator>> = {
  Conv: {
    inputs: [IMAGE],
    constants: [[3, 4, 3, 3], [3]],
    attributes: { strides: ints(2, 1), pads: ints(1, 0, 1, 1) },
  },
  'Conv, 2 groups, dilated': {
    inputs: [IMAGE],
    constants: [[6, 2, 2, 2]],
    attributes: { group: int(2), dilations: ints(2, 2), strides: ints(2, 2) },
  },
  'Conv, SAME_UPPER': {
    inputs: [IMAGE],
    constants: [[2, 4, 3, 3]],
    attributes: { auto_pad: string('SAME_UPPER'), strides: ints(2, 2) },
  },
  ConvTranspose: {
    inputs: [IMAGE],
    constants: [[4, 2, 3, 3]],
    attributes: { strides: ints(2, 2), pads: ints(1, 1, 0, 0) },
  },
  Gemm: {
    inputs: [[2, 4]],
    constants: [[3, 4], [3]],
    attributes: { transB: int(1), alpha: float(0.5), beta: float(2) },
  },
  MatMul: {
    inputs: [
      [2, 3, 4],
      [2, 4, 5],
    ],
    curved: true,
  },
  'MatMul, broadcast': {
    inputs: [
      [2, 3, 4],
      [4, 5],
    ],
    curved: true,
  },
  Add: {
    inputs: [
      [2, 3, 4],
      [3, 1],
    ],
  },
  Sub: { inputs: [[2, 3, 4], [4]] },
  Mul: {
    inputs: [
      [2, 3, 4],
      [2, 1, 4],
    ],
    curved: true,
  },
  Div: {
    inputs: [
      [2, 3, 4],
      [3, 4],
    ],
    domain: positive,
    curved: true,
  },
  Pow: { inputs: [[3, 4]], constants: [int64(3)], curved: true },
  Sqrt: { inputs: [[3, 4]], domain: positive, curved: true },
  Exp: { inputs: [[3, 4]], curved: true },
  Log: { inputs: [[3, 4]], domain: positive, curved: true },
  Erf: { inputs: [[3, 4]], curved: true },
  Relu: { inputs: [IMAGE], domain: offKinks },
  LeakyRelu: { inputs: [IMAGE], domain: offKinks, attributes: { alpha: float(0.1) } },
  'Clip, opset 6': { inputs: [IMAGE], domain: offKinks, opset: 10, attributes: { min: float(-1), max: float(2) } },
  Sigmoid: { inputs: [IMAGE], curved: true },
  Tanh: { inputs: [IMAGE], curved: true },
  HardSigmoid: { inputs: [IMAGE], domain: (v) => offKinks(v) + 0.03 },
  HardSwish: { inputs: [IMAGE], domain: offKinks, opset: 14, curved: true },
  Elu: { inputs: [IMAGE], domain: offKinks, curved: true },
  Softmax: { inputs: [[2, 3, 4]], attributes: { axis: int(1) }, curved: true },
  'Softmax, opset 11': { inputs: [[2, 3, 4]], attributes: { axis: int(1) }, opset: 11, curved: true },
  LogSoftmax: { inputs: [[3, 4]], curved: true },
  LayerNormalization: { inputs: [[2, 3, 8]], constants: [[8], [8]], opset: 17, curved: true },
  InstanceNormalization: { inputs: [IMAGE], constants: [[4], [4]], curved: true },
  LRN: { inputs: [[1, 7, 3, 3]], attributes: { size: int(3), alpha: float(0.5), bias: float(2) }, curved: true },
  MaxPool: { inputs: [IMAGE], attributes: { kernel_shape: ints(3, 3), strides: ints(2, 2), pads: ints(1, 1, 1, 1) } },
  'MaxPool, opset 7': { inputs: [IMAGE], attributes: { kernel_shape: ints(2, 2), strides: ints(1, 1) }, opset: 7 },
  AveragePool: {
    inputs: [IMAGE],
    attributes: { kernel_shape: ints(3, 2), strides: ints(2, 2), pads: ints(1, 0, 1, 1) },
  },
  GlobalAveragePool: { inputs: [IMAGE] },
  ReduceMean: { inputs: [IMAGE], attributes: { axes: ints(2, 3), keepdims: int(0) } },
  ReduceMax: { inputs: [IMAGE], attributes: { axes: ints(1), keepdims: int(1) } },
  Concat: {
    inputs: [
      [1, 2, 3],
      [1, 4, 3],
    ],
    attributes: { axis: int(1) },
  },
  Transpose: { inputs: [[2, 3, 4]], attributes: { perm: ints(2, 0, 1) } },
  Reshape: { inputs: [[2, 3, 4]], constants: [int64(4, -1)] },
  Flatten: { inputs: [[2, 3, 4]], attributes: { axis: int(1) } },
  Slice: { inputs: [[4, 6]], constants: [int64(3, 1), int64(0, 6), int64(0, 1), int64(-1, 2)] },
  Gather: { inputs: [[4, 6]], constants: [int64(3, 0, 3)], attributes: { axis: int(0) } },
  Pad: { inputs: [[2, 3]], constants: [int64(1, 0, 0, 2)] },
  'Resize, nearest': {
    inputs: [[1, 2, 3, 4]],
    constants: [float32(), float32(1, 1, 2, 2)],
    attributes: {
      mode: string('nearest'),
      coordinate_transformation_mode: string('asymmetric'),
      nearest_mode: string('floor'),
    },
  },
};

describe('gradients of single operators against finite differences', () => {
  const runtime = useRuntime();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-gradients-'));
  after(() => fs.rmSync(directory, { recursive: true }));

  for (const [title, one] of Object.entries(CORE)) {
    it(title, async () => {
      const file = path.join(directory, 'model.onnx');
      fs.writeFileSync(file, oneOperatorModel(title.split(',')[0] ?? title, one));
      const x = one.inputs.map((shape, i) => numbers(size(shape), i + 1).map(one.domain ?? ((value) => 2 * value)));
      // The step keeps rounding (1e-7 / step) and, where the operator is curved, step² small.
      await checkAlongRandomDirection(runtime(), file, x, { step: one.curved ? 3e-3 : 1e-2, tolerance: 1e-3 });
      await checkTransposed(await bothWays(runtime(), file), x, TRANSPOSED);
    });
  }
});

describe('gradients inside calls against finite differences', () => {
  const runtime = useRuntime();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-calls-'));
  after(() => fs.rmSync(directory, { recursive: true }));

  it('the branch of an If that is taken, and what it takes from around', async () => {
    const node = (id: number, operator: string, inputs: readonly string[], output: string): Node => ({
      ...{ id, name: '', operator, domain: '', inputs, outputs: [output] },
      attributes: new Map(),
    });
    const branch = (...nodes: Node[]): Attribute => ({
      type: 'graph',
      value: { name: 'branch', nodes, inputs: [], outputs: [{ name: 'b' }], constants: new Map(), declared: new Map() },
    });
    const taken = branch(node(0, 'Mul', ['a', 'x0'], 'm'), node(1, 'Tanh', ['m'], 'b'));
    const attributes = { then_branch: taken, else_branch: branch(node(0, 'Neg', ['a'], 'b')) };
    const bytes = encodeModel({
      opsets: { '': 13 },
      nodes: [
        { operator: 'Exp', inputs: ['x0'], outputs: ['a'] },
        { operator: 'If', inputs: ['condition'], outputs: ['c'], attributes },
        { operator: 'Add', inputs: ['c', 'x0'], outputs: ['y'] },
      ],
      initializers: [{ name: 'condition', type: 'bool', shape: [], data: Uint8Array.of(1) }],
      inputs: [{ name: 'x0', type: 'float32', shape: [3, 4] }],
      outputs: [{ name: 'y', type: 'float32', shape: [3, 4] }],
    });
    const file = path.join(directory, 'if.onnx');
    fs.writeFileSync(file, bytes);
    await checkAlongRandomDirection(runtime(), file, [numbers(12, 1)], { step: 3e-3, tolerance: 1e-3 });
  });

  it('a local function of the model', async function () {
    needsShared(this);
    const file = shared('data/models/function_with_variadics.onnx');
    await checkAlongRandomDirection(runtime(), file, [numbers(60, 1), numbers(60, 2)], { step: 1e-2, tolerance: 1e-3 });
  });
});

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function oneOperatorModel(
  operator: string,
  { inputs, constants = [], attributes = {}, opset = 13 }: OneOperator,
): Uint8Array {
  const initializers = constants.map((constant, i): InitializerToWrite => {
    const name = `c${i}`;
    if ('type' in constant) {
      const { type, values } = constant;
      return { name, type, shape: [values.length], data: encodeElements(type, values) };
    }
    return { name, type: 'float32', shape: constant, data: elementBytes(numbers(size(constant), 500 + i)) };
  });
  return encodeModel({
    opsets: { '': opset },
    irVersion: 7,
    nodes: [
      {
        operator,
        inputs: [...inputs.map((_, i) => `x${i}`), ...initializers.map(({ name }) => name)],
        outputs: ['y'],
        attributes,
      },
    ],
    inputs: inputs.map((shape, i) => ({ name: `x${i}`, type: 'float32', shape })),
    outputs: [{ name: 'y', type: 'float32' }],
    initializers,
  });
}

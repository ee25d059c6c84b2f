import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Attribute, DataType } from '../../src/graph/graph';
import { encodeElements } from '../../src/graph/typedArray';
import type { InitializerToWrite, NodeToWrite } from '../../src/onnx/writer';
import { encodeModel } from '../fixtures/encodeModel';
import { bothWays, checkTransposed, TRANSPOSED } from '../forward';
import { checkAlongRandomDirection, differentiate, numbers } from '../gradients';
import { float, floats, int, ints } from '../operatorCase';
import { useRuntime } from '../runtime';

const tensor = (
  name: string,
  type: DataType,
  values: readonly number[],
  shape: readonly number[] = [],
): InitializerToWrite => ({ name, type, shape, data: encodeElements(type, values) });

const MICROSOFT = 'com.microsoft';

interface QuantizedCase {
  readonly title: string;
  /** Shape of the one input x, on the grid of its 8-bit form: so x and what is read of it are the same. */
  readonly shape: readonly number[];
  /** From q (8-bit x, scale sx, zero point zx) to y. */
  readonly quantized: readonly NodeToWrite[];
  /** The same in real numbers, from x to y, by onnxruntime's float operators. */
  readonly real: readonly NodeToWrite[];
  readonly constants?: readonly InitializerToWrite[];
  /** Error that reading the quantised result instead of the real one makes in the slope. */
  readonly resolution?: number;
  readonly opset?: number;
}

const SCALE = 1 / 32;
const OUT = 1 / 16;
const node = (
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, Attribute>> = {},
  domain = '',
): NodeToWrite => ({ operator, inputs, outputs: [output], attributes, domain });
const ours = (operator: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}) =>
  node(operator, inputs, 'r', attributes, MICROSOFT);
const back = node('DequantizeLinear', ['r', 'sy', 'zy'], 'y');

const levels = (count: number, least: number, most: number): readonly number[] =>
  Array.from(numbers(count, 9), (value) => Math.round((value + 1) * 0.5 * (most - least)) + least);

const IMAGE = [1, 3, 4, 4];
/** A second operand [3, 1, 1] and its 8-bit form. */
const second = [tensor('p', 'float32', [-0.5, 1, 1.5], [3, 1, 1]), tensor('pq', 'uint8', [96, 144, 160], [3, 1, 1])];
const kernelLevels = levels(54, -30, 30);
const kernel = [
  tensor('w', 'int8', kernelLevels, [2, 3, 3, 3]),
  tensor('sw', 'float32', [0.01]),
  tensor('zw', 'int8', [0]),
  tensor(
    'wr',
    'float32',
    kernelLevels.map((value) => Math.fround(0.01) * value),
    [2, 3, 3, 3],
  ),
];
const matrixLevels = levels(12, 90, 160);
const matrix = [
  tensor('b', 'uint8', matrixLevels, [4, 3]),
  tensor('sb', 'float32', [0.01]),
  tensor('zb', 'uint8', [120]),
  tensor(
    'br',
    'float32',
    matrixLevels.map((value) => Math.fround(0.01) * (value - 120)),
    [4, 3],
  ),
  tensor(
    'bi',
    'float32',
    matrixLevels.map((value) => value - 120),
    [4, 3],
  ),
];
const window = { kernel_shape: ints(2, 2), strides: ints(1, 1) };
const padded = { kernel_shape: ints(3, 3), pads: ints(1, 1, 1, 1) };

const CASES: readonly QuantizedCase[] = [
  {
    title: 'QLinearAdd',
    shape: IMAGE,
    constants: second,
    quantized: [ours('QLinearAdd', ['q', 'sx', 'zx', 'pq', 'sx', 'zx', 'sy', 'zy']), back],
    real: [node('Add', ['x', 'p'], 'y')],
  },
  {
    title: 'QLinearAdd of itself',
    shape: IMAGE,
    quantized: [ours('QLinearAdd', ['q', 'sx', 'zx', 'q', 'sx', 'zx', 'sy', 'zy']), back],
    real: [node('Add', ['x', 'x'], 'y')],
  },
  {
    title: 'QLinearMul',
    shape: IMAGE,
    constants: second,
    quantized: [ours('QLinearMul', ['q', 'sx', 'zx', 'pq', 'sx', 'zx', 'sy', 'zy']), back],
    real: [node('Mul', ['x', 'p'], 'y')],
  },
  {
    title: 'QLinearWhere',
    shape: IMAGE,
    constants: [...second, tensor('c', 'bool', [1, 0, 1, 1], [4])],
    quantized: [ours('QLinearWhere', ['c', 'q', 'sx', 'zx', 'pq', 'sx', 'zx', 'sy', 'zy']), back],
    real: [node('Where', ['c', 'x', 'p'], 'y')],
  },
  {
    title: 'QLinearConcat',
    shape: IMAGE,
    quantized: [ours('QLinearConcat', ['sy', 'zy', 'q', 'sx', 'zx', 'q', 'sx', 'zx'], { axis: int(1) }), back],
    real: [node('Concat', ['x', 'x'], 'y', { axis: int(1) })],
  },
  {
    title: 'QLinearLeakyRelu',
    shape: IMAGE,
    quantized: [ours('QLinearLeakyRelu', ['q', 'sx', 'zx', 'sy', 'zy'], { alpha: float(0.3) }), back],
    real: [node('LeakyRelu', ['x'], 'y', { alpha: float(0.3) })],
  },
  {
    title: 'QLinearSigmoid',
    shape: IMAGE,
    quantized: [
      ours('QLinearSigmoid', ['q', 'sx', 'zx', 'unit', 'low']),
      node('DequantizeLinear', ['r', 'unit', 'low'], 'y'),
    ],
    real: [node('Sigmoid', ['x'], 'y')],
    resolution: 1 / 512,
  },
  {
    title: 'QLinearSoftmax',
    shape: [2, 6],
    quantized: [
      ours('QLinearSoftmax', ['q', 'sx', 'zx', 'unit', 'low'], { axis: int(1), opset: int(13) }),
      node('DequantizeLinear', ['r', 'unit', 'low'], 'y'),
    ],
    real: [node('Softmax', ['x'], 'y', { axis: int(1) })],
    resolution: 1 / 128,
  },
  {
    title: 'QLinearAveragePool',
    shape: IMAGE,
    quantized: [ours('QLinearAveragePool', ['q', 'sx', 'zx', 'sy', 'zy'], window), back],
    real: [node('AveragePool', ['x'], 'y', window)],
  },
  {
    title: 'QLinearGlobalAveragePool',
    shape: IMAGE,
    quantized: [ours('QLinearGlobalAveragePool', ['q', 'sx', 'zx', 'sy', 'zy']), back],
    real: [node('GlobalAveragePool', ['x'], 'y')],
  },
  {
    title: 'MaxPool of 8 bits',
    shape: IMAGE,
    quantized: [node('MaxPool', ['q'], 'r', window), node('DequantizeLinear', ['r', 'sx', 'zx'], 'y')],
    real: [node('MaxPool', ['x'], 'y', window)],
  },
  {
    title: 'QLinearConv',
    shape: IMAGE,
    constants: kernel,
    quantized: [node('QLinearConv', ['q', 'sx', 'zx', 'w', 'sw', 'zw', 'sy', 'zy'], 'r', padded), back],
    real: [node('Conv', ['x', 'wr'], 'y', padded)],
  },
  {
    title: 'QLinearConv per channel',
    shape: IMAGE,
    constants: [
      ...kernel,
      tensor('sws', 'float32', [0.01, 0.02], [2]),
      tensor('zws', 'int8', [0, 0], [2]),
      tensor('twice', 'float32', [1, 2], [2, 1, 1]),
    ],
    quantized: [node('QLinearConv', ['q', 'sx', 'zx', 'w', 'sws', 'zws', 'sy', 'zy'], 'r', padded), back],
    real: [node('Conv', ['x', 'wr'], 'c', padded), node('Mul', ['c', 'twice'], 'y')],
  },
  {
    title: 'ConvInteger',
    shape: IMAGE,
    constants: [...kernel, tensor('wi', 'float32', kernelLevels, [2, 3, 3, 3]), tensor('s', 'float32', [SCALE])],
    quantized: [
      node('ConvInteger', ['q', 'w', 'zx'], 'r', padded),
      node('Cast', ['r'], 'f', { to: int(1) }),
      node('Mul', ['f', 's'], 'y'),
    ],
    real: [node('Conv', ['x', 'wi'], 'y', padded)],
  },
  {
    title: 'QLinearMatMul',
    shape: [2, 4],
    constants: matrix,
    quantized: [node('QLinearMatMul', ['q', 'sx', 'zx', 'b', 'sb', 'zb', 'sy', 'zy'], 'r'), back],
    real: [node('MatMul', ['x', 'br'], 'y')],
  },
  {
    title: 'MatMulInteger',
    shape: [2, 4],
    constants: [...matrix, tensor('s', 'float32', [SCALE])],
    quantized: [
      node('MatMulInteger', ['q', 'b', 'zx', 'zb'], 'r'),
      node('Cast', ['r'], 'f', { to: int(1) }),
      node('Mul', ['f', 's'], 'y'),
    ],
    real: [node('MatMul', ['x', 'bi'], 'y')],
  },
  {
    title: 'MatMulIntegerToFloat',
    shape: [2, 4],
    constants: matrix,
    quantized: [node('MatMulIntegerToFloat', ['q', 'b', 'sx', 'sb', 'zx', 'zb'], 'y', {}, MICROSOFT)],
    real: [node('MatMul', ['x', 'br'], 'y')],
  },
  {
    title: 'DynamicQuantizeMatMul',
    shape: [2, 4],
    constants: matrix,
    quantized: [node('DynamicQuantizeMatMul', ['x', 'b', 'sb', 'zb'], 'y', {}, MICROSOFT)],
    real: [node('MatMul', ['x', 'br'], 'y')],
  },
  {
    title: 'DynamicQuantizeLinear, MatMulInteger',
    shape: [2, 4],
    constants: matrix,
    quantized: [
      { operator: 'DynamicQuantizeLinear', inputs: ['x'], outputs: ['d', 'sd', 'zd'] },
      node('MatMulInteger', ['d', 'b', 'zd', 'zb'], 'r'),
      node('Cast', ['r'], 'f', { to: int(1) }),
      node('Mul', ['f', 'sd'], 'g'),
      node('Mul', ['g', 'sb'], 'y'),
    ],
    real: [node('MatMul', ['x', 'br'], 'y')],
  },
  {
    title: 'QGemm to 8 bits',
    shape: [2, 4],
    constants: matrix,
    quantized: [ours('QGemm', ['q', 'sx', 'zx', 'b', 'sb', 'zb', '', 'sy', 'zy'], { alpha: float(0.5) }), back],
    real: [node('Gemm', ['x', 'br'], 'y', { alpha: float(0.5) })],
  },
  {
    title: 'QGemm to float, transposed',
    shape: [2, 3],
    constants: matrix,
    quantized: [node('QGemm', ['q', 'sx', 'zx', 'b', 'sb', 'zb'], 'y', { transB: int(1) }, MICROSOFT)],
    real: [node('Gemm', ['x', 'br'], 'y', { transB: int(1) })],
  },
  {
    title: 'QDQ around a convolution',
    shape: IMAGE,
    constants: kernel,
    quantized: [
      node('DequantizeLinear', ['q', 'sx', 'zx'], 'd'),
      node('DequantizeLinear', ['w', 'sw', 'zw'], 'e'),
      node('Conv', ['d', 'e'], 'c', padded),
      node('QuantizeLinear', ['c', 'sy', 'zy'], 'r'),
      back,
    ],
    real: [node('Conv', ['x', 'wr'], 'y', padded)],
  },
];

function write(directory: string, one: QuantizedCase, nodes: readonly NodeToWrite[], name: string): string {
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  const initializers = [
    ...(one.constants ?? []),
    tensor('sx', 'float32', [SCALE]),
    tensor('zx', 'uint8', [112]),
    tensor('sy', 'float32', [OUT]),
    tensor('zy', 'uint8', [120]),
    tensor('unit', 'float32', [1 / 256]),
    tensor('low', 'uint8', [0]),
  ].filter((constant) => used.has(constant.name));
  const file = path.join(directory, name);
  const bytes = encodeModel({
    opsets: { '': one.opset ?? 13, [MICROSOFT]: 1 },
    nodes,
    inputs: [{ name: 'x', type: 'float32', shape: one.shape }],
    outputs: [{ name: 'y', type: 'float32' }],
    initializers,
  });
  fs.writeFileSync(file, bytes);
  return file;
}

describe('gradients straight through quantised operators against finite differences of the real ones', () => {
  const runtime = useRuntime();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-quantised-'));
  after(() => fs.rmSync(directory, { recursive: true }));

  for (const one of CASES) {
    it(one.title, async () => {
      const needsX = one.quantized.some(({ inputs }) => inputs.includes('x'));
      const first = needsX ? [] : [node('QuantizeLinear', ['x', 'sx', 'zx'], 'q')];
      const file = write(directory, one, [...first, ...one.quantized], 'quantised.onnx');
      const reference = write(directory, one, one.real, 'real.onnx');
      const onGrid = floats(one.shape).values.map((value) => (Math.round(value / SCALE) || 1) * SCALE);
      const tolerance = 2e-4 + (one.resolution ?? 0);
      await checkAlongRandomDirection(runtime(), file, [Float32Array.from(onGrid)], {
        step: 4e-3,
        tolerance,
        reference,
      });
      await checkTransposed(await bothWays(runtime(), file), [Float32Array.from(onGrid)], TRANSPOSED);
    });
  }
});

describe('gradients of half-precision models against finite differences of the same in single precision', () => {
  const runtime = useRuntime();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-half-'));
  after(() => fs.rmSync(directory, { recursive: true }));

  const weights = floats([2, 3, 3, 3]).values.map((value) => Math.round(value * 64) / 128);
  const scale = [1.5, 0.5, 0.75, 1];
  const body = (type: DataType): Pick<QuantizedCase, 'constants' | 'quantized'> => ({
    constants: [tensor('w', type, weights, [2, 3, 3, 3]), tensor('gamma', type, scale, [4])],
    quantized: [
      node('Conv', ['h', 'w'], 'c', padded),
      node('Relu', ['c'], 'relu'),
      node('LayerNormalization', ['relu', 'gamma'], 'n', { axis: int(-1) }),
      node('Sigmoid', ['n'], 's'),
      node('AveragePool', ['s'], 'o', window),
    ],
  });
  const model = (type: DataType, code: number, name: string): string => {
    const { constants = [], quantized } = body(type);
    const nodes = [node('Cast', ['x'], 'h', { to: int(code) }), ...quantized, node('Cast', ['o'], 'y', { to: int(1) })];
    return write(directory, { title: name, shape: IMAGE, quantized: [], real: [], constants, opset: 17 }, nodes, name);
  };

  it('a convolution, a normalisation, an activation and a pool', async () => {
    const x = Float32Array.from(floats(IMAGE).values, (value) => Math.round(value * 128) / 128);
    const half = model('float16', 10, 'half.onnx');
    const reference = model('float32', 1, 'single.onnx');
    // Half precision rounds what the rules read to 2⁻¹¹ of itself, a few times over.
    await checkAlongRandomDirection(runtime(), half, [x], { step: 4e-3, tolerance: 5e-3, reference });
    await checkTransposed(await bothWays(runtime(), half), [x], TRANSPOSED);
  });
});

describe('gradients where quantisation saturates', () => {
  const runtime = useRuntime();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-quantised-'));
  after(() => fs.rmSync(directory, { recursive: true }));

  const channels = floats([2, 3, 8], (v) => 10 * v);
  const float32 = (name: string, ...values: number[]) => ({
    name,
    type: 'float32' as const,
    shape: values.length > 1 ? [values.length] : [],
    data: encodeElements('float32', values),
  });
  const int8 = (name: string, ...values: number[]) => ({
    ...float32(name, ...values),
    type: 'int8' as const,
    data: encodeElements('int8', values),
  });

  it('pass straight through rounding and stop where the type saturates, per channel', async () => {
    const scales = [0.02, 0.05, 0.1];
    const file = path.join(directory, 'model.onnx');
    fs.writeFileSync(
      file,
      encodeModel({
        opsets: { '': 13 },
        nodes: [
          { operator: 'QuantizeLinear', inputs: ['x', 'scale', 'zero'], outputs: ['q'], attributes: { axis: int(1) } },
          {
            operator: 'DequantizeLinear',
            inputs: ['q', 'scale', 'zero'],
            outputs: ['y'],
            attributes: { axis: int(1) },
          },
        ],
        inputs: [{ name: 'x', type: 'float32', shape: [2, 3, 8] }],
        outputs: [{ name: 'y', type: 'float32', shape: [2, 3, 8] }],
        initializers: [float32('scale', ...scales), int8('zero', 0, 10, -20)],
      }),
    );
    const { run, release } = await differentiate(runtime(), file);
    const v = numbers(48, 5);
    const { gradients } = await run([Float32Array.from(channels.values)], v);
    await release();
    const expected = channels.values.map((value, index) => {
      const channel = Math.floor(index / 8) % 3;
      const level = Math.round(value / (scales[channel] ?? 1)) + ([0, 10, -20][channel] ?? 0);
      return level > -128 && level < 127 ? (v[index] ?? 0) : 0;
    });
    assert.ok(expected.includes(0) && expected.some((value) => value !== 0));
    for (const [index, value] of expected.entries()) {
      assert.ok(Math.abs((gradients[0]?.[index] ?? Number.NaN) - value) < 1e-6, `element ${index}`);
    }
  });
});

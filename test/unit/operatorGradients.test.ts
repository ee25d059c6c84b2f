import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FUSED_CASES, OPSET_CASES, SAMPLING_CASES } from '../gradientCases';
import { checkAlongRandomDirection, differentiate } from '../gradients';
import {
  constant,
  float,
  floats,
  int,
  integers,
  ints,
  type OperatorCase,
  operatorModel,
  string,
  titleOf,
} from '../operatorCase';
import { useRuntime } from '../runtime';

const IMAGE = floats([1, 4, 6, 6]);
const cube = floats([2, 3, 4]);
/** Away from zero, where roots, logarithms and quotients are smooth. */
const positive = floats([2, 3, 4], (v) => 2.5 + v);
const inside = floats([2, 3, 4], (v) => v / 2.5);

/** One case per rule of the elementwise, reducing and rearranging operators; opset 17 where none is given. */
const CASES: readonly OperatorCase[] = [
  ...[
    'Neg',
    'Abs',
    'Sin',
    'Cos',
    'Tanh',
    'Softplus',
    'Softsign',
    'Sinh',
    'Cosh',
    'Asinh',
    'Atan',
    'Selu',
    'Celu',
    'Elu',
  ].map((operator) => ({ operator, inputs: [cube] })),
  ...['Asin', 'Acos', 'Atanh', 'Tan'].map((operator) => ({ operator, inputs: [inside] })),
  ...['Acosh', 'Sqrt', 'Log', 'Reciprocal'].map((operator) => ({
    operator,
    inputs: [floats([2, 3, 4], (v) => 4 + v)],
  })),
  { operator: 'Mish', inputs: [cube], opset: 18 },
  { operator: 'Gelu', inputs: [cube], opset: 20 },
  { operator: 'Gelu', inputs: [cube], opset: 20, attributes: { approximate: string('tanh') } },
  { operator: 'com.microsoft:QuickGelu', inputs: [cube] },
  { operator: 'com.microsoft:FastGelu', inputs: [cube] },
  { operator: 'com.microsoft:BiasGelu', inputs: [cube, floats([4])] },
  { operator: 'LeakyRelu', inputs: [cube], attributes: { alpha: float(-0.3) } },
  { operator: 'ThresholdedRelu', inputs: [cube], attributes: { alpha: float(0.55) } },
  { operator: 'Elu', inputs: [cube], attributes: { alpha: float(0.4) } },
  { operator: 'Celu', inputs: [cube], attributes: { alpha: float(0.4) } },
  { operator: 'Shrink', inputs: [cube], attributes: { lambd: float(0.55), bias: float(0.1) } },
  { operator: 'HardSigmoid', inputs: [cube], attributes: { alpha: float(0.4), beta: float(0.6) } },
  { operator: 'Clip', inputs: [cube, constant('float32', -1.03), undefined] },
  { operator: 'PRelu', inputs: [cube, floats([3, 1])] },

  { operator: 'Div', inputs: [cube, floats([3, 1], (v) => v + 4)] },
  { operator: 'Pow', inputs: [positive, floats([4])] },
  { operator: 'Pow', inputs: [positive, constant('float32', 0.5)] },
  { operator: 'Pow', inputs: [positive, constant('int32', [1, 2, 3, 0])] },
  { operator: 'Mod', inputs: [positive, floats([4], (v) => 3.17 + v)], attributes: { fmod: int(1) } },
  { operator: 'Max', inputs: [cube, floats([4], (v) => v + 0.03), floats([3, 1], (v) => v - 0.05)] },
  { operator: 'Min', inputs: [cube, floats([4], (v) => v + 0.03)] },
  { operator: 'Sum', inputs: [cube, floats([4]), floats([1])] },
  { operator: 'Mean', inputs: [cube, floats([4]), floats([3, 1])] },
  { operator: 'Where', inputs: [constant('bool', [1, 0, 1]), floats([2, 3]), floats([2, 1])] },
  { operator: 'Cast', inputs: [cube], attributes: { to: int(11) } },

  ...[
    'ReduceSum',
    'ReduceMean',
    'ReduceMax',
    'ReduceMin',
    'ReduceL1',
    'ReduceL2',
    'ReduceSumSquare',
    'ReduceLogSumExp',
  ].flatMap((operator) => [
    { operator, inputs: [cube], attributes: { axes: ints(0, -1), keepdims: int(0) }, opset: 12 },
    { operator, inputs: [cube, integers([1])], opset: 18 },
    { operator, inputs: [cube] },
  ]),
  { operator: 'ReduceLogSum', inputs: [positive], attributes: { axes: ints(1) } },
  { operator: 'ReduceProd', inputs: [cube], attributes: { axes: ints(0, 2), keepdims: int(0) } },
  { operator: 'ReduceProd', inputs: [floats([2, 3], (v) => (v < 0.5 ? v : 0))], attributes: { axes: ints(1) } },
  { operator: 'ReduceProd', inputs: [cube, integers([1])], opset: 18 },
  { operator: 'CumSum', inputs: [cube, constant('int64', 1)] },
  { operator: 'CumSum', inputs: [cube, constant('int64', -1)], attributes: { exclusive: int(1), reverse: int(1) } },
  { operator: 'TopK', inputs: [cube, integers([2])], outputs: 2 },
  { operator: 'TopK', inputs: [cube, integers([1])], attributes: { axis: int(0), largest: int(0) }, outputs: 2 },

  { operator: 'Squeeze', inputs: [floats([1, 3, 1])], attributes: { axes: ints(0) }, opset: 11 },
  { operator: 'Unsqueeze', inputs: [floats([3, 2]), integers([-1, 0])] },
  { operator: 'Transpose', inputs: [cube] },
  { operator: 'Expand', inputs: [floats([3, 1]), integers([2, 1, 4])] },
  { operator: 'Tile', inputs: [floats([2, 3]), integers([2, 3])] },
  { operator: 'Dropout', inputs: [cube] },
  { operator: 'Concat', inputs: [cube, floats([2, 1, 4])], attributes: { axis: int(-2) }, opset: 11 },
  { operator: 'Split', inputs: [floats([6, 2])], attributes: { axis: int(0) }, outputs: 3 },
  {
    operator: 'Split',
    inputs: [floats([2, 7])],
    attributes: { axis: int(1), split: ints(3, 4) },
    opset: 11,
    outputs: 2,
  },
  { operator: 'Slice', inputs: [cube, integers([1, -3]), integers([2 ** 62, -1]), integers([1, 2])] },
  { operator: 'Slice', inputs: [cube, integers([-1]), integers([-(2 ** 62)]), integers([2]), integers([-2])] },
  { operator: 'Slice', inputs: [floats([3, 7]), integers([1]), integers([6]), integers([1]), integers([3])] },
  { operator: 'Slice', inputs: [cube], attributes: { starts: ints(1), ends: ints(9), axes: ints(2) }, opset: 9 },
  { operator: 'Gather', inputs: [cube, integers([2, 0, -1, 0], [2, 2])], attributes: { axis: int(1) } },
  { operator: 'Gather', inputs: [cube, constant('int64', -1)], attributes: { axis: int(1) } },
  { operator: 'Gather', inputs: [cube, integers([2, 0])], attributes: { axis: int(2) } },
  { operator: 'GatherElements', inputs: [cube, integers([0, 1, 0], [1, 3, 1])], attributes: { axis: int(0) } },
  { operator: 'GatherND', inputs: [cube, integers([1, 2, 0, -1, 1, 2], [3, 2])] },
  { operator: 'GatherND', inputs: [cube, integers([2, 0], [2, 1])], attributes: { batch_dims: int(1) } },
  { operator: 'ScatterElements', inputs: [floats([3, 3]), integers([1, 0, 2], [1, 3]), floats([1, 3])] },
  {
    operator: 'ScatterElements',
    inputs: [floats([3, 3]), integers([1, 1, 2], [3, 1]), floats([3, 1])],
    attributes: { axis: int(1), reduction: string('add') },
  },
  { operator: 'ScatterND', inputs: [cube, integers([1, 2], [1, 2]), floats([1, 4])] },
  { operator: 'Pad', inputs: [cube, integers([0, 1, -1, 0, 0, 2])] },
  { operator: 'Pad', inputs: [cube, integers([1, 2]), undefined, integers([-1])], opset: 18 },
  { operator: 'Pad', inputs: [cube], attributes: { pads: ints(0, 1, 2, 0, 0, 3), mode: string('reflect') }, opset: 10 },
  { operator: 'Pad', inputs: [cube, integers([1, 0, 2, 0, 2, 0])], attributes: { mode: string('edge') } },
  { operator: 'Pad', inputs: [cube, integers([0, 0, 2, 0, 2, 3])], attributes: { mode: string('wrap') }, opset: 19 },
  { operator: 'DepthToSpace', inputs: [IMAGE], attributes: { blocksize: int(2), mode: string('CRD') } },
  { operator: 'DepthToSpace', inputs: [IMAGE], attributes: { blocksize: int(2) } },
  { operator: 'SpaceToDepth', inputs: [IMAGE], attributes: { blocksize: int(3) } },
  { operator: 'ReverseSequence', inputs: [cube, integers([2, 1, 2])] },
  { operator: 'Trilu', inputs: [cube, constant('int64', 1)], attributes: { upper: int(0) } },
];

/** The step keeps rounding and curvature small. */
const STEP = 4e-3;
const TOLERANCE = 2e-4;

describe('gradient rules against finite differences', () => {
  const runtime = useRuntime();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-rules-'));
  after(() => fs.rmSync(directory, { recursive: true }));

  for (const one of [...CASES, ...FUSED_CASES, ...SAMPLING_CASES, ...OPSET_CASES]) {
    it(titleOf(one), async () => {
      const file = path.join(directory, 'model.onnx');
      fs.writeFileSync(file, operatorModel(one));
      const fed = one.inputs.filter((input) => input && !input.constant);
      const x = fed.map((input) => Float32Array.from(input?.values ?? []));
      await checkAlongRandomDirection(runtime(), file, x, { step: STEP, tolerance: TOLERANCE });
    });
  }
});

describe('an operator without a gradient rule', () => {
  const runtime = useRuntime();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-missing-'));
  after(() => fs.rmSync(directory, { recursive: true }));

  it('is named, with the file that a rule belongs in', async () => {
    const file = path.join(directory, 'model.onnx');
    const inputs = [floats([3, 1, 2]), floats([1, 16, 2]), floats([1, 16, 4])];
    fs.writeFileSync(file, operatorModel({ operator: 'LSTM', inputs, attributes: { hidden_size: int(4) } }));
    await assert.rejects(
      differentiate(runtime(), file),
      /no gradient rule for operator LSTM .*src\/operators\/ops\/recurrent\.ts/,
    );
  });

  it('or one form of it that has none', async () => {
    const file = path.join(directory, 'model.onnx');
    const attributes = { padding_mode: string('reflection') };
    const inputs = [floats([1, 1, 4, 4]), floats([1, 2, 2, 2])];
    fs.writeFileSync(file, operatorModel({ operator: 'GridSample', inputs, attributes, opset: 16 }));
    await assert.rejects(differentiate(runtime(), file), /gradient of GridSample .*reflection has no gradient rule/);
  });
});

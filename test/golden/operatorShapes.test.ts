import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as ort from 'onnxruntime-node';
import { readModel } from '../../src/formats/modelReader';
import type { DataType } from '../../src/graph/graph';
import { encodeElements, typedArray } from '../../src/graph/typedArray';
import { float16Value } from '../../src/onnx/elements';
import { inferShapes } from '../../src/operators/inferShapes';
import {
  type CaseInput,
  constant,
  fed,
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

const IMAGE = floats([1, 4, 6, 6]);
const cube = floats([2, 3, 4]);
const flags = constant('bool', [1, 0, 1, 0, 1, 1], [2, 3]);
const bytes = fed(constant('uint8', [0, 3, 255, 17, 128, 9], [2, 3]));
const scale = constant('float32', 0.05);
const zero = constant('uint8', 3);

/** Every operator of a rule with more to it than y = f(x), in the forms that the opsets gave it. */
const CASES: readonly OperatorCase[] = [
  { operator: 'Add', inputs: [cube, floats([3, 1])] },
  { operator: 'Sub', inputs: [integers([7, -3, 2]), integers([2])] },
  { operator: 'Mul', inputs: [constant('int32', [70000, -3]), constant('int32', [70000, 5])] },
  { operator: 'Div', inputs: [integers([7, -7, 9]), integers([2, 2, -4])] },
  { operator: 'Div', inputs: [floats([3]), floats([2, 3], (v) => v + 3)] },
  { operator: 'Mod', inputs: [integers([7, -7, 9, -9]), integers([3, 3, -4, -4])] },
  { operator: 'Mod', inputs: [floats([4]), floats([4], (v) => v + 3)], attributes: { fmod: int(1) } },
  { operator: 'Pow', inputs: [floats([4], Math.abs), integers([2])] },
  { operator: 'Max', inputs: [cube, floats([4]), floats([3, 1])] },
  { operator: 'Min', inputs: [integers([7, 2]), integers([3, 5])] },
  { operator: 'Sum', inputs: [cube, floats([4]), floats([1])] },
  { operator: 'Mean', inputs: [cube, floats([4]), floats([1])] },
  { operator: 'Equal', inputs: [integers([7, 2]), integers([7])] },
  { operator: 'Less', inputs: [floats([2, 2]), floats([2])] },
  { operator: 'GreaterOrEqual', inputs: [floats([2, 2]), floats([2])] },
  { operator: 'And', inputs: [flags, constant('bool', [1, 0, 1])] },
  { operator: 'Xor', inputs: [flags, constant('bool', [1, 0, 1])] },
  { operator: 'BitwiseAnd', inputs: [constant('int32', [12, -3]), constant('int32', [10, 7])], opset: 18 },
  { operator: 'BitwiseNot', inputs: [constant('uint8', [12, 250])], opset: 18 },
  {
    operator: 'BitShift',
    inputs: [constant('uint8', [12, 250]), constant('uint8', [2, 1])],
    attributes: { direction: string('LEFT') },
  },
  { operator: 'Where', inputs: [flags, floats([3]), floats([2, 1])] },
  { operator: 'Not', inputs: [flags] },
  { operator: 'IsInf', inputs: [constant('float32', [1, Number.POSITIVE_INFINITY])] },
  { operator: 'IsNaN', inputs: [constant('float32', [1, Number.NaN])] },
  { operator: 'Round', inputs: [constant('float32', [0.5, 1.5, 2.5, -0.5, -1.5, 0.4999999])] },
  { operator: 'Floor', inputs: [cube] },
  { operator: 'Ceil', inputs: [cube] },
  { operator: 'Sign', inputs: [cube] },
  { operator: 'Abs', inputs: [integers([-4, 3])] },
  { operator: 'Neg', inputs: [integers([-4, 3])] },
  { operator: 'Sqrt', inputs: [floats([3], Math.abs)] },
  { operator: 'Reciprocal', inputs: [floats([3])] },
  { operator: 'Exp', inputs: [floats([3])] },
  { operator: 'Log', inputs: [floats([3], Math.abs)] },
  { operator: 'Sin', inputs: [floats([3])] },
  { operator: 'Atanh', inputs: [floats([3], (v) => v / 3)] },
  { operator: 'Relu', inputs: [cube] },
  { operator: 'Clip', inputs: [cube, constant('float32', -1), undefined] },
  { operator: 'Clip', inputs: [cube], attributes: { min: float(-1), max: float(0.5) }, opset: 10 },
  { operator: 'PRelu', inputs: [cube, floats([3, 1])] },
  { operator: 'ThresholdedRelu', inputs: [cube] },
  { operator: 'Gelu', inputs: [cube], opset: 20 },
  { operator: 'com.microsoft:BiasGelu', inputs: [cube, floats([4])] },
  { operator: 'com.microsoft:FastGelu', inputs: [cube] },
  { operator: 'com.microsoft:QuickGelu', inputs: [cube] },
  { operator: 'Cast', inputs: [cube], attributes: { to: int(7) } },
  { operator: 'Cast', inputs: [cube], attributes: { to: int(9) } },
  { operator: 'Cast', inputs: [cube], attributes: { to: int(10) } },
  { operator: 'Cast', inputs: [integers([1, 300])], attributes: { to: int(1) } },
  { operator: 'CastLike', inputs: [cube, integers([1])] },

  { operator: 'ReduceSum', inputs: [cube, integers([1])], attributes: { keepdims: int(0) } },
  { operator: 'ReduceSum', inputs: [cube], attributes: { noop_with_empty_axes: int(1) } },
  { operator: 'ReduceSum', inputs: [cube], attributes: { axes: ints(-1, 0) }, opset: 11 },
  { operator: 'ReduceMean', inputs: [cube], attributes: { axes: ints(0, 2) } },
  { operator: 'ReduceMean', inputs: [cube, integers([2])], opset: 18 },
  { operator: 'ReduceMax', inputs: [cube], attributes: { keepdims: int(0) } },
  { operator: 'ReduceMin', inputs: [integers([4, 2, 8, 1], [2, 2])], attributes: { axes: ints(1) } },
  { operator: 'ReduceProd', inputs: [integers([4, 2, 8, 1])], attributes: { keepdims: int(0) } },
  { operator: 'ReduceL1', inputs: [cube], attributes: { axes: ints(1) } },
  { operator: 'ReduceL2', inputs: [cube], attributes: { axes: ints(1) } },
  { operator: 'ReduceSumSquare', inputs: [cube], attributes: { axes: ints(1) } },
  { operator: 'ReduceLogSum', inputs: [floats([2, 3, 4], Math.abs)], attributes: { axes: ints(1) } },
  { operator: 'ReduceLogSumExp', inputs: [cube], attributes: { axes: ints(1) } },
  { operator: 'ArgMax', inputs: [cube], attributes: { axis: int(-1), keepdims: int(0) } },
  { operator: 'ArgMin', inputs: [cube], attributes: { axis: int(1) } },
  { operator: 'CumSum', inputs: [cube, constant('int64', 1)] },
  { operator: 'TopK', inputs: [cube, integers([2])], outputs: 2 },
  { operator: 'TopK', inputs: [cube, integers([1])], attributes: { axis: int(0) }, outputs: 2 },

  { operator: 'Reshape', inputs: [cube, integers([0, -1])] },
  { operator: 'Reshape', inputs: [cube, integers([2, 2, 0, 3].slice(0, 2).concat([-1]))] },
  { operator: 'Flatten', inputs: [cube], attributes: { axis: int(2) } },
  { operator: 'Flatten', inputs: [cube], attributes: { axis: int(-1) } },
  { operator: 'Flatten', inputs: [cube], attributes: { axis: int(0) } },
  { operator: 'Squeeze', inputs: [floats([1, 3, 1])] },
  { operator: 'Squeeze', inputs: [floats([1, 3, 1]), integers([-1])] },
  { operator: 'Squeeze', inputs: [floats([1, 3, 1])], attributes: { axes: ints(0) }, opset: 11 },
  { operator: 'Unsqueeze', inputs: [floats([3, 2]), integers([-1, 0])] },
  { operator: 'Unsqueeze', inputs: [floats([3, 2])], attributes: { axes: ints(1, 3) }, opset: 11 },
  { operator: 'Transpose', inputs: [cube] },
  { operator: 'Transpose', inputs: [cube], attributes: { perm: ints(1, 2, 0) } },
  { operator: 'Expand', inputs: [floats([3, 1]), integers([2, 1, 4])] },
  { operator: 'Tile', inputs: [floats([2, 3]), integers([2, 3])] },
  { operator: 'Identity', inputs: [cube] },
  { operator: 'Dropout', inputs: [cube], outputs: 2 },
  { operator: 'Shape', inputs: [cube] },
  { operator: 'Shape', inputs: [cube], attributes: { start: int(-2), end: int(-1) } },
  { operator: 'Size', inputs: [cube] },
  { operator: 'ConstantOfShape', inputs: [integers([2, 3])] },
  { operator: 'Range', inputs: [constant('int64', 10), constant('int64', -3), constant('int64', -4)] },
  { operator: 'Range', inputs: [constant('float32', 0), constant('float32', 1), constant('float32', 0.25)] },
  { operator: 'EyeLike', inputs: [floats([3, 4])], attributes: { k: int(1) } },
  { operator: 'OneHot', inputs: [integers([1, -1]), constant('int64', 3), constant('float32', [0, 1])] },
  {
    operator: 'OneHot',
    inputs: [integers([1, 0]), constant('int64', 3), constant('float32', [0, 1])],
    attributes: { axis: int(0) },
  },

  { operator: 'Concat', inputs: [cube, floats([2, 1, 4])], attributes: { axis: int(-2) } },
  { operator: 'Concat', inputs: [integers([1, 2]), integers([3])], attributes: { axis: int(0) } },
  { operator: 'Split', inputs: [floats([6, 2])], attributes: { axis: int(0) }, outputs: 3 },
  { operator: 'Split', inputs: [floats([6, 2]), integers([4, 2])], outputs: 2 },
  {
    operator: 'Split',
    inputs: [floats([2, 7])],
    attributes: { axis: int(1), num_outputs: int(3) },
    opset: 18,
    outputs: 3,
  },
  {
    operator: 'Split',
    inputs: [floats([2, 7])],
    attributes: { axis: int(1), split: ints(3, 4) },
    opset: 11,
    outputs: 2,
  },
  { operator: 'Slice', inputs: [cube, integers([1, -3]), integers([2 ** 62, -1]), integers([1, 2])] },
  { operator: 'Slice', inputs: [cube, integers([-1]), integers([-(2 ** 62)]), integers([2]), integers([-2])] },
  { operator: 'Slice', inputs: [cube], attributes: { starts: ints(1), ends: ints(9), axes: ints(2) }, opset: 9 },
  { operator: 'Gather', inputs: [cube, integers([2, 0, -1, 0], [2, 2])], attributes: { axis: int(1) } },
  { operator: 'Gather', inputs: [cube, constant('int64', 1)] },
  { operator: 'GatherElements', inputs: [cube, integers([0, 1, 0], [1, 3, 1])], attributes: { axis: int(0) } },
  { operator: 'GatherND', inputs: [cube, integers([1, 2, 0, -1], [2, 2])] },
  { operator: 'GatherND', inputs: [cube, integers([2, 0], [2, 1])], attributes: { batch_dims: int(1) } },
  {
    operator: 'ScatterElements',
    inputs: [floats([3, 3]), integers([1, 0, 2], [1, 3]), floats([1, 3])],
  },
  { operator: 'Scatter', inputs: [floats([3, 3]), integers([1, 0, 2], [1, 3]), floats([1, 3])], opset: 10 },
  { operator: 'ScatterND', inputs: [cube, integers([1, 2], [1, 2]), floats([1, 4])] },
  { operator: 'Pad', inputs: [cube, integers([0, 1, -1, 0, 0, 2])] },
  { operator: 'Pad', inputs: [cube, integers([1, 2]), undefined, integers([-1])], opset: 18 },
  { operator: 'Pad', inputs: [cube], attributes: { pads: ints(0, 1, 1, 0, 0, 2), mode: string('reflect') }, opset: 10 },
  { operator: 'DepthToSpace', inputs: [IMAGE], attributes: { blocksize: int(2), mode: string('CRD') } },
  { operator: 'SpaceToDepth', inputs: [IMAGE], attributes: { blocksize: int(3) } },
  { operator: 'Trilu', inputs: [cube, constant('int64', 1)] },
  { operator: 'NonZero', inputs: [constant('bool', [1, 0, 1, 0, 1, 1], [2, 3])] },
  { operator: 'Compress', inputs: [cube, constant('bool', [1, 0, 1])], attributes: { axis: int(1) } },
  { operator: 'Compress', inputs: [cube, constant('bool', [1, 0, 1])] },
  { operator: 'ReverseSequence', inputs: [cube, integers([2, 1, 2])] },
  { operator: 'GridSample', inputs: [IMAGE, floats([1, 3, 5, 2])] },
  {
    operator: 'RoiAlign',
    inputs: [IMAGE, floats([2, 4], Math.abs), integers([0, 0])],
    attributes: { output_height: int(3), output_width: int(2), sampling_ratio: int(2) },
  },
  { operator: 'RandomNormal', inputs: [], attributes: { shape: ints(2, 3) } },
  { operator: 'RandomUniformLike', inputs: [cube] },
  { operator: 'Bernoulli', inputs: [floats([2, 3], () => 0.5)] },
  { operator: 'Multinomial', inputs: [floats([2, 3])], attributes: { sample_size: int(4) } },

  { operator: 'QuantizeLinear', inputs: [cube, scale, zero] },
  { operator: 'QuantizeLinear', inputs: [cube, scale] },
  {
    operator: 'QuantizeLinear',
    inputs: [cube, constant('float32', [0.1, 0.2, 0.3]), constant('int8', [0, 1, 2])],
    opset: 13,
  },
  { operator: 'DequantizeLinear', inputs: [bytes, scale, zero] },
  { operator: 'DynamicQuantizeLinear', inputs: [cube], outputs: 3 },
  { operator: 'com.microsoft:QLinearAdd', inputs: [bytes, scale, zero, bytes, scale, zero, scale, zero] },
  { operator: 'com.microsoft:QLinearMul', inputs: [bytes, scale, zero, bytes, scale, zero, scale, zero] },
  { operator: 'com.microsoft:QLinearSigmoid', inputs: [bytes, scale, zero, scale, zero] },
  { operator: 'com.microsoft:QLinearLeakyRelu', inputs: [bytes, scale, zero, scale, zero] },
  {
    operator: 'com.microsoft:QLinearConcat',
    inputs: [scale, zero, bytes, scale, zero, bytes, scale, zero],
    attributes: { axis: int(1) },
  },
  { operator: 'DFT', inputs: [floats([2, 10, 1])], attributes: { onesided: int(1) } },
  { operator: 'DFT', inputs: [floats([2, 10, 2]), integers([16], [])], attributes: { axis: int(1) } },
  { operator: 'DFT', inputs: [floats([2, 6, 8, 1]), undefined, integers([2], [])], opset: 20 },
  {
    operator: 'STFT',
    inputs: [floats([2, 64, 1]), integers([8], []), floats([16])],
  },
  {
    operator: 'STFT',
    inputs: [floats([1, 50, 1]), integers([7], []), undefined, integers([16], [])],
    attributes: { onesided: int(0) },
  },
  { operator: 'HannWindow', inputs: [integers([12], [])] },
  { operator: 'BlackmanWindow', inputs: [integers([12], [])], attributes: { output_datatype: int(11) } },
  { operator: 'Col2Im', inputs: [floats([1, 8, 9]), integers([4, 4]), integers([2, 2])], opset: 18 },
  { operator: 'AffineGrid', inputs: [floats([2, 2, 3]), integers([2, 3, 5, 6])], opset: 20 },
  { operator: 'AffineGrid', inputs: [floats([1, 3, 4]), integers([1, 2, 3, 4, 5])], opset: 20 },
  { operator: 'MeanVarianceNormalization', inputs: [IMAGE] },
  {
    operator: 'MaxUnpool',
    inputs: [floats([1, 1, 2, 2]), fed(integers([5, 7, 13, 15], [1, 1, 2, 2]))],
    attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2) },
  },
  {
    operator: 'com.microsoft:RotaryEmbedding',
    inputs: [floats([1, 3, 8]), integers([0], [1]), floats([4, 2]), floats([4, 2])],
    attributes: { num_heads: int(2), rotary_embedding_dim: int(0) },
  },
  {
    operator: 'com.microsoft:MatMulNBits',
    inputs: [
      floats([2, 3, 32]),
      constant('uint8', new Array(5 * 16).fill(17), [5, 1, 16]),
      constant('float32', [1, 2, 3, 4, 5]),
    ],
    attributes: { K: int(32), N: int(5), bits: int(4), block_size: int(32) },
  },
  {
    operator: 'com.microsoft:QGemm',
    inputs: [bytes, scale, zero, constant('uint8', [1, 2, 3, 4, 5, 6], [3, 2]), scale, zero, undefined, scale, zero],
  },
  {
    operator: 'com.microsoft:QGemm',
    inputs: [bytes, scale, zero, constant('uint8', [1, 2, 3, 4, 5, 6], [2, 3]), scale, zero],
    attributes: { transB: int(1) },
  },
  {
    operator: 'com.microsoft:MatMulIntegerToFloat',
    inputs: [bytes, constant('uint8', [1, 2, 3, 4, 5, 6], [3, 2]), scale, scale],
  },
  {
    operator: 'com.microsoft:DynamicQuantizeMatMul',
    inputs: [floats([2, 3]), constant('uint8', [1, 2, 3, 4, 5, 6], [3, 2]), scale],
  },
  {
    operator: 'com.microsoft:EmbedLayerNormalization',
    inputs: [
      fed(constant('int32', [1, 0, 2, 1, 1, 0], [2, 3])),
      fed(constant('int32', [0, 0, 1, 0, 1, 1], [2, 3])),
      ...[floats([4, 8]), floats([5, 8]), floats([2, 8]), floats([8]), floats([8])],
    ],
    outputs: 2,
  },
  {
    operator: 'com.microsoft:Attention',
    inputs: [floats([2, 5, 8]), floats([8, 24]), floats([24])],
    attributes: { num_heads: int(2) },
  },
  {
    operator: 'com.microsoft:MultiHeadAttention',
    inputs: [floats([2, 5, 8]), floats([2, 7, 8]), floats([2, 7, 8])],
    attributes: { num_heads: int(2) },
  },
  {
    operator: 'com.microsoft:GroupQueryAttention',
    inputs: [
      ...[floats([1, 5, 32]), floats([1, 5, 16]), floats([1, 5, 16]), floats([1, 2, 0, 8]), floats([1, 2, 0, 8])],
      ...[constant('int32', [4], [1]), constant('int32', 5)],
    ],
    attributes: { num_heads: int(4), kv_num_heads: int(2) },
    outputs: 3,
  },
];

/** Sizes that only the run decides, once the data is no constant. */
const DATA_DEPENDENT = new Set(['NonZero', 'Compress']);

describe('single operators against onnxruntime', () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-operators-'));
  let followed = 0;
  after(() => {
    fs.rmSync(directory, { recursive: true });
    console.log(`      ${followed} outputs were followed as constants`);
  });

  for (const one of CASES) {
    it(titleOf(one), async () => {
      await compare(one);
      followed += await compare({ ...one, inputs: one.inputs.map((input) => input && { ...input, constant: true }) });
    });
  }

  /** Answers how many outputs inference knew the elements of. */
  async function compare(one: OperatorCase): Promise<number> {
    const file = path.join(directory, 'model.onnx');
    fs.writeFileSync(file, operatorModel(one));
    const { infos, problems } = inferShapes(await readModel(file));
    assert.deepEqual(
      problems.map(({ message }) => message),
      [],
    );
    const actual = await run(file, one.inputs);
    let values = 0;
    for (const [name, tensor] of Object.entries(actual)) {
      const inferred = infos.get(name);
      assert.equal(inferred?.type, tensor.type, `type of ${name}`);
      const dims = tensor.dims.map((dim, axis) => (isOpen(one, inferred?.shape?.[axis]) ? null : dim));
      assert.deepEqual(inferred?.shape, dims, `shape of ${name}`);
      if (!inferred.values) continue;
      values += 1;
      assertClose(inferred.values, elementsOf(tensor));
    }
    return values;
  }
});

const isOpen = ({ operator }: OperatorCase, dim: unknown): boolean => dim === null && DATA_DEPENDENT.has(operator);

function elementsOf({ type, data }: ort.Tensor): readonly number[] {
  const elements = Array.from(data as ArrayLike<number | bigint>, Number);
  return type === 'float16' ? elements.map(float16Value) : elements;
}

/** To single precision's rounding of a few operations on numbers of this size. */
function assertClose(followed: readonly number[], computed: readonly number[]): void {
  const tolerance = 2e-7 * Math.max(0, ...computed.map(Math.abs).filter(Number.isFinite));
  const near = (value: number, index: number): boolean => {
    const other = followed[index] ?? Number.NaN;
    return other === value || Math.abs(other - value) <= tolerance;
  };
  assert.ok(followed.length === computed.length && computed.every(near), `followed ${followed}, computed ${computed}`);
}

async function run(file: string, inputs: readonly (CaseInput | undefined)[]): Promise<Record<string, ort.Tensor>> {
  const session = await ort.InferenceSession.create(file, { graphOptimizationLevel: 'disabled', logSeverityLevel: 3 });
  const feeds = inputs.flatMap((input, index): [string, ort.Tensor][] =>
    input && !input.constant ? [[`x${index}`, tensorOf(input)]] : [],
  );
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return results;
}

function tensorOf({ type, shape, values }: CaseInput): ort.Tensor {
  const data = typedArray(type, encodeElements(type, values));
  return new ort.Tensor(type as Exclude<ort.Tensor.Type, 'string'> & DataType, data, [...shape]);
}

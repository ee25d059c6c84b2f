import type { Attribute } from '../src/graph/graph';
import {
  type CaseInput,
  constant,
  float,
  floats,
  int,
  integers,
  ints,
  type OperatorCase,
  string,
} from './operatorCase';

export const IMAGE = floats([2, 4, 7, 6]);
const weight = (...shape: number[]): CaseInput => ({ ...floats(shape, (value) => value / 2), constant: true });
/** Variances and scales that are safe to divide by. */
const positive = (...shape: number[]): CaseInput => ({ ...floats(shape, (value) => 2.5 + value), constant: true });
const list = (...values: number[]): CaseInput => constant('float32', values, [values.length]);
const none = constant('float32', [], [0]);
export const bytes = (...shape: number[]): CaseInput => {
  const values = floats(shape).values.map((value) => Math.round(60 * value) + 128);
  return { type: 'uint8', shape, values, constant: false };
};
export const kernel = (...sizes: number[]): Readonly<Record<string, Attribute>> => ({ kernel_shape: ints(...sizes) });

const CONVOLUTIONS: readonly OperatorCase[] = [
  { operator: 'Conv', inputs: [IMAGE, weight(3, 4, 3, 2), weight(3)], attributes: { strides: ints(2, 1) } },
  { operator: 'Conv', inputs: [IMAGE, weight(6, 2, 3, 3)], attributes: { group: int(2), pads: ints(0, 1, 2, 1) } },
  { operator: 'Conv', inputs: [IMAGE, weight(4, 1, 3, 3)], attributes: { group: int(4), dilations: ints(2, 1) } },
  { operator: 'Conv', inputs: [IMAGE, weight(3, 4, 1, 1)], attributes: { strides: ints(3, 2) }, opset: 7 },
  { operator: 'Conv', inputs: [IMAGE, weight(3, 4, 2, 2)], attributes: { pads: ints(3, 3, 3, 3) } },
  { operator: 'Conv', inputs: [IMAGE, weight(3, 4, 4, 3)], attributes: { auto_pad: string('SAME_LOWER') }, opset: 11 },
  { operator: 'Conv', inputs: [floats([1, 2, 9]), weight(3, 2, 4)], attributes: { strides: ints(2) }, opset: 22 },
  {
    operator: 'Conv',
    inputs: [floats([1, 2, 4, 3, 5]), weight(2, 2, 2, 2, 3)],
    attributes: { strides: ints(1, 1, 2) },
  },
  {
    operator: 'com.microsoft:FusedConv',
    inputs: [IMAGE, weight(3, 4, 3, 3)],
    attributes: { activation: string('Tanh') },
  },
  { operator: 'ConvInteger', inputs: [bytes(1, 2, 5, 5), constant('uint8', [1, 2, 3, 250, 5, 6, 7, 8], [1, 2, 2, 2])] },
  {
    operator: 'QLinearConv',
    inputs: [
      ...[bytes(1, 2, 5, 5), constant('float32', 0.1), constant('uint8', 128)],
      ...[constant('int8', [1, 2, 3, -9, 5, 6, 7, 8], [1, 2, 2, 2]), constant('float32', 0.2), constant('int8', 0)],
      ...[constant('float32', 0.5), constant('uint8', 3)],
    ],
  },
  { operator: 'ConvTranspose', inputs: [IMAGE, weight(4, 3, 2, 2), weight(3)], attributes: { strides: ints(2, 2) } },
  {
    operator: 'ConvTranspose',
    inputs: [IMAGE, weight(4, 1, 3, 3)],
    attributes: { group: int(2), strides: ints(2, 3), pads: ints(1, 0, 0, 2), output_padding: ints(1, 2) },
    opset: 11,
  },
  {
    operator: 'ConvTranspose',
    inputs: [IMAGE, weight(4, 2, 2, 3)],
    attributes: { strides: ints(3, 2), dilations: ints(1, 2), output_padding: ints(2, 0) },
  },
  {
    operator: 'ConvTranspose',
    inputs: [IMAGE, weight(4, 2, 3, 3)],
    attributes: { strides: ints(2, 2), auto_pad: string('SAME_UPPER') },
  },
  {
    operator: 'ConvTranspose',
    inputs: [IMAGE, weight(4, 2, 3, 3)],
    attributes: { strides: ints(2, 2), output_shape: ints(14, 12) },
  },
  { operator: 'ConvTranspose', inputs: [floats([1, 2, 4]), weight(2, 3, 1)], attributes: { strides: ints(3) } },
];

const PRODUCTS: readonly OperatorCase[] = [
  { operator: 'Gemm', inputs: [floats([2, 4]), floats([4, 3]), floats([3])], opset: 7 },
  {
    operator: 'Gemm',
    inputs: [floats([4, 2]), floats([3, 4]), floats([2, 1])],
    attributes: { transA: int(1), transB: int(1), alpha: float(0.5), beta: float(3) },
    opset: 9,
  },
  { operator: 'Gemm', inputs: [floats([2, 4]), floats([3, 4])], attributes: { transB: int(1) } },
  { operator: 'Gemm', inputs: [floats([4, 2]), floats([4, 3])], attributes: { transA: int(1) } },
  {
    operator: 'com.microsoft:FusedGemm',
    inputs: [floats([2, 4]), weight(4, 3)],
    attributes: { activation: string('Relu') },
  },
  { operator: 'MatMul', inputs: [floats([2, 3, 4]), floats([4, 5])] },
  { operator: 'MatMul', inputs: [floats([2, 1, 3, 4]), floats([3, 4, 5])] },
  { operator: 'MatMul', inputs: [floats([3, 4]), floats([2, 4, 5])] },
  { operator: 'MatMul', inputs: [floats([4]), floats([2, 4, 5])] },
  { operator: 'MatMul', inputs: [floats([2, 3, 4]), floats([4])] },
  { operator: 'MatMul', inputs: [floats([4]), floats([4])] },
  {
    operator: 'com.microsoft:FusedMatMul',
    inputs: [floats([2, 4, 3]), floats([2, 5, 4])],
    attributes: { transA: int(1), transB: int(1) },
  },
  {
    operator: 'com.microsoft:FusedMatMul',
    inputs: [floats([3, 2, 4]), floats([2, 4, 5])],
    attributes: { transBatchA: int(1) },
  },
  { operator: 'MatMulInteger', inputs: [bytes(2, 3, 4), constant('uint8', [1, 2, 3, 4, 5, 6, 7, 8], [4, 2])] },
  {
    operator: 'QLinearMatMul',
    inputs: [
      ...[bytes(3, 4), constant('float32', 0.1), constant('uint8', 128)],
      ...[constant('uint8', [1, 2, 3, 4, 5, 6, 7, 8], [4, 2]), constant('float32', 0.2), constant('uint8', 4)],
      ...[constant('float32', 0.5), constant('uint8', 100)],
    ],
  },
  ...(
    [
      ['bij,bjk->bik', [2, 3, 4], [2, 4, 5]],
      ['...ij,...jk', [2, 3, 4], [2, 4, 5]],
      ['...ij,...jk->...ik', [1, 3, 4], [2, 4, 5]],
      ['ij,kj->i', [2, 3], [4, 3]],
      ['ij->j', [2, 3]],
      ['ij,jk,kl->il', [2, 3], [3, 4], [4, 2]],
    ] as const
  ).map(([equation, ...shapes]) => ({
    operator: 'Einsum',
    inputs: shapes.map((shape) => floats(shape)),
    attributes: { equation: string(equation) },
  })),
];

const POOLS: readonly OperatorCase[] = [
  {
    operator: 'MaxPool',
    inputs: [IMAGE],
    attributes: { ...kernel(3, 2), strides: ints(2, 1), pads: ints(1, 1, 2, 0) },
    opset: 7,
  },
  {
    operator: 'MaxPool',
    inputs: [IMAGE],
    attributes: { ...kernel(2, 3), strides: ints(2, 2), ceil_mode: int(1) },
    opset: 11,
  },
  { operator: 'MaxPool', inputs: [IMAGE], attributes: { ...kernel(2, 2), dilations: ints(2, 3) }, outputs: 2 },
  {
    operator: 'MaxPool',
    inputs: [floats([1, 2, 4, 3, 5])],
    attributes: { ...kernel(2, 3, 2), auto_pad: string('SAME_UPPER') },
    opset: 12,
  },
  { operator: 'GlobalMaxPool', inputs: [IMAGE] },
  { operator: 'GlobalMaxPool', inputs: [IMAGE], opset: 7 },
  {
    operator: 'AveragePool',
    inputs: [IMAGE],
    attributes: { ...kernel(3, 2), strides: ints(2, 1), pads: ints(1, 0, 1, 1) },
    opset: 7,
  },
  {
    operator: 'AveragePool',
    inputs: [IMAGE],
    attributes: { ...kernel(3, 3), pads: ints(1, 1, 1, 1), count_include_pad: int(1) },
  },
  {
    operator: 'AveragePool',
    inputs: [IMAGE],
    attributes: {
      ...kernel(3, 3),
      strides: ints(2, 3),
      pads: ints(1, 0, 1, 2),
      count_include_pad: int(1),
      ceil_mode: int(1),
    },
  },
  { operator: 'AveragePool', inputs: [IMAGE], attributes: { ...kernel(2, 2), dilations: ints(3, 2) }, opset: 19 },
  { operator: 'AveragePool', inputs: [IMAGE], attributes: kernel(7, 6) },
  { operator: 'GlobalAveragePool', inputs: [floats([2, 3, 5])] },
  { operator: 'LpPool', inputs: [IMAGE], attributes: { ...kernel(2, 2), p: int(3) } },
  { operator: 'GlobalLpPool', inputs: [IMAGE] },
];

const NORMALIZATIONS: readonly OperatorCase[] = [
  { operator: 'BatchNormalization', inputs: [IMAGE, floats([4]), floats([4]), weight(4), positive(4)], opset: 7 },
  { operator: 'BatchNormalization', inputs: [floats([2, 3]), weight(3), weight(3), weight(3), positive(3)], opset: 15 },
  {
    operator: 'BatchNormalization',
    inputs: [IMAGE, floats([4]), floats([4]), weight(4), positive(4)],
    attributes: { training_mode: int(1) },
    outputs: 3,
  },
  { operator: 'LayerNormalization', inputs: [floats([2, 3, 4]), floats([4]), floats([4])], outputs: 3 },
  { operator: 'LayerNormalization', inputs: [floats([2, 3, 4]), floats([3, 4])], attributes: { axis: int(1) } },
  { operator: 'RMSNormalization', inputs: [floats([2, 3, 4]), floats([4])], opset: 23 },
  {
    operator: 'com.microsoft:SkipLayerNormalization',
    inputs: [floats([2, 3, 4]), floats([2, 3, 4]), weight(4), weight(4)],
  },
  { operator: 'InstanceNormalization', inputs: [IMAGE, floats([4]), floats([4])] },
  {
    operator: 'GroupNormalization',
    inputs: [IMAGE, floats([2]), floats([2])],
    attributes: { num_groups: int(2) },
    opset: 18,
  },
  {
    operator: 'GroupNormalization',
    inputs: [IMAGE, floats([4]), floats([4])],
    attributes: { num_groups: int(2) },
    opset: 21,
  },
  { operator: 'LRN', inputs: [floats([1, 7, 2, 3])], attributes: { size: int(5), alpha: float(0.5), bias: float(2) } },
  { operator: 'LpNormalization', inputs: [IMAGE], attributes: { axis: int(1) } },
  { operator: 'LpNormalization', inputs: [floats([2, 5], (v) => v + 0.2 * Math.sign(v))], attributes: { p: int(1) } },
  { operator: 'Softmax', inputs: [floats([2, 3, 4])], attributes: { axis: int(1) } },
  { operator: 'Softmax', inputs: [floats([2, 3, 4])], attributes: { axis: int(1) }, opset: 11 },
  { operator: 'LogSoftmax', inputs: [floats([2, 3, 4])] },
  { operator: 'LogSoftmax', inputs: [floats([2, 3, 4])], opset: 9 },
  { operator: 'Hardmax', inputs: [floats([2, 3, 4])] },
];

const SMALL = floats([1, 2, 4, 5]);
const resized = (
  attributes: Readonly<Record<string, Attribute>>,
  inputs: readonly CaseInput[],
  opset = 18,
): OperatorCase => ({
  operator: 'Resize',
  inputs: [SMALL, ...inputs],
  attributes,
  opset,
});

const RESAMPLINGS: readonly OperatorCase[] = [
  ...['half_pixel', 'pytorch_half_pixel', 'asymmetric', 'align_corners'].flatMap((coordinates) =>
    ['nearest', 'linear', 'cubic'].map((mode) =>
      resized(
        { mode: string(mode), coordinate_transformation_mode: string(coordinates) },
        [none, list(1, 1, 2, 0.7)],
        13,
      ),
    ),
  ),
  ...['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'].map((rounding) =>
    resized({ nearest_mode: string(rounding) }, [none, none, integers([1, 2, 9, 3])], 11),
  ),
  resized(
    { mode: string('linear'), coordinate_transformation_mode: string('half_pixel_symmetric') },
    [none, list(1, 1, 1.3, 2.6)],
    19,
  ),
  resized({ mode: string('linear'), antialias: int(1) }, [none, list(1, 1, 0.5, 0.6)]),
  resized({ mode: string('cubic'), antialias: int(1), exclude_outside: int(1) }, [none, list(1, 1, 0.5, 0.6)]),
  resized({ mode: string('cubic'), cubic_coeff_a: float(-0.5), exclude_outside: int(1) }, [none, list(1, 1, 2, 3)]),
  resized({ mode: string('linear'), axes: ints(3, 2) }, [none, none, integers([7, 6])]),
  resized({ mode: string('linear'), axes: ints(2, 3), keep_aspect_ratio_policy: string('not_larger') }, [
    none,
    none,
    integers([6, 12]),
  ]),
  resized({ mode: string('linear'), coordinate_transformation_mode: string('tf_crop_and_resize') }, [
    list(0, 0, 0.2, -0.1, 1, 1, 0.9, 1.2),
    none,
    integers([1, 2, 7, 9]),
  ]),
  resized({ mode: string('linear') }, [list(1, 1, 2, 1.5)], 10),
  { operator: 'Upsample', inputs: [SMALL, list(1, 1, 2, 3)], opset: 9 },
  {
    operator: 'Upsample',
    inputs: [SMALL],
    attributes: { mode: string('linear'), scales: { type: 'floats', value: [1, 1, 2, 1.5] } },
    opset: 7,
  },
];

const SEQUENCES: readonly OperatorCase[] = [
  {
    operator: 'LSTM',
    inputs: [floats([5, 2, 3]), weight(2, 16, 3), weight(2, 16, 4)],
    attributes: { hidden_size: int(4), direction: string('bidirectional') },
    outputs: 3,
  },
  {
    operator: 'GRU',
    inputs: [floats([5, 2, 3]), weight(1, 12, 3), weight(1, 12, 4)],
    attributes: { hidden_size: int(4) },
    outputs: 2,
  },
  {
    operator: 'RNN',
    inputs: [floats([5, 2, 3]), weight(1, 4, 3), weight(1, 4, 4)],
    attributes: { hidden_size: int(4) },
    outputs: 2,
  },
  {
    operator: 'com.microsoft:Attention',
    inputs: [floats([2, 5, 6]), weight(6, 24), weight(24)],
    attributes: { num_heads: int(2) },
  },
  {
    operator: 'com.microsoft:MultiHeadAttention',
    inputs: [floats([2, 5, 8]), floats([2, 7, 8]), floats([2, 7, 8])],
    attributes: { num_heads: int(2) },
  },
  {
    operator: 'Attention',
    inputs: [floats([2, 4, 5, 8]), floats([2, 2, 7, 8]), floats([2, 2, 7, 6])],
    opset: 23,
  },
];

/** Contractions, pools, norms and what resamples: what onnxruntime is asked about them. */
export const ARITHMETIC_CASES = [
  ...CONVOLUTIONS,
  ...PRODUCTS,
  ...POOLS,
  ...NORMALIZATIONS,
  ...RESAMPLINGS,
  ...SEQUENCES,
];
export const isFed = (input: CaseInput | undefined): input is CaseInput => input !== undefined && !input.constant;

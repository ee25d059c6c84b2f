import type { CaseInput, OperatorCase } from './operatorCase';
import { constant, float, floats, int, integers, ints, string } from './operatorCase';

const cube = floats([2, 3, 4]);
const image = floats([1, 4, 6, 6]);
/** No step crosses the kink of |x|. */
const offZero = floats([1, 4, 6, 6], (value) => value + Math.sign(value) / 10);
const small = (shape: readonly number[]): CaseInput => floats(shape, (value) => value / 2);
const weight = (shape: readonly number[]): CaseInput => ({ ...small(shape), constant: true });

const conv = (extra: OperatorCase['attributes'], z = false): OperatorCase => ({
  operator: 'com.microsoft:FusedConv',
  inputs: [image, weight([4, 4, 3, 3]), weight([4]), ...(z ? [small([1, 4, 6, 6])] : [])],
  attributes: { kernel_shape: ints(3, 3), pads: ints(1, 1, 1, 1), ...extra },
});
const gemm = (activation: string, extra: OperatorCase['attributes'] = {}): OperatorCase => ({
  operator: 'com.microsoft:FusedGemm',
  inputs: [floats([3, 4]), weight([5, 4]), small([5])],
  attributes: { transB: int(1), activation: string(activation), ...extra },
});
const attention = (extra: OperatorCase['attributes'] = {}, others: OperatorCase['inputs'] = []): OperatorCase => ({
  operator: 'com.microsoft:Attention',
  inputs: [floats([2, 3, 4]), small([4, 12]), small([12]), ...others],
  attributes: { num_heads: int(2), ...extra },
});
const multiHead = (inputs: OperatorCase['inputs'], extra: OperatorCase['attributes'] = {}): OperatorCase => ({
  operator: 'com.microsoft:MultiHeadAttention',
  inputs,
  attributes: { num_heads: int(2), ...extra },
});
const standard = (inputs: OperatorCase['inputs'], extra: OperatorCase['attributes'] = {}): OperatorCase => ({
  operator: 'Attention',
  inputs,
  attributes: extra,
  opset: 23,
});
const [q, k, v] = [floats([2, 3, 4]), small([2, 5, 4]), floats([2, 5, 4], (value) => 1 - value)];
const split = [floats([2, 2, 3, 4]), small([2, 2, 5, 4]), floats([2, 2, 5, 3], (value) => 1 - value)];
const rows = (...lengths: number[]): readonly number[] => lengths.flatMap((n) => [1, 1, 1, 1, 1].fill(0, n));

/** What onnxruntime's optimiser writes into saved models, and operators that only newer exporters use. */
export const FUSED_CASES: readonly OperatorCase[] = [
  conv({}),
  conv({ activation: string('Relu') }, true),
  conv({ activation: string('Relu'), strides: ints(2, 2) }),
  conv({ activation: string('LeakyRelu'), activation_params: { type: 'floats', value: [0.2] } }),
  conv({ activation: string('Clip'), activation_params: { type: 'floats', value: [-1, 2] } }),
  conv({ activation: string('HardSigmoid'), activation_params: { type: 'floats', value: [0.1, 0.5] } }),
  conv({ activation: string('Sigmoid') }),
  conv({ activation: string('Tanh') }),
  gemm('Relu'),
  gemm('Tanh'),
  gemm('Sigmoid'),
  gemm('Softplus'),
  gemm('Softsign'),
  gemm('Elu', { activation_alpha: float(0.7) }),
  gemm('LeakyRelu', { activation_alpha: float(0.3) }),
  gemm('Selu', { activation_alpha: float(1.67), activation_gamma: float(1.05) }),
  gemm('ThresholdedRelu', { activation_alpha: float(0.4) }),
  gemm('HardSigmoid', { activation_alpha: float(0.1), activation_beta: float(0.5) }),
  { operator: 'com.microsoft:FusedMatMul', inputs: [cube, small([2, 4, 3])], attributes: { alpha: float(0.5) } },
  {
    operator: 'com.microsoft:FusedMatMul',
    inputs: [floats([2, 4, 3]), small([2, 5, 4])],
    attributes: { transA: int(1), transB: int(1), alpha: float(2) },
  },
  {
    operator: 'com.microsoft:FusedMatMul',
    inputs: [floats([3, 2, 4]), small([2, 4, 5])],
    attributes: { transBatchA: int(1) },
  },

  {
    operator: 'com.microsoft:SkipLayerNormalization',
    inputs: [cube, small([2, 3, 4]), small([4]), small([4]), small([4])],
  },
  { operator: 'com.microsoft:SkipLayerNormalization', inputs: [cube, small([2, 3, 4]), small([4])] },
  {
    operator: 'com.microsoft:SkipSimplifiedLayerNormalization',
    inputs: [cube, small([2, 3, 4]), small([4]), small([4])],
  },
  { operator: 'com.microsoft:SkipSimplifiedLayerNormalization', inputs: [cube, small([2, 3, 4]), small([4])] },
  { operator: 'MeanVarianceNormalization', inputs: [image], opset: 13 },
  { operator: 'MeanVarianceNormalization', inputs: [image], attributes: { axes: ints(2, 3) }, opset: 13 },
  { operator: 'RMSNormalization', inputs: [cube, small([4])], opset: 23 },
  {
    operator: 'GroupNormalization',
    inputs: [image, small([2]), small([2])],
    attributes: { num_groups: int(2) },
    opset: 18,
  },
  {
    operator: 'GroupNormalization',
    inputs: [image, small([4]), small([4])],
    attributes: { num_groups: int(2) },
    opset: 21,
  },

  attention(),
  attention({ scale: float(0.3), unidirectional: int(1) }),
  attention({}, [constant('int32', [3, 2])]),
  attention({}, [constant('int32', [1, 1, 0, 1, 1, 1], [2, 3])]),
  attention({}, [undefined, undefined, small([1, 2, 3, 3])]),
  {
    operator: 'com.microsoft:Attention',
    inputs: [floats([2, 3, 4]), small([4, 14]), small([14])],
    attributes: { num_heads: int(2), qkv_hidden_sizes: ints(4, 4, 6) },
  },
  multiHead([q, k, v]),
  multiHead([q, k, v, small([12])], { scale: float(0.4) }),
  multiHead([q, k, v, undefined, constant('int32', rows(3, 4), [2, 5])]),
  multiHead([q, k, v, undefined, undefined, small([2, 2, 3, 5])]),
  multiHead([q, split[1], floats([2, 2, 5, 2])].map((input, i) => (i === 1 ? small([2, 2, 5, 2]) : input))),
  standard(split),
  standard(split, { softcap: float(1.5), scale: float(0.8) }),
  standard([floats([2, 4, 3, 4]), ...split.slice(1)]),
  standard([floats([2, 2, 5, 4]), ...split.slice(1)], { is_causal: int(1) }),
  standard([...split, small([3, 5])]),
  standard([...split, constant('bool', [...rows(5), ...rows(3), ...rows(4)], [3, 5])]),
  standard([q, k, v], { q_num_heads: int(2), kv_num_heads: int(2) }),
  {
    operator: 'RotaryEmbedding',
    inputs: [floats([1, 2, 3, 4]), weight([1, 3, 2]), weight([1, 3, 2])],
    opset: 23,
  },

  {
    operator: 'LpPool',
    inputs: [image],
    attributes: { kernel_shape: ints(3, 2), strides: ints(2, 1), pads: ints(1, 0, 1, 1) },
  },
  { operator: 'LpPool', inputs: [image], attributes: { kernel_shape: ints(2, 2), p: int(3) }, opset: 18 },
  {
    operator: 'LpPool',
    inputs: [offZero],
    attributes: { kernel_shape: ints(2, 2), p: int(1), strides: ints(2, 2) },
    opset: 11,
  },
  { operator: 'GlobalLpPool', inputs: [image] },
  { operator: 'GlobalLpPool', inputs: [image], attributes: { p: int(3) } },
  {
    operator: 'MaxUnpool',
    inputs: [floats([1, 1, 2, 2]), integers([0, 3, 9, 14], [1, 1, 2, 2])],
    attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2) },
  },
];

const sampled = (extra: OperatorCase['attributes'], reach = 1, opset = 16): OperatorCase => ({
  operator: 'GridSample',
  inputs: [floats([2, 3, 4, 5]), floats([2, 3, 2, 2], (value) => (value / 2.1) * reach)],
  attributes: extra ?? {},
  opset,
});
const still = (one: OperatorCase): OperatorCase => ({
  ...one,
  inputs: one.inputs.map((input, at) => (at === 1 && input ? { ...input, constant: true } : input)),
});

const resized = (mode: string, extra: OperatorCase['attributes'], scales = [1, 1, 1.5, 2.3]): OperatorCase => ({
  operator: 'Resize',
  inputs: [image, constant('float32', [], [0]), constant('float32', scales)],
  attributes: { mode: string(mode), ...extra },
  opset: 19,
});

/** Places off the pixels' centres, some outside where the reach is more than 1. */
export const SAMPLING_CASES: readonly OperatorCase[] = [
  sampled({}),
  sampled({ align_corners: int(1) }),
  sampled({ mode: string('bilinear') }, 1.3),
  sampled({ padding_mode: string('border') }, 1.3),
  sampled({ padding_mode: string('border'), align_corners: int(1) }, 1.3),
  sampled({ mode: string('linear') }, 1.3, 20),
  still(sampled({ mode: string('nearest') }, 1.3)),
  { operator: 'AffineGrid', inputs: [floats([2, 2, 3]), integers([2, 3, 4, 5])], opset: 20 },
  {
    operator: 'AffineGrid',
    inputs: [floats([1, 3, 4]), integers([1, 3, 2, 4, 5])],
    attributes: { align_corners: int(1) },
    opset: 20,
  },
  ...['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric', 'half_pixel_symmetric'].flatMap((how) =>
    ['nearest', 'linear', 'cubic'].map((mode) => resized(mode, { coordinate_transformation_mode: string(how) })),
  ),
  ...['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'].map((how) =>
    resized('nearest', { nearest_mode: string(how), coordinate_transformation_mode: string('asymmetric') }),
  ),
  resized('linear', { antialias: int(1) }, [1, 1, 0.5, 0.7]),
  resized('cubic', { antialias: int(1), exclude_outside: int(1), cubic_coeff_a: float(-0.5) }, [1, 1, 0.5, 0.7]),
];

/** One form of an operator that is valid from `from` on, up to `to`: tried wherever a rule emits or reads another form. */
interface Span {
  readonly from?: number;
  readonly to?: number;
  readonly one: OperatorCase;
}

/** Where what is emitted or read changes: broadcasts, strided slices, axes as inputs, scatters that add, later types. */
const OPSETS = [7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 21];

const attributesOnly = (operator: string, attributes: OperatorCase['attributes'] = {}): OperatorCase => ({
  operator,
  inputs: [cube],
  attributes,
});
const pool = (operator: string, extra: OperatorCase['attributes'] = {}): OperatorCase => ({
  operator,
  inputs: [image],
  attributes: { kernel_shape: ints(3, 3), strides: ints(2, 2), pads: ints(1, 1, 1, 1), ...extra },
});

const SPANS: readonly Span[] = [
  { one: { operator: 'Add', inputs: [cube, floats([3, 1])] } },
  { one: { operator: 'Mul', inputs: [cube, floats([3, 1])] } },
  { one: { operator: 'MatMul', inputs: [cube, small([4, 5])] } },
  { one: { operator: 'Gemm', inputs: [floats([3, 4]), small([4, 2]), small([2])] } },
  { one: { ...conv({}), operator: 'Conv' } },
  { one: { ...conv({ strides: ints(2, 2) }), operator: 'Conv' } },
  { one: { operator: 'ConvTranspose', inputs: [image, weight([4, 2, 3, 3])], attributes: { strides: ints(2, 2) } } },
  { one: pool('MaxPool') },
  { one: pool('MaxPool', { kernel_shape: ints(2, 2), pads: ints(0, 0, 0, 0) }) },
  { one: pool('AveragePool') },
  { one: { operator: 'GlobalAveragePool', inputs: [image] } },
  { one: { operator: 'GlobalMaxPool', inputs: [image] } },
  { one: attributesOnly('Softmax', { axis: int(1) }) },
  { one: attributesOnly('LogSoftmax', { axis: int(2) }) },
  { one: attributesOnly('Relu') },
  { one: attributesOnly('LeakyRelu', { alpha: float(0.2) }) },
  { one: attributesOnly('HardSigmoid') },
  { one: { operator: 'PRelu', inputs: [cube, floats([3, 1])] } },
  { one: { operator: 'InstanceNormalization', inputs: [image, small([4]), small([4])] } },
  {
    one: {
      operator: 'BatchNormalization',
      inputs: [image, weight([4]), weight([4]), weight([4]), { ...floats([4], (x) => 3 + x), constant: true }],
    },
  },
  { one: { operator: 'LRN', inputs: [image], attributes: { size: int(3), alpha: float(0.5) } } },
  { one: attributesOnly('ReduceMean', { axes: ints(1), keepdims: int(0) }), to: 17 },
  { one: { operator: 'ReduceMean', inputs: [cube, integers([1])], attributes: { keepdims: int(0) } }, from: 18 },
  { one: attributesOnly('ReduceMax', { axes: ints(2) }), to: 17 },
  { one: attributesOnly('ReduceSum', { axes: ints(0) }), to: 12 },
  { one: { operator: 'ReduceSum', inputs: [cube, integers([0])] }, from: 13 },
  { one: attributesOnly('Clip', { min: float(-1.03), max: float(1.3) }), to: 10 },
  { one: { operator: 'Clip', inputs: [cube, constant('float32', -1.03), constant('float32', 1.3)] }, from: 11 },
  { one: attributesOnly('Slice', { starts: ints(1), ends: ints(3), axes: ints(2) }), to: 9 },
  { one: { operator: 'Slice', inputs: [cube, integers([0]), integers([4]), integers([2]), integers([2])] }, from: 10 },
  { one: attributesOnly('Pad', { pads: ints(0, 1, 0, 0, 0, 2) }), to: 10 },
  { one: { operator: 'Pad', inputs: [cube, integers([0, 1, 0, 0, 0, 2])] }, from: 11 },
  { one: { ...attributesOnly('Split', { axis: int(2), split: ints(1, 3) }), outputs: 2 }, to: 12 },
  { one: { operator: 'Split', inputs: [cube, integers([1, 3])], attributes: { axis: int(2) }, outputs: 2 }, from: 13 },
  { one: attributesOnly('Unsqueeze', { axes: ints(1) }), to: 12 },
  { one: { operator: 'Unsqueeze', inputs: [cube, integers([1])] }, from: 13 },
  { one: { operator: 'Gather', inputs: [cube, integers([2, 0, 2])], attributes: { axis: int(1) } } },
  { one: { operator: 'Gather', inputs: [cube, integers([2, 0])], attributes: { axis: int(1) } }, from: 10 },
  { one: { operator: 'Concat', inputs: [cube, floats([2, 1, 4])], attributes: { axis: int(1) } } },
  { one: { operator: 'Reshape', inputs: [cube, integers([4, -1])] } },
  { one: { operator: 'Expand', inputs: [floats([3, 1]), integers([2, 3, 4])] }, from: 8 },
  { one: { operator: 'Upsample', inputs: [image, constant('float32', [1, 1, 2, 2])] }, from: 9, to: 9 },
  {
    one: {
      operator: 'Resize',
      inputs: [image, constant('float32', [1, 1, 1.5, 2])],
      attributes: { mode: string('linear') },
    },
    from: 10,
    to: 10,
  },
  {
    one: {
      operator: 'Resize',
      inputs: [image, constant('float32', [], [0]), constant('float32', [1, 1, 1.5, 2])],
      attributes: { mode: string('linear') },
    },
    from: 11,
  },
  { one: { operator: 'TopK', inputs: [cube, integers([2])], outputs: 2 }, from: 10 },
  { one: { operator: 'CumSum', inputs: [cube, constant('int64', 1)] }, from: 11 },
  {
    one: { operator: 'Einsum', inputs: [cube, small([2, 4, 3])], attributes: { equation: string('bij,bjk->bik') } },
    from: 12,
  },
  { one: { operator: 'ScatterND', inputs: [cube, integers([1, 2], [1, 2]), floats([1, 4])] }, from: 11 },
  { one: { operator: 'Where', inputs: [constant('bool', [1, 0, 1]), floats([2, 3]), floats([2, 1])] }, from: 9 },
  { one: { operator: 'LayerNormalization', inputs: [cube, small([4]), small([4])] }, from: 17 },
];

/** The forms of operators in every opset that changes something. */
export const OPSET_CASES: readonly OperatorCase[] = SPANS.flatMap(({ one, from = 7, to = 21 }) =>
  OPSETS.filter((opset) => opset >= from && opset <= to).map((opset) => ({ ...one, opset })),
);

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

const still = (input: CaseInput): CaseInput => ({ ...input, constant: true });

/** Real and complex points, one-sided, padded, cut off, along either axis, and inverse. */
function fourierCases(opset: number): readonly OperatorCase[] {
  const transform = (
    shape: readonly number[],
    axis: number,
    length?: number,
    more: OperatorCase['attributes'] = {},
  ) => {
    const points = length === undefined ? undefined : constant('int64', length);
    return {
      operator: 'DFT',
      inputs: [floats(shape), points, ...(opset < 20 ? [] : [constant('int64', axis)])],
      attributes: { ...(opset < 20 && { axis: int(axis) }), ...more },
      opset,
    };
  };
  return [
    transform([2, 6, 1], 1),
    transform([2, 5, 1], 1, undefined, { onesided: int(1) }),
    transform([1, 4, 6, 2], 2),
    transform([1, 4, 6, 2], 1, 7),
    transform([2, 6, 1], 1, 4, { onesided: int(1) }),
    transform([2, 6, 2], 1, undefined, { inverse: int(1) }),
  ];
}

/** Three regions of two pictures, two of them partly outside. */
function regions(attributes: OperatorCase['attributes'], opset: number): OperatorCase {
  const corners = constant('float32', [0.3, 0.7, 5.1, 4.2, -3, -2.5, 2.2, 3.1, 1.4, 2.3, 9.7, 8.1], [3, 4]);
  const inputs = [floats([2, 3, 6, 5]), corners, integers([1, 0, 1])];
  return { operator: 'RoiAlign', inputs, ...(attributes && { attributes }), opset };
}

/** Offsets to 0.4 of a pixel off the middle between two, so that no sample meets a pixel's centre. */
function deformed(attributes: OperatorCase['attributes'], opset: number, channels = 4): OperatorCase {
  const [groups, rows] = [channels === 4 ? 1 : 2, attributes?.['strides'] ? 2 : 4];
  const offset = floats([1, groups * 8, rows, rows], (v) => 0.5 + v / 5);
  const mask = floats([1, groups * 4, rows, rows], (v) => v / 2);
  const inputs = [floats([1, channels, 5, 5]), still(floats([3 * groups, channels / groups, 2, 2])), offset];
  const more = attributes?.['strides'] ? [] : [floats([3 * groups]), mask];
  const own = { kernel_shape: ints(2, 2), group: int(groups), offset_group: int(groups), ...attributes };
  return { operator: 'DeformConv', inputs: [...inputs, ...more], attributes: own, opset };
}

/** Four query heads of size 8 on two of keys and values, whole sequences. */
function grouped(more: OperatorCase['attributes']): OperatorCase {
  const some = (width: number, factor: number): CaseInput => floats([2, 3, width], (v) => v * factor);
  const inputs = [some(32, 0.5), some(16, 0.6), some(16, 1), undefined, undefined];
  return {
    operator: 'com.microsoft:GroupQueryAttention',
    inputs: [...inputs, constant('int32', [2, 2]), constant('int32', 3)],
    attributes: { num_heads: int(4), kv_num_heads: int(2), ...more },
    outputs: 3,
  };
}

/** A [2, 40] times packed weights [3, 40]. */
function packed(bits: number, size: number, zeros: CaseInput | undefined): OperatorCase {
  const blocks = Math.ceil(40 / size);
  const bytes = (size * bits) / 8;
  const weights = Array.from({ length: 3 * blocks * bytes }, (_, i) => (i * 89 + 17) % 256);
  const scales = still(floats([3 * blocks], (v) => v / 10 + 0.3));
  return {
    operator: 'com.microsoft:MatMulNBits',
    inputs: [floats([2, 40]), constant('uint8', weights, [3, blocks, bytes]), scales, zeros],
    attributes: { K: int(40), N: int(3), bits: int(bits), block_size: int(size) },
  };
}

/** Operators that lay regions, frames, shared heads or packed weights out before they multiply and add. */
export const REGION_CASES: readonly OperatorCase[] = [
  { operator: 'Col2Im', inputs: [floats([2, 8, 9]), integers([4, 4]), integers([2, 2])], opset: 18 },
  {
    operator: 'Col2Im',
    inputs: [floats([1, 12, 4]), integers([5, 6]), integers([2, 3])],
    attributes: { strides: ints(3, 2), pads: ints(1, 0, 0, 1), dilations: ints(2, 2) },
    opset: 21,
  },
  ...fourierCases(17),
  ...fourierCases(20),
  ...[17, 21].flatMap((opset): OperatorCase[] => [
    { operator: 'STFT', inputs: [floats([2, 13, 1]), constant('int64', 3), still(floats([4]))], opset },
    {
      operator: 'STFT',
      inputs: [floats([1, 12, 1]), constant('int64', 2), undefined, constant('int64', 5)],
      attributes: { onesided: int(0) },
      opset,
    },
  ]),
  ...[10, 16, 21].flatMap((opset): OperatorCase[] => [
    regions({ sampling_ratio: int(2), output_height: int(2), output_width: int(3), spatial_scale: float(0.5) }, opset),
    regions({ sampling_ratio: int(1), output_height: int(3), output_width: int(2) }, opset),
  ]),
  regions({ sampling_ratio: int(3), coordinate_transformation_mode: string('output_half_pixel') }, 16),
  ...[19, 21].flatMap((opset) => [deformed({}, opset), deformed({}, opset, 6)]),
  deformed({ strides: ints(2, 2), pads: ints(0, 1, 0, 0), dilations: ints(1, 2) }, 19),
  grouped({}),
  grouped({ softcap: float(1.5), scale: float(0.7) }),
  packed(4, 32, undefined),
  packed(4, 16, constant('uint8', [0x21, 0x03, 0x54, 0x06, 0x87, 0x09], [6])),
  packed(8, 16, constant('uint8', [100, 110, 120, 130, 140, 150, 160, 170, 180], [9])),
];

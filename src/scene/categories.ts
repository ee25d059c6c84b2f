import type { Node } from '../graph/graph';
import { CATEGORIES } from '../protocol/graphPanel';

type Category = (typeof CATEGORIES)[number];

/** Colour families, by the first pattern that matches the operator's name. */
const FAMILIES: readonly (readonly [RegExp, Category])[] = [
  [/^(Quantize|Dequantize|DynamicQuantize)/, 'quantization'],
  [/Conv/, 'convolution'],
  [/(MatMul|Gemm|Einsum|Attention|LSTM|GRU|^RNN)/, 'matrix'],
  [/(Pool)/, 'pooling'],
  [/(Normalization|^LRN|Softmax|Hardmax)/, 'normalization'],
  [/(Relu|Sigmoid|Tanh|Elu|Selu|Celu|Gelu|Swish|Mish|Softplus|Softsign|Clip|Erf|Silu)$/i, 'activation'],
  [/^(Reduce|Arg|CumSum|TopK)/, 'reduction'],
  [/^(If|Loop|Scan|Sequence|Optional)/, 'control'],
  [
    /^(Reshape|Flatten|Squeeze|Unsqueeze|Transpose|Concat|Split|Slice|Gather|Scatter|Pad|Expand|Tile|Resize|Upsample|Identity|Dropout|Cast|Shape|Size|Constant|Range|OneHot|DepthToSpace|SpaceToDepth|NonZero|NonMax|Compress|Trilu)/,
    'movement',
  ],
  [
    /^(Add|Sub|Mul|Div|Pow|Mod|Min|Max|Sum|Mean|Where|Equal|Greater|Less|And|Or|Xor|Not|Abs|Neg|Exp|Log|Sqrt|Sin|Cos|Reciprocal|Floor|Ceil|Round|Sign|QLinear)/,
    'elementwise',
  ],
];

/** Index into CATEGORIES. */
export function categoryOf(node: Node): number {
  const family = FAMILIES.find(([pattern]) => pattern.test(node.operator))?.[1] ?? 'other';
  return CATEGORIES.indexOf(family);
}

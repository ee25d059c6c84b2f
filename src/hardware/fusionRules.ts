import type { Engine } from './hardware';

/**
 * What a target may launch as one kernel, by the names that the key `fusion` of a hardware file takes. Which do what: TensorRT's
 * layer fusion catalogue, onnxruntime's graph optimizations, NVDLA's fused mode (hwarch: convolution → SDP → PDP without a way
 * through memory), Arm's Vela (activations in the write-back of an operator).
 */
export const FUSION_RULES = [
  /** Batch normalization and activations behind a contraction, an addition or a batch normalization. */
  'epilogue',
  /** An addition of two tensors behind a contraction. */
  'add',
  /** Pooling behind a contraction. */
  'pool',
  /** Element-wise operators of all kinds, one behind the other and behind what `epilogue` names. */
  'pointwise',
  /** SiLU (Swish) and HardSwish written out. */
  'swish',
  /** GELU written out, by erf or tanh. */
  'gelu',
  /** Layer and root-mean-square normalization written out. */
  'layer_norm',
  /** Softmax attention: what lies between its two products does not leave the chip. */
  'attention',
  /** DequantizeLinear before and QuantizeLinear behind an operator, which then runs on integers. */
  'qdq',
] as const;

export type FusionRule = (typeof FUSION_RULES)[number];

/** Where a file says nothing. Attention only where a file says so: of the targets here only newer GPUs have a kernel for it. */
export const DEFAULT_FUSION: Readonly<Record<Engine, readonly FusionRule[]>> = {
  multicore: ['epilogue', 'add', 'swish', 'gelu', 'layer_norm', 'qdq'],
  spatial: ['epilogue', 'add', 'swish', 'gelu', 'layer_norm', 'qdq'],
  'scale-sim': ['epilogue', 'add', 'qdq'],
  nvdla: ['epilogue', 'add', 'pool', 'qdq'],
};

/** The predictor of the founding note has rows for additions and pools, and none for what these rules take in. */
export const FOUNDING_FUSION: readonly FusionRule[] = ['epilogue'];

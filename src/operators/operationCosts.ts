/**
 * Scalar operations (FLOPs) per element, the one table for vector work. The unit is an addition, multiplication or comparison
 * on one lane. A special function (reciprocal, reciprocal root, 2^x, log2 x, sin, cos) counts four: NVIDIA GPUs of compute
 * capability 7.x and 8.0 return 16 of them per cycle and multiprocessor, against 64 additions (CUDA C++ Programming Guide,
 * "Arithmetic Instructions"). Everything else is spelled out in these two.
 */
const SIMPLE = 1;
const SPECIAL = 4;
/** a·(1/b), and x·(1/√x), 2^(x·log2 e), log2(x)·ln 2. */
const SPECIAL_AND_SCALE = SPECIAL + SIMPLE;
const EXP = SPECIAL_AND_SCALE;
const LOG = SPECIAL_AND_SCALE;
/** 1/(1 + e^-x). */
const SIGMOID = EXP + SIMPLE + SPECIAL;
/** 2σ(2x) − 1. */
const TANH = SIGMOID + 2 * SIMPLE;
/** log(1 + e^x). */
const SOFTPLUS = EXP + SIMPLE + LOG;
/** Abramowitz and Stegun 7.1.26: t = 1/(1 + px), a polynomial of degree 5 in t, times e^(−x²), from 1. */
const ERF = 2 * SIMPLE + SPECIAL + 9 * SIMPLE + SIMPLE + EXP + 2 * SIMPLE;
/** A polynomial of degree 9 or so, after reducing the range. */
const INVERSE_TRIGONOMETRIC = 20 * SIMPLE;

export const COST = {
  /** Relu, Add, Mul, comparisons, logical operators, rounding, sign. */
  simple: SIMPLE,
  special: SPECIAL,
  divide: SPECIAL_AND_SCALE,
  sqrt: SPECIAL_AND_SCALE,
  exp: EXP,
  log: LOG,
  pow: LOG + SIMPLE + EXP,
  sigmoid: SIGMOID,
  tanh: TANH,
  softplus: SOFTPLUS,
  erf: ERF,
  /** x·σ(αx). */
  swish: SIGMOID + 2 * SIMPLE,
  /** x/2·(1 + erf(x/√2)). */
  gelu: ERF + 4 * SIMPLE,
  /** x/2·(1 + tanh(x(a + bx²))). */
  geluTanh: TANH + 7 * SIMPLE,
  /** x·tanh(softplus(x)). */
  mish: SOFTPLUS + TANH + SIMPLE,
  /** x/(1 + |x|). */
  softsign: SPECIAL_AND_SCALE + 2 * SIMPLE,
  /** A comparison, a multiplication and an exponential on the negative side. */
  elu: EXP + 3 * SIMPLE,
  /** Two comparisons. */
  clip: 2 * SIMPLE,
  /** A comparison and a multiplication. */
  leaky: 2 * SIMPLE,
  /** αx + β between two limits. */
  hardSigmoid: 4 * SIMPLE,
  hardSwish: 5 * SIMPLE,
  /** sin/cos. */
  tan: 2 * SPECIAL + SPECIAL_AND_SCALE,
  inverseTrigonometric: INVERSE_TRIGONOMETRIC,
  /** (e^x ± e^-x)/2. */
  hyperbolic: EXP + SPECIAL + 2 * SIMPLE,
  /** log(x + √(x² ± 1)). */
  inverseHyperbolic: LOG + SPECIAL_AND_SCALE + 3 * SIMPLE,
  /** Scale and round; or subtract the zero point and scale. */
  quantize: 2 * SIMPLE,
} as const;

import { attrFloat } from '../../graph/attributes';
import { productOf } from '../contraction';
import type { Cotangents, VjpContext } from '../gradientContext';
import { maths, transpose } from '../gradientTools';
import { hasInput } from '../nodeArguments';
import { COST } from '../operationCosts';
import type { CostContext, Operator } from '../operator';
import { dequantized, passUnclipped } from '../quantizedGradients';
import { staticShape, tensorInfo } from '../shapes';
import { type Operand, stage } from '../stages';
import type { Work } from '../work';
import { gemmShape, gemmWork, transposes } from './gemm';
import { type MatrixOperand, matmulCotangents, matmulShape, matmulWork } from './matmul';

/** A list of parameters of A is per row, one of B per column. */
const perRow = (shape: readonly number[]): readonly number[] => [shape.at(-2) ?? 1, 1];
const perColumn = (shape: readonly number[]): readonly number[] => [shape.at(-1) ?? 1];

/** y = clip((a − a₀)(b − b₀)·(s_a s_b / s_y) + y₀), straight through: each cotangent is that of the real product, times its own scale. */
function qLinearMatMulVjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [a = '', aScale = '', aZero = '', b = '', bScale = '', bZero = '', yScale = ''] = node.inputs;
  const [y = ''] = node.outputs;
  const [g] = context.cotangents;
  if (!g) return [];
  const type = context.type(aScale);
  const m = maths(build, type);
  const passed = m.div(passUnclipped(build, type, g, y, context.type(y)), yScale);
  const real = (q: string, scale: string, zero: string, channels: readonly number[]): MatrixOperand => ({
    name: dequantized(context, type, q, scale, zero, channels),
    shape: context.shape(q),
  });
  const left = real(a, aScale, aZero, perRow(context.shape(a)));
  const right = real(b, bScale, bZero, perColumn(context.shape(b)));
  const [da, db] = matmulCotangents(build, passed, left, right, [context.wants(0), context.wants(3)]);
  return [da && m.mul(da, aScale), undefined, undefined, db && m.mul(db, bScale)];
}

/** y = (a − a₀)(b − b₀) in int32. */
function matMulIntegerVjp(context: VjpContext): Cotangents {
  const [a = '', b = '', aZero = '', bZero = ''] = context.node.inputs;
  const [g] = context.cotangents;
  if (!g) return [];
  const real = (q: string, zero: string, channels: readonly number[]): MatrixOperand => ({
    name: dequantized(context, 'float32', q, '', zero, channels),
    shape: context.shape(q),
  });
  const left = real(a, aZero, perRow(context.shape(a)));
  const right = real(b, bZero, perColumn(context.shape(b)));
  return matmulCotangents(context.build, g, left, right, [context.wants(0), context.wants(1)]);
}

/** y = s_a s_b (a − a₀)(b − b₀) + bias, a real number: a's cotangent is the real product's, times its own scale. */
function toFloatVjp(context: VjpContext): Cotangents {
  const { node } = context;
  const [a = '', b = '', aScale = '', bScale = '', aZero = '', bZero = ''] = node.inputs;
  const [g] = context.cotangents;
  if (!g) return [];
  const type = context.type(aScale);
  const m = maths(context.build, type);
  const left = {
    name: dequantized(context, type, a, aScale, aZero, perRow(context.shape(a))),
    shape: context.shape(a),
  };
  const right = {
    name: dequantized(context, type, b, bScale, bZero, perColumn(context.shape(b))),
    shape: context.shape(b),
  };
  const [da, db] = matmulCotangents(context.build, g, left, right, [context.wants(0), context.wants(1)]);
  return [da && m.mul(da, aScale), db && m.mul(db, bScale)];
}

/** y = a·(s_b (b − b₀)) + bias with a quantised on the way, straight through. */
function dynamicVjp(context: VjpContext): Cotangents {
  const [a = '', b = '', bScale = '', bZero = ''] = context.node.inputs;
  const [g] = context.cotangents;
  if (!g) return [];
  const shape = context.shape(b);
  const right = { name: dequantized(context, 'float32', b, bScale, bZero, perColumn(shape)), shape };
  return matmulCotangents(context.build, g, { name: a, shape: context.shape(a) }, right, [context.wants(0), false]);
}

/** y = alpha·A′·B′ + C, quantised where a scale of y is given: Ā as of the real product, straight through. */
function qGemmVjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [, aScale = '', , b = '', bScale = '', bZero = '', , yScale = ''] = node.inputs;
  const [y = ''] = node.outputs;
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  const m = maths(build, 'float32');
  const passed = yScale === '' ? g : m.div(passUnclipped(build, 'float32', g, y, context.type(y)), yScale);
  const [transA, transB] = transposes(node);
  const perOutput = transB ? [context.shape(b)[0] ?? 1, 1] : perColumn(context.shape(b));
  const weight = dequantized(context, 'float32', b, bScale, bZero, perOutput);
  const back = m.of('MatMul', passed, transB ? weight : transpose(build, weight, [1, 0]));
  const scaled = m.mul(m.mul(back, aScale), attrFloat(node, 'alpha', 1));
  return [transA ? transpose(build, scaled, [1, 0]) : scaled];
}

/** The product of 8-bit operands [M, K]·[K, N] at the inputs `a` and `b`. */
const productOfInputs =
  (a: number, b: number) =>
  ({ inputs }: CostContext): Work | undefined =>
    matmulWork(staticShape(inputs[a]), staticShape(inputs[b]), inputs[b]?.type);

/** A, A's scale and zero point, B likewise, bias, and where the result is quantised its scale and zero point. */
const quantizedGemm: Operator = {
  types: ['com.microsoft:QGemm'],
  inferShape({ node, inputs }) {
    const type = hasInput(node, 8) ? inputs[8]?.type : inputs[1]?.type;
    return [tensorInfo(type, gemmShape(node, inputs[0]?.shape, inputs[3]?.shape))];
  },
  work: (context) => gemmWork(context, { weight: 3, bias: 6 }),
  vjp: qGemmVjp,
};

/** A float in, 8-bit B, its scale, zero point, bias; float out. A is quantised as DynamicQuantizeLinear does, which reads it twice. */
const dynamicMatmul: Operator = {
  types: ['com.microsoft:DynamicQuantizeMatMul'],
  inferShape: ({ inputs: [a, b] }) => [tensorInfo(a?.type, matmulShape(a?.shape, b?.shape))],
  work(context) {
    const { node, inputs } = context;
    const [a, b] = inputs;
    const [aShape, bShape] = [staticShape(a), staticShape(b)];
    const product = matmulWork(aShape, bShape, b?.type);
    const yShape = staticShape({ shape: matmulShape(a?.shape, b?.shape) ?? [null] });
    if (!a || !b || !aShape || !product || !yShape) return undefined;
    const [aName = '', bName = ''] = node.inputs;
    const operations = productOf(aShape) * (COST.quantize + COST.clip) + productOf(yShape) * COST.quantize;
    const quantized: Operand = ['(quantized)', tensorInfo('uint8', aShape)];
    const y: Operand = ['(y)', tensorInfo(a.type, yShape)];
    const parts = [
      stage(context, { kind: 'vector', operations, passes: 2 }, [[aName, a]], [quantized]),
      stage(context, product, [quantized, [bName, b]], [y]),
    ];
    return { kind: 'body', parts, times: 1, kernel: { inside: ['(quantized)'], pieces: 1 } };
  },
  vjp: dynamicVjp,
};

export const quantizedMatmul: readonly Operator[] = [
  {
    types: ['QLinearMatMul'],
    inferShape: ({ inputs }) => [tensorInfo(inputs[7]?.type, matmulShape(inputs[0]?.shape, inputs[3]?.shape))],
    work: productOfInputs(0, 3),
    vjp: qLinearMatMulVjp,
  },
  {
    types: ['MatMulInteger'],
    inferShape: ({ inputs: [a, b] }) => [tensorInfo('int32', matmulShape(a?.shape, b?.shape))],
    work: productOfInputs(0, 1),
    vjp: matMulIntegerVjp,
  },
  {
    /** The scales are the third and fourth input. */
    types: ['com.microsoft:MatMulIntegerToFloat'],
    inferShape: ({ inputs: [a, b, scale] }) => [tensorInfo(scale?.type, matmulShape(a?.shape, b?.shape))],
    work: productOfInputs(0, 1),
    vjp: toFloatVjp,
  },
  quantizedGemm,
  dynamicMatmul,
];

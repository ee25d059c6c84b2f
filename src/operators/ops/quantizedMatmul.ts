import type { Cotangents, VjpContext } from '../gradientContext';
import { maths } from '../gradientTools';
import type { Operator } from '../operator';
import { dequantized, passUnclipped } from '../quantizedGradients';
import { staticShape, tensorInfo } from '../shapes';
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

export const quantizedMatmul: readonly Operator[] = [
  {
    types: ['QLinearMatMul'],
    inferShape: ({ inputs }) => [tensorInfo(inputs[7]?.type, matmulShape(inputs[0]?.shape, inputs[3]?.shape))],
    work: ({ inputs }) => matmulWork(staticShape(inputs[0]), staticShape(inputs[3])),
    vjp: qLinearMatMulVjp,
  },
  {
    types: ['MatMulInteger'],
    inferShape: ({ inputs: [a, b] }) => [tensorInfo('int32', matmulShape(a?.shape, b?.shape))],
    work: ({ inputs: [a, b] }) => matmulWork(staticShape(a), staticShape(b)),
    vjp: matMulIntegerVjp,
  },
];

import { attrFloat, attrInt } from '../../graph/attributes';
import type { Dim, Node, Shape } from '../../graph/graph';
import { matrixNest, productOf } from '../contraction';
import { beforeActivation } from '../fusedActivation';
import type { Cotangents, GraphBuilder, VjpContext } from '../gradientContext';
import { float, int, maths, unbroadcast } from '../gradientTools';
import { hasInput } from '../nodeArguments';
import type { CostContext, Operator } from '../operator';
import { staticShape, tensorInfo, unknownShape } from '../shapes';
import type { Work } from '../work';

export const transposes = (node: Node): readonly [boolean, boolean] => [
  attrInt(node, 'transA', 0) !== 0,
  attrInt(node, 'transB', 0) !== 0,
];

/** Rows and columns of a matrix operand as the product sees it. */
function matrix(name: string, shape: Shape | undefined, transposed: boolean): readonly [Dim, Dim] {
  const [rows = null, columns = null] = shape ?? unknownShape(2);
  if (shape && shape.length !== 2) throw new Error(`its operand ${name} has rank ${shape.length}; it needs a matrix`);
  return transposed ? [columns, rows] : [rows, columns];
}

/** Output shape of A′·B′. Throws where the operands are no matrices that fit. */
export function gemmShape(node: Node, a: Shape | undefined, b: Shape | undefined): Shape {
  const [transA, transB] = transposes(node);
  const [M, inner] = matrix('A', a, transA);
  const [innerB, N] = matrix('B', b, transB);
  if (typeof inner === 'number' && typeof innerB === 'number' && inner !== innerB) {
    throw new Error(`its operands do not fit: A has ${inner} columns, B ${innerB} rows`);
  }
  return [M, N];
}

/** `weight` and `bias` are the inputs that hold B and C. */
export function gemmWork(
  { node, inputs, outputs: [y] }: CostContext,
  { weight, bias }: { readonly weight: number; readonly bias: number },
): Work | undefined {
  const [a, b] = [inputs[0], inputs[weight]];
  const [aShape, yShape] = [staticShape(a), staticShape(y)];
  if (!aShape || !yShape) return undefined;
  const [transA] = transposes(node);
  const [M = 1, K = 1] = yShape;
  const C = aShape[transA ? 0 : 1] ?? 1;
  const nest = matrixNest({ M, K, C, weightType: b?.type === a?.type ? undefined : b?.type });
  return { kind: 'loopNest', nest, biasAdds: hasInput(node, bias) ? productOf(yShape) : 0 };
}

/** Y = alpha·A′·B′ without the addend, which is optional only from opset 11. */
function product(
  build: GraphBuilder,
  context: VjpContext,
  a: string,
  b: string,
  alpha: number,
  transA: boolean,
  transB: boolean,
): string {
  const addend = build.opset < 11 ? [build.constant(context.type(context.node.inputs[0] ?? ''), [0])] : [];
  const flags = { transA: int(transA ? 1 : 0), transB: int(transB ? 1 : 0) };
  return build.add('Gemm', [a, b, ...addend], { alpha: float(alpha), ...flags });
}

/** dA′ = alpha·g·B′ᵀ, dB′ = alpha·A′ᵀ·g, transposed where the operand is; dC = beta·g, summed over what was broadcast. */
function vjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [a = '', b = '', c] = node.inputs;
  const [after] = context.cotangents;
  if (!after) return [];
  const g = beforeActivation(context, after);
  const [transA, transB] = transposes(node);
  const alpha = attrFloat(node, 'alpha', 1);
  const multiply = (left: string, right: string, transLeft: boolean, transRight: boolean): string =>
    product(build, context, left, right, alpha, transLeft, transRight);
  const da = (): string => (transA ? multiply(b, g, transB, true) : multiply(g, b, false, !transB));
  const db = (): string => (transB ? multiply(g, a, true, transA) : multiply(a, g, !transA, false));
  const dc = (addend: string): string => {
    const summed = unbroadcast(build, g, context.shape(node.outputs[0] ?? ''), context.shape(addend));
    const beta = attrFloat(node, 'beta', 1);
    return beta === 1 ? summed : maths(build, context.type(a)).mul(summed, beta);
  };
  return [
    context.wants(0) ? da() : undefined,
    context.wants(1) ? db() : undefined,
    c && context.wants(2) ? dc(c) : undefined,
  ];
}

const shapeAndWork: Pick<Operator, 'inferShape' | 'work'> = {
  inferShape: ({ node, inputs: [a, b] }) => [tensorInfo(a?.type, gemmShape(node, a?.shape, b?.shape))],
  work: (context) => gemmWork(context, { weight: 1, bias: 2 }),
};

/** Gemm; FusedGemm adds an activation, which is applied before the result is written and counted as free. */
export const gemm: readonly Operator[] = [
  { types: ['Gemm'], ...shapeAndWork, vjp },
  { types: ['com.microsoft:FusedGemm'], ...shapeAndWork, vjp },
];

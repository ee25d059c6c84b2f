import { attrFloat, attrInt } from '../../graph/attributes';
import type { DataType, Dim, Node, Shape } from '../../graph/graph';
import { matrixNest, productOf } from '../contraction';
import type { Cotangents, GraphBuilder, VjpContext } from '../gradientContext';
import { inversePermutation, maths, reshape, transpose, unbroadcast } from '../gradientTools';
import type { Operator } from '../operator';
import { broadcast, range, staticShape, tensorInfo } from '../shapes';
import type { Work } from '../work';

/** The operands as matrices: a vector on the left is a row, one on the right a column (numpy.matmul). */
const asLeft = <T extends Dim>(a: readonly T[]): readonly (T | 1)[] => (a.length === 1 ? [1, ...a] : a);
const asRight = <T extends Dim>(b: readonly T[]): readonly (T | 1)[] => (b.length === 1 ? [...b, 1] : b);

/** Output shape of A[…, M, K]·B[…, K, N] with broadcast batch axes. Throws where the operands do not fit. */
export function matmulShape(a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (!a || !b) return undefined;
  if (a.length === 0 || b.length === 0)
    throw new Error('an operand is a scalar; a matrix product needs vectors or more');
  const [left, right] = [asLeft(a), asRight(b)];
  const inner = left.at(-1);
  const innerB = right.at(-2);
  if (typeof inner === 'number' && typeof innerB === 'number' && inner !== innerB) {
    throw new Error(`its operands do not fit: A has ${inner} columns, B ${innerB} rows`);
  }
  const rows = a.length === 1 ? [] : [left.at(-2) ?? null];
  const columns = b.length === 1 ? [] : [right.at(-1) ?? null];
  return [...broadcast(left.slice(0, -2), right.slice(0, -2)), ...rows, ...columns];
}

/**
 * The loop nest of A·B. One matrix B serves all of A's batch: N. A batch of matrices B is G products, each with its own
 * weights, computed ones (`dynamicWeights`): a constant B of that shape is rare. One matrix A that serves a whole batch of B is
 * the weight: Yᵀ = Bᵀ·Aᵀ.
 */
export function matmulWork(
  a: readonly number[] | undefined,
  b: readonly number[] | undefined,
  weightType?: DataType,
): Work | undefined {
  if (!a || !b) return undefined;
  const [left, right] = [asLeft(a), asRight(b)];
  const [M = 1, C = 1] = left.slice(-2);
  const K = right.at(-1) ?? 1;
  const G = productOf(right.slice(0, -2));
  const batch = productOf(broadcast(left.slice(0, -2), right.slice(0, -2)).map(Number));
  const nest =
    G > 1 && productOf(left.slice(0, -2)) === 1
      ? matrixNest({ N: batch, M: K, K: M, C, dynamicWeights: true })
      : matrixNest({ G, N: batch / G, M, K, C, dynamicWeights: G > 1, weightType });
  return { kind: 'loopNest', nest, biasAdds: 0 };
}

/** An operand of a matrix product in a gradient graph. */
export interface MatrixOperand {
  readonly name: string;
  readonly shape: readonly number[];
}

const transposeLast = (build: GraphBuilder, x: string, rank: number): string =>
  transpose(build, x, [...Array(rank - 2).keys(), rank - 1, rank - 2]);

/** Ā = Ȳ·Bᵀ and B̄ = Aᵀ·Ȳ, summed over broadcast batch axes. `wants` says which of the two is needed. */
export function matmulCotangents(
  build: GraphBuilder,
  g: string,
  a: MatrixOperand,
  b: MatrixOperand,
  wants: readonly [boolean, boolean],
): readonly [string | undefined, string | undefined] {
  const [left, right] = [asLeft(a.shape), asRight(b.shape)];
  const [rows = 1, inner = 1] = left.slice(-2);
  const columns = right.at(-1) ?? 1;
  const batch = broadcast(left.slice(0, -2), right.slice(0, -2)).map(Number);
  const isVector = a.shape.length === 1 || b.shape.length === 1;
  const whole = isVector ? reshape(build, g, [...batch, rows, columns]) : g;
  const back = (x: string, from: readonly number[], to: readonly number[], shape: readonly number[]): string => {
    const summed = unbroadcast(build, x, from, to);
    return shape.length === 1 ? reshape(build, summed, shape) : summed;
  };
  const da = (): string => {
    const matrix = b.shape.length === 1 ? reshape(build, b.name, right) : b.name;
    const product = build.add('MatMul', [whole, transposeLast(build, matrix, right.length)]);
    return back(product, [...batch, rows, inner], left, a.shape);
  };
  const db = (): string => {
    if (right.length === 2) {
      // One matrix for the whole batch: the sum over the batch is part of the product.
      const flatA = transpose(build, reshape(build, a.name, [-1, inner]), [1, 0]);
      const product = build.add('MatMul', [flatA, reshape(build, whole, [-1, columns])]);
      return back(product, right, right, b.shape);
    }
    const matrix = a.shape.length === 1 ? reshape(build, a.name, left) : a.name;
    const product = build.add('MatMul', [transposeLast(build, matrix, left.length), whole]);
    return back(product, [...batch, inner, columns], right, b.shape);
  };
  return [wants[0] ? da() : undefined, wants[1] ? db() : undefined];
}

function vjp(context: VjpContext): Cotangents {
  const [a = '', b = ''] = context.node.inputs;
  const [g] = context.cotangents;
  if (!g) return [];
  const operand = (name: string): MatrixOperand => ({ name, shape: context.shape(name) });
  return matmulCotangents(context.build, g, operand(a), operand(b), [context.wants(0), context.wants(1)]);
}

/** An operand of FusedMatMul as the product sees it: transBatch moves its first axis behind the batch, trans swaps the last two. */
function fusedOperand<T extends Dim>(node: Node, side: 'A' | 'B', shape: readonly T[]): readonly T[] {
  if (shape.length < 2) return shape;
  const [first, ...others] = shape;
  const last = others.pop();
  const moved =
    attrInt(node, `transBatch${side}`, 0) !== 0 && first !== undefined && last !== undefined
      ? [...others, first, last]
      : [...shape];
  return attrInt(node, `trans${side}`, 0) === 0 ? moved : [...moved.slice(0, -2), ...moved.slice(-2).reverse()];
}

/** y = alpha·A′·B′ with transposed operands: the product's cotangents, transposed back. */
function fusedVjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [a = '', b = ''] = node.inputs;
  const [g] = context.cotangents;
  if (!g) return [];
  const m = maths(build, context.type(a));
  const alpha = attrFloat(node, 'alpha', 1);
  const turned = (name: string, side: 'A' | 'B') => {
    const shape = context.shape(name);
    const perm = fusedOperand(node, side, range(shape.length));
    const operand: MatrixOperand = { name: transpose(build, name, perm), shape: perm.map((axis) => shape[axis] ?? 1) };
    return { operand, back: (x: string): string => transpose(build, x, inversePermutation(perm)) };
  };
  const [left, right] = [turned(a, 'A'), turned(b, 'B')];
  const wants = [context.wants(0), context.wants(1)] as const;
  const scaled = alpha === 1 ? g : m.mul(g, alpha);
  const [da, db] = matmulCotangents(build, scaled, left.operand, right.operand, wants);
  return [da && left.back(da), db && right.back(db)];
}

export const matmul: readonly Operator[] = [
  {
    types: ['MatMul'],
    inferShape: ({ inputs: [a, b] }) => [tensorInfo(a?.type, matmulShape(a?.shape, b?.shape))],
    work: ({ inputs: [a, b] }) => matmulWork(staticShape(a), staticShape(b)),
    vjp,
  },
  {
    types: ['com.microsoft:FusedMatMul'],
    inferShape({ node, inputs: [a, b] }) {
      const left = a?.shape && fusedOperand(node, 'A', a.shape);
      const right = b?.shape && fusedOperand(node, 'B', b.shape);
      return [tensorInfo(a?.type, matmulShape(left, right))];
    },
    work({ node, inputs: [a, b] }) {
      const [left, right] = [staticShape(a), staticShape(b)];
      return left && right && matmulWork(fusedOperand(node, 'A', left), fusedOperand(node, 'B', right));
    },
    vjp: fusedVjp,
  },
];

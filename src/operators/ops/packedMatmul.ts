import { attrInt } from '../../graph/attributes';
import type { DataType, Dim, Node, Shape } from '../../graph/graph';
import { matrixNest, productOf } from '../contraction';
import { hasInput, shapeOf, typeOf } from '../nodeArguments';
import type { Operator } from '../operator';
import { packedMatmulVjp } from '../packedGradients';
import { staticShape, tensorInfo } from '../shapes';

/** Packed weights of this many bits each. */
const PACKED: Readonly<Record<number, DataType>> = { 2: 'uint2', 4: 'uint4', 8: 'uint8' };

function outputShape(node: Node, a: Shape | undefined): Shape | undefined {
  if (!a) return undefined;
  const [inner, columns] = [attrInt(node, 'K', 0), attrInt(node, 'N', 0)];
  const last: Dim = a.at(-1) ?? null;
  if (typeof last === 'number' && last !== inner) throw new Error(`its A has ${last} columns; K is ${inner}`);
  return [...a.slice(0, -1), columns];
}

/**
 * com.microsoft:MatMulNBits: A[…, K]·B[K, N] with B in `bits` bits, a scale (and zero point) per block. The arithmetic is that of A's
 * type; the weights are as wide as they are packed, so that decoding reads little.
 */
export const packedMatmul: Operator = {
  types: ['com.microsoft:MatMulNBits'],
  inferShape: (context) => [tensorInfo(typeOf(context, 0), outputShape(context.node, shapeOf(context, 0)))],
  work({ node, inputs: [a] }) {
    const shape = staticShape(a);
    if (!shape) return undefined;
    const M = productOf(shape.slice(0, -1));
    const [C, K] = [attrInt(node, 'K', 0), attrInt(node, 'N', 0)];
    const nest = matrixNest({ M, K, C, weightType: PACKED[attrInt(node, 'bits', 4)] });
    return { kind: 'loopNest', nest, biasAdds: hasInput(node, 5) ? M * K : 0 };
  },
  vjp: packedMatmulVjp,
};

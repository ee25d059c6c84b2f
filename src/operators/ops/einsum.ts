import { attrString } from '../../graph/attributes';
import type { Dim, Node, Shape } from '../../graph/graph';
import { matrixNest, productOf } from '../contraction';
import type { Cotangents, VjpContext } from '../gradientContext';
import { expand, reshape, string, unbroadcast } from '../gradientTools';
import type { Operator } from '../operator';
import { staticShape, tensorInfo } from '../shapes';
import type { Work } from '../work';

/** Subscripts of the operands and the result, one letter per axis. The axes of an ellipsis get the digits 0, 1 … from the right. */
interface Equation {
  readonly operands: readonly string[];
  readonly result: string;
}

const ELLIPSIS = '...';

/** Reads an equation for operands of the given ranks; without `->`, the letters that occur once, in alphabetical order. */
function parse(node: Node, ranks: readonly number[]): Equation {
  const text = attrString(node, 'equation', undefined)?.replaceAll(' ', '');
  if (text === undefined) throw new Error('the attribute equation is missing');
  const [left = '', right] = text.split('->');
  const terms = left.split(',');
  if (terms.length !== ranks.length)
    throw new Error(`'${text}' names ${terms.length} operands; ${ranks.length} are given`);
  let widest = 0;
  const operands = terms.map((term, index) => {
    const rank = ranks[index] ?? 0;
    const open = term.includes(ELLIPSIS) ? rank - (term.length - ELLIPSIS.length) : 0;
    const letters = term.replace(ELLIPSIS, broadcastLetters(open));
    if (letters.length !== rank) throw new Error(`'${term}' in '${text}' does not fit an operand of rank ${rank}`);
    widest = Math.max(widest, open);
    return letters;
  });
  const all = operands.join('');
  const once = [...new Set(all)].filter((letter) => /\D/.test(letter) && all.split(letter).length === 2).sort();
  const result = right ?? ELLIPSIS + once.join('');
  return { operands, result: result.replace(ELLIPSIS, broadcastLetters(widest)) };
}

/** The rightmost axis of an ellipsis is 0, so that operands of different ranks line up. */
const broadcastLetters = (count: number): string =>
  Array.from({ length: Math.max(0, count) }, (_, index) => String(count - 1 - index)).join('');

/** Size of every letter. Throws where two operands disagree (an axis of an ellipsis may be 1 in one of them). */
function letterSizes<T extends Dim>(equation: Equation, shapes: readonly (readonly T[])[]): ReadonlyMap<string, T> {
  const sizes = new Map<string, T>();
  for (const [index, letters] of equation.operands.entries()) {
    for (const [axis, letter] of [...letters].entries()) {
      const size = shapes[index]?.[axis];
      const known = sizes.get(letter);
      if (size === undefined) continue;
      if (known === undefined || known === 1 || typeof known !== 'number')
        sizes.set(letter, size === 1 && known ? known : size);
      else if (typeof size === 'number' && size !== 1 && size !== known) {
        throw new Error(`its index '${letter}' has size ${known} in one operand and ${size} in another`);
      }
    }
  }
  return sizes;
}

function inferredShape(node: Node, shapes: readonly (Shape | undefined)[]): Shape | undefined {
  const known = shapes.filter((shape) => shape !== undefined);
  if (known.length < shapes.length) return undefined;
  const equation = parse(
    node,
    known.map((shape) => shape.length),
  );
  const sizes = letterSizes(equation, known);
  return [...equation.result].map((letter) => sizes.get(letter) ?? null);
}

/**
 * Two operands are a matrix product: letters in both and in the result count the products (G), in the result from the
 * first or second alone the rows (M) and columns (K), in no result the inner axis (C). Another number of operands is costed
 * as one product over all letters.
 */
function einsumWork(node: Node, shapes: readonly (readonly number[])[]): Work {
  const equation = parse(
    node,
    shapes.map((shape) => shape.length),
  );
  const sizes = letterSizes(equation, shapes);
  const [a = '', b] = equation.operands;
  if (shapes.length === 1) return { kind: 'vector', operations: productOf([...sizes.values()]), passes: 1 };
  const group = (matches: (inA: boolean, inB: boolean, inResult: boolean) => boolean): number =>
    productOf(
      [...sizes].flatMap(([letter, size]) => {
        const isInB = b !== undefined && shapes.length === 2 && b.includes(letter);
        return matches(a.includes(letter), isInB, equation.result.includes(letter)) ? [size] : [];
      }),
    );
  const G = group((inA, inB, inResult) => inA && inB && inResult);
  const M = group((inA, inB, inResult) => inA && !inB && inResult);
  const K = group((inA, _, inResult) => !inA && inResult);
  const C = group((_a, _b, inResult) => !inResult);
  return { kind: 'loopNest', nest: matrixNest({ G, M, K, C, dynamicWeights: G > 1 }), biasAdds: 0 };
}

/**
 * The cotangent of an operand is the contraction of the result's cotangent with all other operands; letters that only
 * this operand has were summed away and are expanded again. Throws on a repeated letter within an operand (a diagonal).
 */
function vjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [g] = context.cotangents;
  if (!g) return [];
  const shapes = node.inputs.map((input) => context.shape(input));
  const equation = parse(
    node,
    shapes.map((shape) => shape.length),
  );
  const sizes = letterSizes(equation, shapes);
  const sizesOf = (letters: string): readonly number[] => [...letters].map((letter) => sizes.get(letter) ?? 1);
  return node.inputs.map((_, index) => {
    if (!context.wants(index)) return undefined;
    const own = equation.operands[index] ?? '';
    if (new Set(own).size < own.length) throw new Error(`the gradient of a diagonal ('${own}') is not implemented`);
    const isOther = (_name: unknown, other: number): boolean => other !== index;
    const otherTerms = equation.operands.filter(isOther);
    const found = [...own].filter((letter) => (equation.result + otherTerms.join('')).includes(letter)).join('');
    const terms = [equation.result, ...otherTerms];
    const product = contract(build, terms, [g, ...node.inputs.filter(isOther)], found);
    const placed = [...own].map((letter) => (found.includes(letter) ? (sizes.get(letter) ?? 1) : 1));
    const whole = sizesOf(own);
    const type = context.type(node.inputs[index] ?? '');
    const full = found.length === own.length ? product : expand(build, type, reshape(build, product, placed), whole);
    return unbroadcast(build, full, whole, shapes[index] ?? []);
  });
}

/** An Einsum node of these terms; digits, which ONNX does not allow as subscripts, become free letters. */
function contract(
  build: VjpContext['build'],
  terms: readonly string[],
  operands: readonly string[],
  result: string,
): string {
  const used = terms.join('');
  const free = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'].filter((letter) => !used.includes(letter));
  const spell = (letters: string): string => letters.replace(/\d/g, (digit) => free[Number(digit)] ?? digit);
  const equation = `${terms.map(spell).join(',')}->${spell(result)}`;
  return build.add('Einsum', operands, { equation: string(equation) });
}

export const einsum: Operator = {
  types: ['Einsum'],
  inferShape({ node, inputs }) {
    return [
      tensorInfo(
        inputs[0]?.type,
        inferredShape(
          node,
          inputs.map((input) => input?.shape),
        ),
      ),
    ];
  },
  work({ node, inputs }) {
    const shapes = inputs.map(staticShape).filter((shape) => shape !== undefined);
    return shapes.length === inputs.length ? einsumWork(node, shapes) : undefined;
  },
  vjp,
};

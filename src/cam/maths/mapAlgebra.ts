import type { GraphBuilder } from '../../operators/gradientContext';
import { type Maths, reduce } from '../../operators/gradientTools';

/**
 * Arithmetic that a method's weights are written in once: evaluated at once on numbers, or appended as ONNX nodes.
 * T stands for a value per position, [C, h, w], or per channel, [C, 1, 1]; the latter broadcasts.
 */
export interface MapAlgebra<T> {
  add(a: T | number, b: T | number): T;
  sub(a: T | number, b: T | number): T;
  mul(a: T | number, b: T | number): T;
  div(a: T | number, b: T | number): T;
  /** 1 where a > b, else 0. */
  greater(a: T | number, b: T | number): T;
  relu(a: T): T;
  abs(a: T): T;
  sqrt(a: T): T;
  /** Of every channel: [C, 1, 1]. */
  sumPixels(a: T): T;
  meanPixels(a: T): T;
}

/** Nodes behind tensors [N, C, h, w]. */
export function onnxAlgebra(build: GraphBuilder, maths: Maths): MapAlgebra<string> {
  const { add, sub, mul, div, greater } = maths;
  return {
    ...{ add, sub, mul, div, greater },
    relu: (a) => maths.of('Relu', a),
    abs: (a) => maths.of('Abs', a),
    sqrt: (a) => maths.of('Sqrt', a),
    sumPixels: (a) => reduce(build, 'Sum', a, [2, 3]),
    meanPixels: (a) => reduce(build, 'Mean', a, [2, 3]),
  };
}

/** C·pixels or C numbers. */
export type Numbers = Float32Array | Float64Array;

/** In 64 bits, whatever the operands have. */
export function numberAlgebra(channels: number, pixels: number): MapAlgebra<Numbers> {
  type Operand = Numbers | number;
  const zip = (f: (a: number, b: number) => number) => (a: Operand, b: Operand) => {
    const perPosition = [a, b].some((x) => typeof x !== 'number' && x.length === channels * pixels);
    const result = new Float64Array(perPosition ? channels * pixels : channels);
    const run = result.length / channels;
    for (let c = 0; c < channels; c++) {
      for (let i = c * run; i < (c + 1) * run; i++) {
        result[i] = f(at(a, i, c, result.length), at(b, i, c, result.length));
      }
    }
    return result;
  };
  const at = (x: Operand, i: number, channel: number, length: number): number =>
    typeof x === 'number' ? x : (x[x.length === length ? i : channel] ?? Number.NaN);
  const sumPixels = (a: Numbers): Float64Array => {
    const sums = new Float64Array(channels);
    const run = a.length / channels;
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let i = c * run; i < (c + 1) * run; i++) sum += a[i] ?? Number.NaN;
      sums[c] = run === pixels ? sum : sum * pixels;
    }
    return sums;
  };
  return {
    add: zip((a, b) => a + b),
    sub: zip((a, b) => a - b),
    mul: zip((a, b) => a * b),
    div: zip((a, b) => a / b),
    greater: zip((a, b) => (a > b ? 1 : 0)),
    relu: (a) => Float64Array.from(a, (value) => Math.max(value, 0)),
    abs: (a) => Float64Array.from(a, Math.abs),
    sqrt: (a) => Float64Array.from(a, Math.sqrt),
    sumPixels,
    meanPixels: (a) => sumPixels(a).map((sum) => sum / pixels),
  };
}

import type { DataType } from '../graph/graph';
import type { GraphBuilder } from './gradientContext';
import { maths, reduce } from './gradientTools';
import { COST } from './operationCosts';
import { perInput } from './workRules';

/** What the normalisations share: y = x̂·scale + bias with x̂ = (x − mean)/√(variance + ε) over some axes. */
export interface Normalization {
  readonly x: string;
  readonly type: DataType;
  readonly axes: readonly number[];
  readonly epsilon: number;
  /** False for root-mean-square normalisation: x̂ = x/√(mean(x²) + ε). */
  readonly centred: boolean;
}

export interface NormalizationCotangents {
  readonly x: string;
  /** ȳ·x̂, to be summed to the cotangent of the scale. */
  readonly scale: string;
}

/**
 * The cotangent of x in closed form: x̄ = (h − mean(h) − x̂·mean(h·x̂))/√(variance + ε) with h = ȳ·scale, the means over the
 * normalised axes; without the term mean(h) where x is not centred (Ba, Kiros and Hinton 2016; Zhang and Sennrich 2019).
 */
export function normalizationCotangents(
  build: GraphBuilder,
  { x, type, axes, epsilon, centred }: Normalization,
  g: string,
  scale: string | undefined,
): NormalizationCotangents {
  const m = maths(build, type);
  const mean = (value: string): string => reduce(build, 'Mean', value, axes);
  const centre = (value: string): string => (centred ? m.sub(value, mean(value)) : value);
  const deviation = centre(x);
  const root = m.of('Sqrt', m.add(mean(m.mul(deviation, deviation)), epsilon));
  const normalized = m.div(deviation, root);
  const h = scale === undefined ? g : m.mul(g, scale);
  const tangential = m.mul(normalized, mean(m.mul(h, normalized)));
  return { x: m.div(m.sub(centre(h), tangential), root), scale: m.mul(g, normalized) };
}

/**
 * Two passes. Per element: sum for the mean, subtract, square and sum for the variance, multiply by the reciprocal root,
 * scale, shift. The root itself is one per normalised group and not counted.
 */
export const normalizationWork = perInput(7 * COST.simple, 2);

/** Without a mean: square and sum, multiply by the reciprocal root, scale. */
export const rmsNormalizationWork = perInput(4 * COST.simple, 2);

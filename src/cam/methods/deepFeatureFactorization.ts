// Collins, Achanta and Süsstrunk, "Deep Feature Factorization for Concept Discovery", ECCV 2018.

import type { RunMethod } from '../camMethod';
import { type Factor, factorize } from '../maths/factorization';
import type { RunBench } from '../session/bench';

/** What a layer's maps are made of, and what the network says of each part. */
export interface FactorMaps {
  readonly concepts: readonly Concept[];
  /** Index of the concept that speaks most for the target. */
  readonly chosen: number;
  /** ‖A − Σ concepts‖ / ‖A‖: what the concepts leave unexplained. */
  readonly residual: number;
}

export interface Concept extends Factor {
  /** The target's score where the concept fills the whole layer, and those of all classes. */
  readonly score: number;
  readonly logits: Float32Array;
}

const CONCEPTS = 5;

/** The concepts of a layer, each shown to what lies behind it as if it filled the picture. */
export async function factorMaps(bench: RunBench, count: number = CONCEPTS): Promise<FactorMaps> {
  const { height, width } = bench.layer;
  const { concepts: factors, residual } = factorize(bench, count);
  if (factors.length === 0)
    throw new Error('all maps of this layer are constant: there are no concepts in them; choose another layer');
  const concepts: Concept[] = [];
  for (const [done, factor] of factors.entries()) {
    bench.progress(done, factors.length);
    const filled = new Float32Array(bench.activations.length);
    for (const [c, value] of factor.embedding.entries())
      filled.fill(value, c * height * width, (c + 1) * height * width);
    concepts.push({ ...factor, ...(await bench.tail(filled)) });
  }
  bench.progress(factors.length, factors.length);
  const chosen = concepts.reduce((best, { score }, k) => (score > (concepts[best]?.score ?? Number.NaN) ? k : best), 0);
  return { concepts, chosen, residual };
}

/** map = where the concept is that speaks most for the target. */
export const deepFeatureFactorization: RunMethod = {
  ...{ id: 'dff', title: 'Deep Feature Factorization', needs: 'runs' },
  cost: () => ({ whole: 0, tail: CONCEPTS }),
  computeByRuns: async (bench) => {
    const { concepts, chosen } = await factorMaps(bench);
    return concepts[chosen]?.map ?? new Float32Array(0);
  },
};

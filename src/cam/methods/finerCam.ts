// Zhang et al., "Finer-CAM: Spotting the Difference Reveals Finer Details for Visual Explanation", CVPR 2025.
import type { RunMethod } from '../camMethod';
import { gradCam } from './gradCam';

/** So many of the most similar classes are compared with. */
const COMPARED = 3;

/** Grad-CAM of what sets the class apart from those with the nearest scores. */
export const finerCam: RunMethod = {
  ...{ id: 'finercam', title: 'Finer-CAM', needs: 'runs' },
  cost: () => ({ whole: 0, tail: 1 }),
  computeByRuns: async (bench) => {
    const { layer, activations, logits, classIndex } = bench;
    if (logits.length < 2) throw new Error('Finer-CAM compares classes, and this model has one; choose another method');
    const gradients = await bench.gradientsAt({ seed: finerSeed(logits, classIndex) });
    return gradCam.compute({ layer, activations, gradients });
  },
};

/**
 * ∂L/∂z of L = Σ_k p_k (z_n − z_k) / (Σ_k p_k + 1e-9) with p = softmax(z), n the class and k those whose scores are
 * nearest to its own; ∂p_k/∂z_j = p_k (δ_kj − p_j).
 */
export function finerSeed(logits: Float32Array, target: number): Float32Array {
  const z = Float64Array.from(logits);
  const own = z[target] ?? Number.NaN;
  const greatest = Math.max(...z);
  const powers = z.map((score) => Math.exp(score - greatest));
  const total = powers.reduce((a, b) => a + b, 0);
  const p = powers.map((power) => power / total);
  const similar = nearest(z, target);
  const share = similar.reduce((sum, k) => sum + (p[k] ?? 0), 0);
  const spread = similar.reduce((sum, k) => sum + (p[k] ?? 0) * (own - (z[k] ?? 0)), 0);
  const loss = spread / (share + 1e-9);
  const compared = new Set(similar);
  return Float32Array.from(p, (pj, j) => {
    const mine = compared.has(j) ? pj : 0;
    const bySpread = mine * (own - (z[j] ?? 0)) - pj * spread + (j === target ? share : 0) - mine;
    return (bySpread - loss * (mine - pj * share)) / (share + 1e-9);
  });
}

function nearest(z: Float64Array, target: number): readonly number[] {
  const distance = (k: number): number => Math.abs((z[k] ?? 0) - (z[target] ?? 0));
  const others = [...z.keys()].filter((k) => k !== target);
  return others.toSorted((a, b) => distance(a) - distance(b)).slice(0, COMPARED);
}

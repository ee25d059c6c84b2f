import { type GradientMode, slopesAlong } from '../gradientMode';

/**
 * Forward mode by positions, no back-propagation: cam_ij = Σ_k α_k·A^k_ij with α_k = (1/Z)·Σ_uv ∂score/∂A^k_uv is the derivative
 * along V[k, u, v] = A^k_ij (the same at all u, v), by Z. So h·w Jacobian–vector products answer every class exactly.
 */
export const forward: GradientMode = {
  ...{ id: 'forward', title: 'Forward mode' },
  refuses: ({ missing }) => missing,
  cost: ({ layer }) => ({ runs: layer.height * layer.width, allClasses: true }),
  gradCam: async (bench) => {
    const { channels, height, width } = bench.layer;
    const pixels = height * width;
    const at = (pixel: number): Float32Array =>
      Float32Array.from({ length: channels }, (_, k) => bench.activations[k * pixels + pixel] ?? Number.NaN);
    const { slopes, slopesOf } = await slopesAlong(bench, pixels, at);
    const map = (values: Float64Array): Float32Array => Float32Array.from(values, (slope) => slope / pixels);
    return { raw: map(slopes), ...(slopesOf && { mapOf: (cotangent) => map(slopesOf(cotangent)) }) };
  },
};

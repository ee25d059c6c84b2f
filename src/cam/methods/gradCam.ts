// Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", ICCV 2017.
import { channelWeighted, type SummedMethod, sumMaps } from '../camMethod';
import { cellMeans } from '../maths/cellMeans';

/** α_c = (1/Z) Σ_ij ∂y/∂A^c_ij. */
export const gradCam: SummedMethod & Required<Pick<SummedMethod, 'pooled'>> = {
  ...channelWeighted({ id: 'gradcam', title: 'Grad-CAM' }, ({ meanPixels }, _activations, gradients) =>
    meanPixels(gradients),
  ),
  pooled: (bench, cells) => sumMaps(bench, cellMeans(bench.gradients, bench.layer, cells)),
};

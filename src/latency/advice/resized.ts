import type { LoopNest } from '../../operators/work';
import { elementBytes, type Workload } from '../workload';

/** A contraction with weights as a workload. */
export type Contraction = Workload & { readonly work: { readonly kind: 'loopNest' } };

/** Products of two computed operands are none: their sizes are not a matter of channels. */
export function isContraction(workload: Workload): workload is Contraction {
  return workload.work.kind === 'loopNest' && !workload.work.nest.dynamicWeights;
}

/**
 * The same contraction with other sizes of its loops. Tensors grow with the loops that index them: inputs N·G·C, weights G·K·C,
 * outputs N·G·K, inputs and outputs with P too (the rows of a matrix); what is fused grows with the outputs, bias and scales with G·K.
 */
export function resized(workload: Contraction, change: Partial<LoopNest>): Workload {
  const { work, bytes, words, epilogue, outputShape } = workload;
  const before = work.nest;
  const nest = { ...before, ...change };
  const ratio = (...loops: readonly ('N' | 'G' | 'K' | 'C' | 'P')[]): number =>
    loops.reduce((product, loop) => (product * nest[loop]) / before[loop], 1);
  const scaled = (amount: number, share: number): number => Math.round(amount * share);
  const input = ratio('N', 'G', 'C', 'P');
  const output = ratio('N', 'G', 'K', 'P');
  const channels = ratio('G', 'K');
  const weights = Math.min(bytes.weight, weightBytes(workload));
  return {
    ...workload,
    work: { ...work, nest, biasAdds: scaled(work.biasAdds, output) },
    bytes: {
      input: scaled(bytes.input, input),
      weight: scaled(weights, ratio('G', 'K', 'C')) + scaled(bytes.weight - weights, channels),
      output: scaled(bytes.output, output),
    },
    words: { input: scaled(words.input, input), output: scaled(words.output, output) },
    outputShape: resizedShape(outputShape, workload.channelsLast, channels, ratio('N', 'P')),
    epilogue: {
      ...epilogue,
      operations: scaled(epilogue.operations, output),
      input: scaled(epilogue.input, output),
      weight: scaled(epilogue.weight, channels),
    },
  };
}

function weightBytes({ work: { nest }, types }: Contraction): number {
  const { G, K, C, R, S, weightType = types.weight } = nest;
  return G * K * C * R * S * elementBytes(weightType);
}

/** Batch first, channels last (matrix products) or second. */
function resizedShape(
  shape: readonly number[],
  channelsLast: boolean,
  channels: number,
  batch: number,
): readonly number[] {
  const channelAxis = channelsLast ? shape.length - 1 : 1;
  return shape.map((size, axis) => Math.round(size * (axis === channelAxis ? channels : axis === 0 ? batch : 1)));
}

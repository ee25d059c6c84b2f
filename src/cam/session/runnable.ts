import path from 'node:path';
import type { Model } from '../../graph/graph';

/** The oldest operator set for which onnxruntime has kernels. */
const OLDEST_OPSET = 7;

/** Throws one sentence where it is known before loading that onnxruntime cannot run a model. */
export function checkRunnable({ path: file, opsets, graph }: Model): void {
  const name = path.basename(file);
  const opset = opsets.get('');
  if (opset === undefined || opset < OLDEST_OPSET) {
    const declared = opset === undefined ? 'declares no opset' : `has opset ${opset}`;
    throw new Error(`${name} ${declared}; opset ${OLDEST_OPSET} or newer is needed to run it: export it again`);
  }
  for (const { name: weight, location } of graph.constants.values()) {
    if (location.kind === 'missing') {
      throw new Error(`${name} cannot run without its weight '${weight}': ${location.reason}`);
    }
  }
}

import { percent } from '../../display/format';
import { costLayer } from '../costLayer';
import { isUnknown } from '../layerCost';
import type { Advice } from './advice';
import { type Contraction, isContraction, resized } from './resized';
import type { Subject } from './subject';

const TIMES = 8;
/** Below this share of an image's time a larger batch is not worth a word. */
const LEAST = 0.01;

/** What eight times the batch would take per image, where weights are shared by the images. */
export function* batchAdvice({ workload, alone: cost, hardware }: Subject): Generator<Advice> {
  if (!workload || !isContraction(workload) || workload.work.nest.dynamicWeights) return;
  const more = costLayer(batched(workload), hardware);
  if (isUnknown(more)) return;
  const gain = 1 - more.seconds / TIMES / cost.seconds;
  if (gain < LEAST) return;
  yield { kind: 'batch', text: `${TIMES} times the batch: ${percent(gain)} less time for each image`, gain };
}

/** A matrix has its images among its rows, everything else in a loop of their own. */
function batched(workload: Contraction): ReturnType<typeof resized> {
  const { N, P, H } = workload.work.nest;
  const isMatrix = workload.channelsLast && workload.outputShape.length === 2;
  return resized(workload, isMatrix ? { P: P * TIMES, H: H * TIMES } : { N: N * TIMES });
}

import { percent, seconds } from '../../display/format';
import { nodeLabel } from '../../graph/graph';
import { costLayer } from '../costLayer';
import { isUnknown } from '../layerCost';
import type { Advice } from './advice';
import type { Neighbour, Subject } from './subject';

/** Below this share of the layer's time fusing it is not worth a word. */
const LEAST = 0.01;

/**
 * What a layer that only moves data, or maps each element by itself, would save inside the kernel that makes its input: the two
 * kernels costed as one. What a target can fuse is not asked: that is for its rules to say.
 */
export function* fusionAdvice({ cost, hardware, before }: Subject): Generator<Advice> {
  if (!before) return;
  const together = costLayer(before.together, hardware);
  const alone = costLayer(before.workload, hardware);
  if (isUnknown(together) || isUnknown(alone)) return;
  const less = alone.seconds + cost.seconds - together.seconds;
  const gain = less / cost.seconds;
  if (gain < LEAST) return;
  yield { kind: 'fusion', text: `${change(before)} → ${seconds(less)} less (${percent(gain)} of its time)`, gain };
}

function change({ head, moves }: Neighbour): string {
  return moves ? `written in this order by ${nodeLabel(head)}` : `run inside the kernel of ${nodeLabel(head)}`;
}

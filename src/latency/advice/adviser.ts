import { BOUND_NAMES } from '../../display/bounds';
import { percent, seconds } from '../../display/format';
import type { Model } from '../../graph/graph';
import { type Hardware, offChipSeconds } from '../../hardware/hardware';
import { slices } from '../ahead';
import { isUnmapped, mapKernel } from '../costLayer';
import { isUnknown, type LayerCost, totalBytes } from '../layerCost';
import { OFF_CHIP } from '../mapped';
import { type LatencyReport, planFor } from '../report';
import type { Advice } from './advice';
import { batchAdvice } from './batch';
import { channelAdvice } from './channels';
import { fusionAdvice } from './fusion';
import { kernelBefore } from './neighbours';
import { resourceAdvice } from './resources';
import type { Subject } from './subject';

/** The kinds of changes that are tried, each in a file of its own. */
const KINDS: readonly ((subject: Subject) => Generator<Advice>)[] = [
  resourceAdvice,
  channelAdvice,
  batchAdvice,
  fusionAdvice,
];

/** Says why the layers of a report take their time and what would change that. Each layer is worked out when it is asked for, once. */
export class Adviser {
  private readonly report: LatencyReport;
  private readonly plan: ReturnType<typeof planFor>;
  private readonly known = new Map<number, Promise<readonly Advice[]>>();

  constructor(model: Model, report: LatencyReport) {
    this.report = report;
    this.plan = planFor(model, report.shapes, report.hardware);
  }

  /** For the node with this id: what it waits for, then what would help, the largest gain first. Empty where nothing runs. */
  adviceFor(node: number): Promise<readonly Advice[]> {
    const advice = this.known.get(node) ?? this.workOut(node);
    this.known.set(node, advice);
    return advice;
  }

  private async workOut(node: number): Promise<readonly Advice[]> {
    const { hardware, layers } = this.report;
    const layer = layers[node];
    const kernel = this.plan.kernels[node];
    if (!layer) return [];
    if (isUnknown(layer.cost)) return [unknown(layer.cost.unknown, totalBytes(layer.memoryAccess), hardware)];
    if (!kernel) return [];
    const { onChip = OFF_CHIP } = layer;
    const mapped = mapKernel(kernel, hardware);
    if (isUnmapped(mapped) || layer.cost.seconds === 0) return [];
    const subject: Subject = {
      hardware,
      cost: mapped.cost(onChip),
      alone: mapped.cost(OFF_CHIP),
      workload: kernel.kind === 'workload' ? kernel.workload : undefined,
      before: onChip === OFF_CHIP ? kernelBefore(layer.node, this.plan) : undefined,
      recost(variant, similar) {
        const other = mapKernel(kernel, variant, similar ? hardware : undefined);
        return isUnmapped(other) ? other : other.cost(onChip);
      },
    };
    const changes: Advice[] = [];
    const rest = slices();
    for (const kind of KINDS) {
      for (const advice of kind(subject)) {
        changes.push(advice);
        await rest();
      }
    }
    return [bound(subject.cost), ...changes.sort((a, b) => (b.gain ?? 0) - (a.gain ?? 0))];
  }
}

function bound({ bound, terms, seconds: total }: LayerCost): Advice {
  const term = bound === 'unknown' || bound === 'free' ? total : terms[bound];
  return {
    kind: 'bound',
    text: `${BOUND_NAMES[bound]} bound: ${seconds(term)} of ${seconds(total)} (${percent(term / total)})`,
  };
}

/** For a layer without a cost: what its bytes alone would take, where they are known. Advice, not a prediction. */
function unknown(reason: string, bytes: number, hardware: Hardware): Advice {
  const alone = offChipSeconds(hardware, bytes, 0);
  const known = Number.isFinite(alone) ? `; its bytes alone need ${seconds(alone)} off chip` : '';
  return { kind: 'unknown', text: `not costed: ${reason}${known}` };
}

import { BOUND_NAMES } from '../display/bounds';
import { nodeLabel } from '../graph/graph';
import { isUnknown } from './layerCost';
import type { LatencyReport } from './report';

/** Rows of the trace: kernels one after the other, and below them how long each level of the hardware is busy. */
const ROWS = [
  ['kernels', undefined],
  ['compute', 'compute'],
  ['on-chip', 'globalBuffer'],
  ['off-chip', 'offChip'],
] as const;

/**
 * The predicted schedule as Chrome trace events (chrome://tracing, Perfetto): kernels in the order of the file.
 * Layers without a cost are left out and named in `otherData`.
 */
export function reportToTrace(report: LatencyReport): object {
  const process = `predicted on ${report.hardware.name}`;
  const meta = [
    { name: 'process_name', ph: 'M', pid: 1, tid: 0, args: { name: process } },
    ...ROWS.map(([name], tid) => ({ name: 'thread_name', ph: 'M', pid: 1, tid, args: { name } })),
  ];
  let now = 0;
  const events = report.layers.flatMap(({ node, cost, macs }) => {
    if (isUnknown(cost) || cost.seconds === 0) return [];
    const start = now;
    now += cost.seconds;
    const args = {
      operator: node.operator,
      node: node.id,
      cycles: cost.cycles,
      bound: BOUND_NAMES[cost.bound],
      macs,
      utilization: cost.utilization,
      mapping: cost.mapping,
    };
    return ROWS.flatMap(([, term], tid) => {
      const busy = term === undefined ? cost.seconds : cost.terms[term];
      const event = { name: nodeLabel(node), cat: 'predicted', ph: 'X', pid: 1, tid, ts: start * 1e6, dur: busy * 1e6 };
      return busy > 0 ? [{ ...event, args: term === undefined ? args : {} }] : [];
    });
  });
  const unknown = report.layers.filter(({ cost }) => isUnknown(cost)).map(({ node }) => nodeLabel(node));
  const otherData = { prediction: true, hardware: report.hardware.name, notCosted: unknown.join(', ') };
  return { traceEvents: [...meta, ...events], displayTimeUnit: 'ms', otherData };
}

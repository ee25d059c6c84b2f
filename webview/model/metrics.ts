/** What the nodes can be coloured by. A metric is a column of the report and the scale that makes it a colour. */
import { BOUNDS } from '../../src/display/bounds';
import { bytes, count, joules, percent, seconds } from '../../src/display/format';
import type { ReportData } from '../../src/protocol/graphPanel';
import { costState, operandSum } from './panelModel';

export type MetricId =
  | 'latency'
  | 'cycles'
  | 'macs'
  | 'bytes'
  | 'energy'
  | 'utilization'
  | 'bound'
  | 'none'
  | 'difference';

export interface Metric {
  readonly id: MetricId;
  readonly label: string;
  /** `root`: 0 to the largest, square root, so that small layers differ too; `fraction`: 0 to 1; `bound`: colours by name;
   * `diverging`: as `root`, either way from 0. */
  readonly scale: 'root' | 'fraction' | 'bound' | 'none' | 'diverging';
  value(report: ReportData, row: number): number;
  format(value: number): string;
  /** Whether the row is of this graph only, where it is compared with another. */
  isAlone?(row: number): boolean;
}

const unknown = Number.NaN;

export const METRICS: readonly Metric[] = [
  {
    id: 'latency',
    label: 'Latency',
    scale: 'root',
    value: (report, row) => report.seconds[row] ?? unknown,
    format: seconds,
  },
  {
    id: 'cycles',
    label: 'Cycles',
    scale: 'root',
    value: (report, row) => report.cycles[row] ?? unknown,
    format: (value) => count(value),
  },
  {
    id: 'macs',
    label: 'MACs',
    scale: 'root',
    value: (report, row) => report.macs[row] ?? unknown,
    format: (value) => count(value, 'MAC'),
  },
  {
    id: 'bytes',
    label: 'Bytes moved',
    scale: 'root',
    value: (report, row) => operandSum(report.bytes, row),
    format: bytes,
  },
  {
    id: 'energy',
    label: 'Energy',
    scale: 'root',
    value: (report, row) => report.energy[row] ?? unknown,
    format: joules,
  },
  {
    id: 'utilization',
    label: 'Utilization',
    scale: 'fraction',
    value: (report, row) => report.utilization[row] ?? unknown,
    format: percent,
  },
  {
    id: 'bound',
    label: 'Bound',
    scale: 'bound',
    value: (report, row) => report.bound[row] ?? 0,
    format: (value) => BOUNDS[value] ?? 'unknown',
  },
  { id: 'none', label: 'Nothing', scale: 'none', value: () => unknown, format: () => '' },
];

export function metricOf(id: string | undefined): Metric {
  const metric = METRICS.find((candidate) => candidate.id === id) ?? METRICS[0];
  if (!metric) throw new Error('there is no metric');
  return metric;
}

/** How much a place of the scale stands out, 0 to 1. */
export function warmth({ metric }: Pick<Scale, 'metric'>, heat: number): number {
  return metric.scale === 'diverging' ? Math.abs(2 * heat - 1) : heat;
}

export interface Scale {
  readonly metric: Metric;
  /** Value at the hot end. */
  readonly most: number;
  /** Per row of the report: 0 (cold) to 1 (hot), NaN where there is nothing to colour; for `bound` the index of the bound. */
  readonly heat: Float32Array;
}

/**
 * Only layers with a cost of their own have a heat: free, fused and unknown ones are drawn as what they are. `seen`: the rows of
 * which the largest is hottest; absent: all.
 */
export function scaleOf(metric: Metric, report: ReportData, seen: Iterable<number> = report.seconds.keys()): Scale {
  const rows = report.seconds.length;
  const values = Float64Array.from({ length: rows }, (_, row) => metric.value(report, row));
  let most = metric.scale === 'fraction' ? 1 : 0;
  if (metric.scale !== 'fraction') for (const row of seen) most = Math.max(most, Math.abs(values[row] ?? 0) || 0);
  const heat = Float32Array.from(values, (value, row) => {
    if (
      metric.scale === 'diverging'
        ? value === 0 && most > 0 && costState(report, row) !== 'known'
        : costState(report, row) !== 'known'
    )
      return Number.NaN;
    return metric.scale === 'bound' ? value : heatAt(metric, most, value);
  });
  return { metric, most, heat };
}

export function heatAt({ scale }: Metric, most: number, value: number): number {
  if (!Number.isFinite(value)) return Number.NaN;
  if (scale === 'diverging') return most > 0 ? 0.5 + 0.5 * Math.sign(value) * Math.sqrt(Math.abs(value) / most) : 0.5;
  const fraction = most > 0 ? Math.min(1, Math.max(0, value / most)) : 0;
  return scale === 'root' ? Math.sqrt(fraction) : fraction;
}

/** The value at a place of the legend, 0 to 1: the inverse of `heatAt`. */
export function valueAt({ scale }: Metric, most: number, heat: number): number {
  if (scale === 'diverging') return most * Math.sign(heat - 0.5) * (2 * heat - 1) ** 2;
  return scale === 'root' ? most * heat * heat : most * heat;
}

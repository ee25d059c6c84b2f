/** The roofline (Williams, Waterman, Patterson, CACM 2009): a dot per kernel, its FLOP/s over its FLOP per off-chip byte. */
import { BOUND_NAMES, BOUNDS, type Bound } from '../../src/display/bounds';
import { csvText } from './csv';
import { costState, operandSum, operatorOf, type PanelModel } from './panelModel';
import { roundTicks } from './ticks';

export interface Dot {
  /** Scene node of the kernel's head. */
  readonly node: number;
  /** FLOP per off-chip byte; what is fused into the kernel counts. */
  readonly intensity: number;
  readonly flopsPerSecond: number;
  readonly flops: number;
  readonly offChipBytes: number;
  readonly seconds: number;
  readonly bound: Bound;
}

/** Limits of an axis, both above 0. */
export interface Limits {
  readonly low: number;
  readonly high: number;
}

export interface Roofline {
  /** Slowest first. */
  readonly dots: readonly Dot[];
  /** Layers that take time and cannot be placed: no arithmetic, or nothing off chip. */
  readonly unplaced: number;
  readonly unplacedShare: number;
  readonly intensity: Limits;
  readonly flops: Limits;
}

export function rooflineOf(model: PanelModel): Roofline {
  const { report, nodeOfRow } = model;
  const flops = report.flops.slice();
  for (const [row, head] of report.fusedInto.entries())
    if (head >= 0) flops[head] = (flops[head] ?? 0) + (report.flops[row] || 0);
  const dots: Dot[] = [];
  let [unplaced, unplacedSeconds] = [0, 0];
  for (const [row, seconds] of report.seconds.entries()) {
    if (costState(report, row) !== 'known' || !(seconds > 0)) continue;
    const [own, offChipBytes] = [flops[row] ?? 0, operandSum(report.offChipBytes, row)];
    const [intensity, flopsPerSecond] = [own / offChipBytes, own / seconds];
    if (intensity > 0 && Number.isFinite(intensity)) {
      const bound = BOUNDS[report.bound[row] ?? 0] ?? 'unknown';
      dots.push({ node: nodeOfRow[row] ?? 0, intensity, flopsPerSecond, flops: own, offChipBytes, seconds, bound });
    } else {
      unplaced++;
      unplacedSeconds += seconds;
    }
  }
  dots.sort((a, b) => b.seconds - a.seconds);
  const unplacedShare = unplacedSeconds / report.totals.seconds;
  return { dots, unplaced, unplacedShare, ...limitsOf(model, dots) };
}

/** Room for all dots, the roofs and the ridges between them. */
function limitsOf({ report }: PanelModel, dots: readonly Dot[]): Pick<Roofline, 'intensity' | 'flops'> {
  const peaks = report.roofs.flatMap(({ flopsPerSecond }) => flopsPerSecond ?? []);
  const bandwidths = report.roofs.flatMap(({ bytesPerSecond }) => bytesPerSecond ?? []);
  const ridges = peaks.flatMap((peak) => bandwidths.map((bandwidth) => peak / bandwidth));
  const around = (values: readonly number[], below: number, above: number): Limits => {
    const known = values.filter((value) => value > 0 && Number.isFinite(value));
    if (known.length === 0) return { low: 0.1, high: 10 };
    return { low: Math.min(...known) / below, high: Math.max(...known) * above };
  };
  return {
    intensity: around([...dots.map(({ intensity }) => intensity), ...ridges], 2, 3),
    flops: around([...dots.map(({ flopsPerSecond }) => flopsPerSecond), ...peaks], 2, 2.5),
  };
}

/** The dots as a table, in the order of the chart. */
export function rooflineCsv({ scene }: PanelModel, { dots }: Roofline): string {
  const head = ['name', 'operator', 'flop', 'off_chip_bytes', 'flop_per_byte', 'flop_per_second', 'seconds', 'bound'];
  const rows = dots.map(({ node, flops, offChipBytes, intensity, flopsPerSecond, seconds, bound }) => [
    ...[scene.names[node] ?? '', operatorOf(scene, node)],
    ...[flops, offChipBytes, intensity, flopsPerSecond, seconds],
    BOUND_NAMES[bound],
  ]);
  return csvText([head, ...rows]);
}

/** Powers of ten inside the limits, and 2 and 5 times them where those are few; round numbers within less than a decade. */
export function logTicks({ low, high }: Limits): number[] {
  const decades = Math.log10(high / low);
  if (decades < 0.7) return roundTicks(low, high, 5);
  const steps = decades > 4 ? [1] : decades > 1.5 ? [1, 3] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++) {
    for (const step of steps) ticks.push(Number(`${step}e${power}`));
  }
  return ticks.filter((tick) => tick >= low && tick <= high);
}

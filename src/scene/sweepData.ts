import { judged, type Prediction, type SweepPoint } from '../latency/sweep';
import { type Axis, BATCH } from '../latency/sweepAxes';
import type { PointColumns, SweepResult } from '../protocol/sweepPanel';

/** What a sweep found. The points are of all combinations of `y` and `x`, x fastest. */
export interface Found {
  readonly x: Axis;
  readonly y: Axis;
  readonly points: readonly SweepPoint[];
  /** Nothing varied. */
  readonly preset: Prediction;
  /** Images per run where the batch is not varied. */
  readonly batch: number;
}

/** Throws a SettingError where no point is possible. */
export function foundIn({
  points,
  ...rest
}: Omit<Found, 'points'> & { readonly points: readonly Prediction[] }): Found {
  return { ...rest, points: judged(points) };
}

/** A sweep as the panel takes it. */
export function sweepData({ x, y, points, preset, batch }: Found): SweepResult {
  return {
    x,
    y,
    points: columns(points, batch),
    problems: points.map(({ problem = '' }) => problem),
    partial: Uint8Array.from(points, ({ partial }) => Number(partial)),
    preset: columns([preset], batch),
  };
}

function columns(points: readonly Prediction[], batch: number): PointColumns {
  const column = (value: (point: Prediction) => number): Float64Array => Float64Array.from(points, value);
  return {
    images: column(({ settings }) => settings[BATCH] ?? batch),
    seconds: column(({ seconds }) => seconds),
    cycles: column(({ cycles }) => cycles),
    energyJoules: column(({ energyJoules }) => energyJoules),
    utilization: column(({ utilization }) => utilization),
    unknownNodes: column(({ unknownNodes }) => unknownNodes),
  };
}

/** A sweep's result for drawing: points with all their values, and the front among them. */
import { atLeast, count, joules, percent, seconds, significant } from '../../src/display/format';
import { paretoFront } from '../../src/display/pareto';
import { BATCH_KNOB, type Knob } from '../../src/protocol/graphPanel';
import type { PointColumns, SweepAxis, SweepResult } from '../../src/protocol/sweepPanel';
import { labelOf, shownUnit, writtenValue } from '../model/whatIf';

/** NaN is unknown. */
export interface Point {
  /** Place on each axis; -1 for the preset, which need not be on the grid. */
  readonly column: number;
  readonly row: number;
  readonly x: number;
  readonly y: number;
  readonly images: number;
  readonly seconds: number;
  readonly cycles: number;
  readonly energyJoules: number;
  readonly utilization: number;
  readonly unknownNodes: number;
  readonly partial: boolean;
  /** Why no hardware can have these values; '' where it can. */
  readonly problem: string;
}

export interface Axis extends SweepAxis {
  readonly knob: Knob;
  readonly label: string;
  /** `GHz`; '' where the values are plain numbers. */
  readonly unit: string;
}

export interface Sweep {
  readonly x: Axis;
  readonly y: Axis;
  /** Row by row, x fastest. */
  readonly points: readonly Point[];
  readonly preset: Point;
  /** The grid's point with the preset's values, where it has one. */
  readonly presetIndex: number;
}

/** A figure of a point that points are compared by. */
export interface Measure {
  readonly id: string;
  readonly label: string;
  value(point: Point): number;
  format(value: number): string;
}

export interface Metric extends Measure {
  readonly id: 'latency' | 'throughput' | 'energy' | 'utilization';
  /** Layers without a cost make the figure a bound: `least` it is at least, `most` at most this, `none` neither. */
  readonly bound: 'least' | 'most' | 'none';
}

export const METRICS: readonly Metric[] = [
  { id: 'latency', label: 'Latency', bound: 'least', value: (point) => point.seconds, format: seconds },
  {
    id: 'throughput',
    label: 'Images per second',
    bound: 'most',
    value: ({ images, seconds: time }) => images / time,
    format: (value) => significant(value),
  },
  {
    id: 'energy',
    label: 'Energy per image',
    bound: 'least',
    value: ({ energyJoules, images }) => energyJoules / images,
    format: joules,
  },
  { id: 'utilization', label: 'Utilization', bound: 'none', value: (point) => point.utilization, format: percent },
];

export function metricOf(id: string): Metric {
  const [first, ...others] = METRICS;
  const found = others.find((metric) => metric.id === id) ?? first;
  if (!found) throw new Error('no metric');
  return found;
}

/** `≥ 14.1 ms` where layers are missing in it. */
export function figure({ bound, value, format }: Metric, point: Point): string {
  const shown = value(point);
  const incomplete = point.unknownNodes > 0 && Number.isFinite(shown);
  if (bound === 'most') return incomplete ? `≤ ${format(shown)}` : format(shown);
  return atLeast(shown, format, bound === 'least' && point.unknownNodes > 0);
}

export function sweepOf(result: SweepResult, knobs: readonly Knob[]): Sweep {
  const axis = (one: SweepAxis): Axis => {
    const knob = knobs.find(({ key }) => key === one.key);
    if (!knob) throw new Error(`${one.key} is no field of this hardware`);
    return { ...one, knob, label: labelOf(one.key), unit: shownUnit(knob).name };
  };
  const [x, y] = [axis(result.x), axis(result.y)];
  const wide = x.values.length;
  const points = result.problems.map((problem, index): Point => {
    const [column, row] = [index % wide, Math.floor(index / wide)];
    const values = { column, row, x: x.values[column] ?? Number.NaN, y: y.values[row] ?? Number.NaN };
    return { ...values, ...figuresOf(result.points, index), partial: result.partial[index] === 1, problem };
  });
  const own = { column: -1, row: -1, x: x.knob.value, y: y.knob.value, partial: false, problem: '' };
  const preset = { ...own, ...figuresOf(result.preset, 0) };
  const presetIndex = points.findIndex((point) => point.x === preset.x && point.y === preset.y);
  return { x, y, points, preset, presetIndex };
}

function figuresOf(columns: PointColumns, index: number) {
  const at = (column: Float64Array): number => column[index] ?? Number.NaN;
  return {
    images: at(columns.images),
    seconds: at(columns.seconds),
    cycles: at(columns.cycles),
    energyJoules: at(columns.energyJoules),
    utilization: at(columns.utilization),
    unknownNodes: at(columns.unknownNodes),
  };
}

/** Whether the points of both are at the same values: an index means the same in both. */
export function isSameGrid(a: Sweep, b: Sweep): boolean {
  const grid = ({ x, y }: Sweep): string => JSON.stringify([x, y].map(({ key, values }) => [key, values]));
  return grid(a) === grid(b);
}

/** What an axis writes at its ticks: the value in the axis' unit. */
export function tickOf({ knob }: Axis, value: number): string {
  return significant(value / shownUnit(knob).size, 4);
}

/** The time that a front is about: of one image, so that batches can be compared. */
export function timeOf({ points }: Sweep): Measure {
  const single = points.every(({ images }) => images === 1);
  return {
    id: 'time',
    label: single ? 'Latency' : 'Time per image',
    value: (point) => point.seconds / point.images,
    format: seconds,
  };
}

/** A label within a sentence: `memory bandwidth`, but `PE rows`. */
export function inSentence(label: string): string {
  return label.replace(/^[A-Z](?=[a-z ])/, (first) => first.toLowerCase());
}

/** What the time can be weighed against: energy, a field that is varied, or the product of both. */
export function costsOf({ x, y, preset }: Sweep): readonly Measure[] {
  const energy: Measure = { ...metricOf('energy'), id: 'energy' };
  const single = ([id, axis]: readonly ['x' | 'y', Axis]): Measure => ({
    id,
    label: axis.label,
    value: (point) => point[id],
    format: (value) => writtenValue(axis.knob, value),
  });
  const fields = ([['x', x] as const, ['y', y] as const] as const).filter(([, { key }]) => key !== BATCH_KNOB);
  if (fields.length < 2) return [energy, ...fields.map(single)];
  // Sizes multiply to a size (rows × columns: the PEs); anything else is compared with the preset's product.
  const sizes = x.unit === '' && y.unit === '';
  const product: Measure = {
    id: 'xy',
    label: `${x.label} × ${inSentence(y.label)}${sizes ? '' : ' (preset = 1)'}`,
    value: (point) => (sizes ? point.x * point.y : (point.x / preset.x) * (point.y / preset.y)),
    format: (value) => (sizes ? count(value) : significant(value)),
  };
  return [energy, product, ...fields.map(single)];
}

/** The cost of that id; else energy, unless one point is best in both time and energy: then the resources that are varied. */
export function costOf(sweep: Sweep, id: string): Measure {
  const costs = costsOf(sweep);
  const chosen = costs.find((cost) => cost.id === id);
  if (chosen) return chosen;
  const [energy = metricOf('energy'), resources = energy] = costs;
  const front = frontOf(sweep, energy);
  const times = sweep.points
    .filter((_, index) => front[index])
    .map((point) => timeOf(sweep).value(point).toPrecision(3));
  return new Set(times).size > 1 ? energy : resources;
}

/** Which points nothing else is as fast and as cheap as. Points that miss layers which others have are not compared. */
export function frontOf(sweep: Sweep, cost: Measure): readonly boolean[] {
  const time = timeOf(sweep);
  return paretoFront(
    sweep.points.map((point) => (point.partial ? [Number.NaN] : [time.value(point), cost.value(point)])),
  );
}

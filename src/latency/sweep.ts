import { paretoFront } from '../display/pareto';
import type { Model } from '../graph/graph';
import type { Hardware } from '../hardware/hardware';
import { overrideHardware } from '../hardware/parse';
import type { InferredShapes } from '../operators/inferShapes';
import { isUnknown } from './layerCost';
import { buildReport, type LatencyReport } from './report';
import { type Axis, BATCH, combinations } from './sweepAxes';
import { csv } from './textTable';

/** Values by key: fields of the hardware file and the batch. */
type Settings = Readonly<Record<string, number>>;

/** What a model costs with some settings; NaN is unknown. */
export interface Prediction {
  readonly settings: Settings;
  readonly seconds: number;
  readonly cycles: number;
  readonly energyJoules: number;
  /** Mean of the layers' utilizations, weighted by their time: 0–1. */
  readonly utilization: number;
  readonly unknownNodes: number;
  /** Why no hardware can have these settings, one sentence; nothing is known then. */
  readonly problem?: string;
}

export interface SweepPoint extends Prediction {
  /** Layers are unknown that are known at another point: the sums say less than that one's. */
  readonly partial: boolean;
  /** Not partial, and no other point has at most its time per image and at most its cost, and is better in one of them. */
  readonly pareto: boolean;
}

/** What is weighed against the time: energy per image, or the product of the swept hardware fields (rows × cols: the PEs). */
export const COSTS = ['energy', 'resources'] as const;
export type Cost = (typeof COSTS)[number];

/** A model and its shapes at a batch. */
export interface Sized {
  readonly model: Model;
  readonly shapes: InferredShapes;
}

/** Settings that no hardware can have; the message is one sentence. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/** A point before anything is predicted: the hardware with its settings, or why it cannot have them, one sentence. */
export type Candidate = { readonly settings: Settings } & (
  | { readonly hardware: Hardware }
  | { readonly problem: string }
);

/** Every combination of the axes, the last axis fastest. */
export function candidates(hardware: Hardware, axes: readonly Axis[]): readonly Candidate[] {
  return combinations(axes).map((settings) => ({ settings, ...withSettings(hardware, settings) }));
}

export interface PredictOptions {
  readonly fuse?: boolean;
  /** Hardware predicted before, such as the neighbouring point's: searches quickly from what was found there (see buildReport). */
  readonly similar?: Hardware | undefined;
}

/** What the model costs at a point; `sized` answers it at a batch (undefined: as it is). */
export function predict(
  candidate: Candidate,
  sized: (batch: number | undefined) => Sized,
  options: PredictOptions = {},
): Prediction {
  const { settings } = candidate;
  if ('problem' in candidate) return { settings, ...UNKNOWN, problem: candidate.problem };
  const { model, shapes } = sized(settings[BATCH]);
  return summarized(settings, buildReport(model, shapes, candidate.hardware, options));
}

/** Which of the predictions can be compared, and which of those are on the Pareto front. Throws a SettingError where none is possible. */
export function judged(points: readonly Prediction[], cost: Cost = 'energy'): readonly SweepPoint[] {
  const possible = points.filter(({ problem }) => problem === undefined);
  const [first] = points;
  if (possible.length === 0 && first?.problem !== undefined) throw new SettingError(first.problem);
  const fewest = Math.min(...possible.map(({ unknownNodes }) => unknownNodes));
  const isPartial = ({ unknownNodes }: Prediction): boolean => unknownNodes > fewest;
  const front = paretoFront(points.map((point) => (isPartial(point) ? [Number.NaN] : objectives(point, cost))));
  return points.map((point, i) => ({ ...point, partial: isPartial(point), pareto: front[i] ?? false }));
}

/** All points as a CSV file: a column per axis, then what is predicted; what is unknown is empty. */
export function sweepCsv(axes: readonly Axis[], points: readonly SweepPoint[]): string {
  const keys = axes.map(({ key }) => key);
  const figures = ['seconds', 'cycles', 'energy_j', 'utilization', 'unknown_nodes', 'pareto', 'problem'];
  const rows = points.map(({ settings, pareto, problem = '', ...point }) => [
    ...keys.map((key) => settings[key] ?? Number.NaN),
    ...[point.seconds, point.cycles, point.energyJoules, point.utilization, point.unknownNodes, Number(pareto)],
    problem,
  ]);
  return csv([[...keys, ...figures], ...rows]);
}

const UNKNOWN: Omit<Prediction, 'settings'> = {
  seconds: Number.NaN,
  cycles: Number.NaN,
  energyJoules: Number.NaN,
  utilization: Number.NaN,
  unknownNodes: Number.NaN,
};

function withSettings(
  hardware: Hardware,
  { [BATCH]: _, ...fields }: Settings,
): { readonly hardware: Hardware } | { readonly problem: string } {
  try {
    const assignments = Object.entries(fields).map(([key, value]) => `${key}=${value}`);
    return { hardware: overrideHardware(hardware, assignments) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message.replace(/^--set /, '') : String(error) };
  }
}

function summarized(settings: Settings, { totals, layers }: LatencyReport): Prediction {
  const { seconds, cycles, energyJoules, unknownNodes } = totals;
  const busy = layers.reduce((sum, { cost }) => (isUnknown(cost) ? sum : sum + cost.utilization * cost.seconds), 0);
  return { settings, seconds, cycles, energyJoules, utilization: busy / seconds, unknownNodes };
}

/** Less is better: time of one image, and its cost. */
function objectives({ settings, seconds, energyJoules }: Prediction, cost: Cost): readonly number[] {
  const { [BATCH]: images = 1, ...fields } = settings;
  const resources = Object.values(fields).reduce((product, value) => product * value, 1);
  return [seconds / images, cost === 'energy' ? energyJoules / images : resources];
}

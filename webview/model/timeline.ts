/** The predicted schedule: kernels one after the other in execution order, and how long each level is busy for each. */
import { BOUND_NAMES, BOUNDS, type Bound, TERMS, type Term } from '../../src/display/bounds';
import { csvText } from './csv';
import { costState, isResident, kernelOf, operatorOf, type PanelModel, reportRow } from './panelModel';

/** Seconds from the start of the run. */
export interface Bar {
  readonly node: number;
  readonly start: number;
  readonly end: number;
}

export interface KernelBar extends Bar {
  readonly bound: Bound;
}

export interface HeldBar extends Bar {
  readonly bytes: number;
}

export interface Timeline {
  readonly kernels: readonly KernelBar[];
  /** Bars of each level in the order of time; levels that cost nothing at all are left out. */
  readonly levels: readonly { readonly term: Term; readonly bars: readonly Bar[] }[];
  /** What on-chip memory holds between kernels, while each of them runs; empty where nothing stays there. */
  readonly held: readonly HeldBar[];
  readonly mostHeldBytes: number;
  readonly seconds: number;
  /** Layers without a cost: they are in no row. */
  readonly unknown: number;
}

/** Shown even where they cost nothing. */
const ALWAYS: readonly Term[] = ['compute', 'globalBuffer', 'offChip', 'launch'];
/** Before the work of a kernel begins, one after the other. */
const BEFORE: readonly Term[] = ['launch', 'ramp', 'peFill'];
/** The work itself: together, or in turn where the terms add up to the kernel's time. */
const BUSY: readonly Term[] = ['offChip', 'globalBuffer', 'compute'];

export function timelineOf(model: PanelModel): Timeline {
  const { report, nodeOfRow } = model;
  const kernels: KernelBar[] = [];
  const bars = new Map<Term, Bar[]>(TERMS.map((term) => [term, []]));
  let now = 0;
  let unknown = 0;
  for (const [row, seconds] of report.seconds.entries()) {
    if (costState(report, row) === 'unknown') unknown++;
    if (!(seconds > 0)) continue;
    const node = nodeOfRow[row] ?? 0;
    const time = (term: Term) => report.terms[TERMS.length * row + TERMS.indexOf(term)] || 0;
    for (const [term, from, long] of placed(time, seconds)) {
      bars.get(term)?.push({ node, start: now + from, end: now + from + long });
    }
    kernels.push({ node, start: now, end: now + seconds, bound: BOUNDS[report.bound[row] ?? 0] ?? 'unknown' });
    now += seconds;
  }
  const levels = TERMS.map((term) => ({ term, bars: bars.get(term) ?? [] }));
  const shown = levels.filter(({ term, bars: own }) => ALWAYS.includes(term) || own.length > 0);
  const held = heldBars(model, kernels);
  const mostHeldBytes = held.reduce((most, { bytes }) => Math.max(most, bytes), 0);
  return { kernels, levels: shown, held, mostHeldBytes, seconds: now, unknown };
}

/** From the kernel that leaves a tensor on chip to the last one that takes it from there. */
function heldBars(model: PanelModel, kernels: readonly KernelBar[]): readonly HeldBar[] {
  const { scene, report, resident, sources, targets } = model;
  if (resident.size === 0) return [];
  const place = new Map(kernels.map(({ node }, i) => [node, i]));
  const placeOf = (node: number) => place.get(kernelOf(model, node) ?? -1) ?? -1;
  const last = new Int32Array(kernels.length).fill(-1);
  for (let edge = 0; edge < sources.length; edge++) {
    if (!isResident(model, edge)) continue;
    const [from, to] = [placeOf(sources[edge] ?? 0), placeOf(targets[edge] ?? 0)];
    if (from >= 0) last[from] = Math.max(last[from] ?? -1, to);
  }
  const bytes = new Float64Array(kernels.length);
  for (const [from, { node }] of kernels.entries()) {
    const left = report.residentBytes[2 * reportRow(scene, node) + 1] ?? 0;
    for (let i = from; i <= (last[from] ?? -1); i++) bytes[i] = (bytes[i] ?? 0) + left;
  }
  return kernels.flatMap(({ node, start, end }, i) => {
    const size = bytes[i] ?? 0;
    return size > 0 ? [{ node, start, end, bytes: size }] : [];
  });
}

type Placed = readonly [term: Term, start: number, seconds: number];

/** Where a kernel's terms lie within its time. The prediction says how long each takes; that they begin together is drawn, not known. */
function placed(time: (term: Term) => number, seconds: number): readonly Placed[] {
  const all = TERMS.reduce((sum, term) => sum + time(term), 0);
  const inTurn = all <= seconds * (1 + 1e-6);
  const list: Placed[] = [];
  let at = 0;
  for (const term of BEFORE) {
    list.push([term, at, time(term)]);
    at += time(term);
  }
  for (const term of BUSY) {
    list.push([term, at, time(term)]);
    if (inTurn) at += time(term);
  }
  list.push(['drain', Math.max(0, seconds - time('drain')), time('drain')]);
  return list.filter(([, , long]) => long > 0);
}

/** Index of the first bar that ends after a time. */
export function firstAfter(bars: readonly Bar[], time: number): number {
  let [low, high] = [0, bars.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bars[middle]?.end ?? 0) > time) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The schedule as a table: a row per kernel, seconds from the start of the run, and what each level takes. */
export function timelineCsv({ scene, report }: PanelModel, { kernels }: Timeline): string {
  const head = ['name', 'operator', 'start_seconds', 'end_seconds', 'bound', ...TERMS.map((term) => `${term}_seconds`)];
  const rows = kernels.map(({ node, start, end, bound }) => {
    const first = TERMS.length * reportRow(scene, node);
    const terms = TERMS.map((_, i) => report.terms[first + i] ?? Number.NaN);
    return [scene.names[node] ?? '', operatorOf(scene, node), start, end, BOUND_NAMES[bound], ...terms];
  });
  return csvText([head, ...rows]);
}

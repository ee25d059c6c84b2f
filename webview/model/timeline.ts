/** The predicted schedule: kernels one after the other in execution order, and how long each level is busy for each. */
import { BOUNDS, type Bound, TERMS, type Term } from '../../src/display/bounds';

import { costState, type PanelModel } from './panelModel';

/** Seconds from the start of the run. */
export interface Bar {
  readonly node: number;
  readonly start: number;
  readonly end: number;
}

export interface KernelBar extends Bar {
  readonly bound: Bound;
}

export interface Timeline {
  readonly kernels: readonly KernelBar[];
  /** Bars of each level in the order of time; levels that cost nothing at all are left out. */
  readonly levels: readonly { readonly term: Term; readonly bars: readonly Bar[] }[];
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

export function timelineOf({ report, nodeOfRow }: PanelModel): Timeline {
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
  return { kernels, levels: shown, seconds: now, unknown };
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

/** Round numbers of time inside a window, at most about `count` of them. */
export function timeTicks(from: number, to: number, count: number): number[] {
  const least = (to - from) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= least) ?? power;
  const ticks: number[] = [];
  // A hair inside counts: a limit such as 0.0123 is no exact multiple of 0.0001.
  for (let i = Math.ceil(from / step - 1e-6); i * step <= to + 1e-6 * step; i++)
    ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** What a layer's time is made of, and what can bound it: one list for costs, messages and charts. */

/** The terms of a cost, in the order in which they are charted. */
export const TERMS = ['compute', 'globalBuffer', 'offChip', 'peFill', 'ramp', 'drain', 'launch'] as const;

/** `unknown`: not costed; `free`: nothing runs (views, constants). */
export const BOUNDS = ['unknown', ...TERMS, 'free'] as const;

export type Term = (typeof TERMS)[number];
export type Bound = (typeof BOUNDS)[number];

/** What people call them. */
export const BOUND_NAMES: Readonly<Record<Bound, string>> = {
  unknown: 'unknown',
  compute: 'compute',
  globalBuffer: 'on-chip',
  offChip: 'off-chip',
  peFill: 'PE fill',
  ramp: 'ramp',
  drain: 'drain',
  launch: 'launch',
  free: 'free',
};

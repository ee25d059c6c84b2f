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

/** What each term is, in one sentence. */
export const TERM_MEANINGS: Readonly<Record<Term, string>> = {
  compute: 'Arithmetic, with the lanes that this layer keeps busy',
  globalBuffer: 'Moving operands between on-chip memory and the PEs',
  offChip: 'Moving operands between off-chip memory and the chip',
  peFill: 'Loading the stationary operand into the PEs',
  ramp: 'Filling the pipeline before the first result',
  drain: 'Emptying the array after the last operand',
  launch: 'Starting the kernel',
};

/** Where energy goes: arithmetic, then the memories from the inside out. */
export const ENERGY_LEVELS = ['mac', 'pe', 'globalBuffer', 'offChip'] as const;
export type EnergyLevel = (typeof ENERGY_LEVELS)[number];

export const ENERGY_NAMES: Readonly<Record<EnergyLevel, string>> = {
  mac: 'arithmetic',
  pe: 'PE memory',
  globalBuffer: 'on-chip',
  offChip: 'off-chip',
};

/** Two sets of figures side by side, of one graph or of two: what a comparison shows. */

/** How a node of A and one of B were found to be the same one. */
export const MATCHES = ['same', 'name', 'structure', 'onlyA', 'onlyB'] as const;
export type Match = (typeof MATCHES)[number];

export type Unit = 's' | 'cycle' | 'MAC' | 'B' | 'J' | '';

/** One figure of every row on both sides. NaN is unknown; a row that a side does not have has 0 there. */
export interface ComparedFigure {
  readonly id: string;
  readonly label: string;
  readonly unit: Unit;
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly totals: ComparedTotals;
}

/** Sums over each whole graph; what is unknown is counted and left out, so that they are lower bounds then. */
export interface ComparedTotals {
  readonly a: number;
  readonly b: number;
  readonly unknownA: number;
  readonly unknownB: number;
}

/** Columns have one entry per row: a pair of operator nodes, or one that only one side has. */
export interface ComparisonData {
  readonly a: ComparedSide;
  readonly b: ComparedSide;
  /** Scene index of each row on a side; -1 where it has none. */
  readonly nodeA: Int32Array;
  readonly nodeB: Int32Array;
  /** Index into MATCHES. */
  readonly match: Uint8Array;
  /** A's where it has the row. */
  readonly names: readonly string[];
  /** B's name of a pair where it is another one; else ''. */
  readonly renamed: readonly string[];
  readonly operators: readonly string[];
  readonly shapes: readonly string[];
  /** What else is different: `kernel_shape 3,3 → 5,5`; '' where nothing is. */
  readonly changes: readonly string[];
  readonly figures: readonly ComparedFigure[];
}

export interface ComparedSide {
  readonly label: string;
}

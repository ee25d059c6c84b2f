/** What one layer costs on one accelerator. Every figure keeps its terms, so that a hover can say where it came from. */
export interface Terms {
  /** All in seconds. */
  readonly compute: number;
  readonly globalBuffer: number;
  readonly offChip: number;
  readonly peFill: number;
  readonly ramp: number;
  readonly drain: number;
  readonly launch: number;
}

export type Bound = keyof Terms | 'unknown';

export interface OperandBytes {
  readonly input: number;
  readonly weight: number;
  readonly output: number;
}

/** A tile of the multicore engine: output channels × height × width × input channels handled by one PE at a time. */
export interface Tile {
  readonly c: number;
  readonly h: number;
  readonly w: number;
  /** Input channels; absent in the founding mode. */
  readonly ci?: number;
  readonly count: number;
}

export interface LayerCost {
  readonly cycles: number;
  readonly seconds: number;
  readonly terms: Terms;
  /** The largest term. */
  readonly bound: Bound;
  readonly offChipBytes: OperandBytes;
  readonly globalBufferBytes: OperandBytes;
  /** MACs (or vector operations) done over those the lanes could have done in `seconds`; 0–1. */
  readonly utilization: number;
  /** No mapping on this hardware can be faster. */
  readonly lowerBoundSeconds: number;
  readonly energyJoules: number;
  readonly tile?: Tile;
  /** One line for people: the tile, or why the layer costs nothing. */
  readonly mapping: string;
}

/** A layer that could not be costed, and why; never shown as zero. */
export interface UnknownCost {
  readonly unknown: string;
}

/**
 * Sums over the layers. Layers without a cost count in no sum but their MACs and parameters, where known: with
 * `unknownNodes` the sums are lower bounds, and NaN where nothing could be costed.
 */
export interface Totals {
  readonly seconds: number;
  /** The same where every node is a kernel of its own, which reads and writes off chip. */
  readonly unfusedSeconds: number;
  readonly cycles: number;
  readonly macs: number;
  readonly flops: number;
  readonly parameters: number;
  /** Memory access cost of all operators, unfused. */
  readonly memoryAccessBytes: number;
  readonly energyJoules: number;
  readonly lowerBoundSeconds: number;
  /** 0–1: MACs of costed nodes over all MACs; NaN where a node may have MACs that are not known. */
  readonly costedMacsFraction: number;
  readonly unknownNodes: number;
  /** Share of the time spent in layers of each bound, in the order of BOUNDS. */
  readonly boundShare: readonly number[];
}

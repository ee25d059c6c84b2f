/** What the elements of a constant look like. */

export interface TensorStatistics {
  /** Elements of the tensor, and how many of them were looked at; all others of a sparse tensor are zeros. */
  readonly elements: number;
  readonly sampled: number;
  /** Of the finite ones; NaN where there are none. `deviation` is the population's standard deviation. */
  readonly minimum: number;
  readonly maximum: number;
  readonly mean: number;
  readonly deviation: number;
  /** Among those that were looked at. */
  readonly zeros: number;
  readonly nans: number;
  readonly infinities: number;
  /** Bins of one width; finite elements only. No bins where there are none. */
  readonly histogram: { readonly low: number; readonly high: number; readonly counts: readonly number[] };
}

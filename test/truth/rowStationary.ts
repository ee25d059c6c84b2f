import { extent } from '../../src/latency/spatial/mapping';
import type { LoopNest } from '../../src/operators/work';

/**
 * Row stationary on Eyeriss (Chen et al., JSSC 2017) in closed form: a column of PEs convolves one output row, R filter rows tall; sets of
 * PEs stand side by side for other channels. Checked against the chip's processing latency with the mappings of its paper.
 */
export interface RowStationaryMapping {
  /** Images per pass. */
  readonly n: number;
  /** Output rows per strip: columns of a PE set. */
  readonly e: number;
  /** Output and input channels per PE. */
  readonly p: number;
  readonly q: number;
  /** PE sets over input channels, and over output channels. */
  readonly r: number;
  readonly t: number;
}

/** Words per cycle from and to the global buffer. */
export interface Buses {
  readonly input: number;
  readonly weight: number;
  /** Partial sums in and out at the same time. */
  readonly sum: number;
}

/** 16-bit words: 16 bits for inputs, 64 for filters and for partial sums. */
export const EYERISS_BUSES: Buses = { input: 1, weight: 4, sum: 4 };

export interface RowStationaryCost {
  readonly cycles: number;
  /** Cycles of what runs side by side; the longest counts. */
  readonly compute: number;
  readonly sums: number;
  readonly inputs: number;
  /** Cycles between passes: filters into the PEs, then the first window of inputs. */
  readonly weightFill: number;
  readonly inputFill: number;
  readonly activePes: number;
  /** Words read and written in the global buffer: inputs in and out, partial sums in and out. */
  readonly bufferWords: number;
}

/** K and C of the nest are per group; its input is padded where its windows reach beyond it. */
export function costRowStationary(
  nest: LoopNest,
  { n, e, p, q, r, t }: RowStationaryMapping,
  buses: Buses = EYERISS_BUSES,
): RowStationaryCost {
  const { N, G, K, C, P, Q, R, S, strideH, strideW } = nest;
  const inputRounds = Math.ceil(C / (q * r));
  const outputRounds = Math.ceil(K / (p * t));
  const strips = Math.ceil(P / e);
  const passes = Math.ceil(N / n) * G * outputRounds * inputRounds * strips;
  const activePes = R * e * r * t;
  const macs = N * G * K * C * P * Q * R * S;
  const outputs = N * G * K * P * Q;
  // Σ over strips of (rows − 1)·stride + R.
  const inputRows = (P - strips) * strideH + strips * R;
  const inputWords = N * G * C * extent(Q, S, strideW, 1) * inputRows * outputRounds;
  const compute = (macs / activePes) * ((inputRounds * q * r) / C);
  const sums = (inputRounds * outputs) / buses.sum;
  const inputs = inputWords / buses.input;
  const weightFill = (passes * p * t * q * r * R * S) / buses.weight;
  const inputFill = (passes * q * r * extent(e, R, strideH, 1) * S) / buses.input;
  return {
    cycles: Math.max(compute, sums, inputs) + weightFill + inputFill,
    ...{ compute, sums, inputs, weightFill, inputFill, activePes },
    bufferWords: 2 * inputRounds * outputs + inputWords,
  };
}

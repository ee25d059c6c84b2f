import type { ScaleSimHardware } from '../../hardware/hardware';
import type { LoopNest } from '../../operators/work';
import { energyOf } from '../energy';
import { boundOf, type LayerCost, NO_TERMS, totalBytes } from '../layerCost';
import { elementBytes, type Workload } from '../workload';

/**
 * Cycles of a systolic array as SCALE-Sim v3 counts them (Samajdar et al., ISPASS 2020; CALC mode: no stalls). A layer is a product of
 * a rows × depth by a depth × columns matrix: output pixels, filters, window. The dataflow says which two of the three lie on the
 * array; what does not fit is folded.
 */
export interface SystolicProduct {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

export interface SystolicCycles {
  /** All cycles; of those, `fill` put the stationary operand in place and `skew` wait for the first and last PE. */
  readonly cycles: number;
  readonly fill: number;
  readonly skew: number;
  readonly rowFolds: number;
  readonly columnFolds: number;
}

type Array = Pick<ScaleSimHardware, 'rows' | 'cols' | 'dataflow'>;

export function systolicCycles({ rows, columns, depth }: SystolicProduct, array: Array): SystolicCycles {
  const [onRows, onColumns, streamed] = {
    os: [rows, columns, depth] as const,
    ws: [depth, columns, rows] as const,
    is: [depth, rows, columns] as const,
  }[array.dataflow];
  const rowFolds = Math.ceil(onRows / array.rows);
  const columnFolds = Math.ceil(onColumns / array.cols);
  const folds = rowFolds * columnFolds;
  const fill = array.dataflow === 'os' ? 0 : folds * array.rows;
  const skew = folds * (array.rows + array.cols - 2) - 1;
  return { cycles: folds * streamed + fill + skew, fill, skew, rowFolds, columnFolds };
}

/** A contraction as SCALE-Sim runs it: images side by side as output pixels, groups one after the other. */
export function costScaleSim(workload: Workload, nest: LoopNest, hardware: ScaleSimHardware): LayerCost {
  const { N, G, K, C, P, Q, R, S } = nest;
  const product = { rows: N * P * Q, columns: K, depth: C * R * S };
  const count = systolicCycles(product, hardware);
  const { cycles, fill, skew, rowFolds, columnFolds } = count;
  const { frequency, launch_time } = hardware;
  const seconds = (G * cycles) / frequency + launch_time;
  const macs = G * product.rows * product.columns * product.depth;
  const pes = hardware.rows * hardware.cols;
  const terms = {
    ...NO_TERMS,
    compute: (G * (cycles - fill - skew)) / frequency,
    peFill: (G * fill) / frequency,
    ramp: (G * skew) / frequency,
    launch: launch_time,
  };
  const words = systolicWords(product, hardware, count);
  const { types } = workload;
  const globalBufferBytes = {
    input: G * words.input * elementBytes(types.input),
    weight: G * words.weight * elementBytes(types.weight),
    output: G * words.output * elementBytes(types.output),
  };
  return {
    cycles: seconds * frequency,
    seconds,
    terms,
    bound: boundOf(terms),
    offChipBytes: workload.bytes,
    globalBufferBytes,
    utilization: macs / (G * cycles * pes),
    lowerBoundSeconds: macs / pes / frequency + launch_time,
    ...energyOf(hardware, {
      macs,
      operations: 0,
      type: workload.types.input,
      peBytes: 4 * macs * elementBytes(workload.types.input),
      globalBufferBytes: totalBytes(globalBufferBytes),
      offChipBytes: totalBytes(workload.bytes),
    }),
    mapping: `${hardware.dataflow}, ${rowFolds} × ${columnFolds} folds on ${hardware.rows} × ${hardware.cols} PEs, no memory stalls`,
  };
}

/**
 * Words that cross between the on-chip memories and the array: what is not stationary passes once per fold of the other, and folds
 * over the depth write partial sums. (SCALE-Sim counts output-stationary writes for idle PEs too; these are the results alone.)
 */
export function systolicWords(
  { rows, columns, depth }: SystolicProduct,
  { dataflow }: Pick<ScaleSimHardware, 'dataflow'>,
  { rowFolds, columnFolds }: SystolicCycles,
): { readonly input: number; readonly weight: number; readonly output: number } {
  return {
    input: rows * depth * (dataflow === 'is' ? 1 : columnFolds),
    weight: columns * depth * { os: rowFolds, ws: 1, is: columnFolds }[dataflow],
    output: rows * columns * (dataflow === 'os' ? 1 : rowFolds),
  };
}

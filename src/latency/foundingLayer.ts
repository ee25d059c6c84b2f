import { counted } from '../display/format';
import type { MulticoreHardware } from '../hardware/hardware';
import { flopsOf, macsOf } from '../operators/work';
import { energyOf } from './energy';
import { costFounding, type FoundingRow, foundingSeconds } from './founding';
import { boundOf, type LayerCost, NO_TERMS, type OperandBytes, totalBytes } from './layerCost';
import type { Workload } from './workload';

/**
 * A layer by the founding predictor. It has four rows: convolutions, matrix products (fc, rows of the product as batch), element-wise
 * layers (add) and pools. Every other layer that computes or moves is costed like a pool: its words through both levels.
 */
export function costFoundingLayer(workload: Workload, hardware: MulticoreHardware): LayerCost {
  const { row, batch } = rowOf(workload);
  const cost = costFounding(row, batch, hardware);
  const { compute, globalBuffer, offChip } = cost;
  const terms = { ...NO_TERMS, compute, globalBuffer, offChip, launch: hardware.launch_time };
  const seconds = foundingSeconds(hardware, compute, offChip + globalBuffer) + hardware.launch_time;
  const macs = macsOf(workload.work);
  const operations = macs > 0 ? 0 : flopsOf(workload.work);
  const allLanes = hardware.n_pes * hardware.pe_fp32s * hardware.frequency;
  // The predictor's own sizes set its bound; its fc row undercounts the arithmetic, so that only memory binds it.
  const ideal = row.row === 'conv' ? (batch * foundingMacs(row)) / allLanes : 0;
  const offChipBytes = split(workload, 4 * cost.offChipWords);
  const globalBufferBytes = split(workload, 4 * cost.globalBufferWords);
  const { tile } = cost;
  return {
    cycles: seconds * hardware.frequency,
    seconds,
    terms,
    bound: boundOf(terms),
    offChipBytes,
    globalBufferBytes,
    // Above 1 where the predictor leaves arithmetic out: it sizes outputs by input ÷ stride, whatever the pads.
    utilization: (macs + operations) / (seconds * allLanes),
    lowerBoundSeconds: foundingSeconds(hardware, ideal, offChip) + hardware.launch_time,
    ...energyOf(hardware, {
      macs,
      operations,
      type: 'float32',
      peBytes: 16 * macs,
      globalBufferBytes: totalBytes(globalBufferBytes),
      offChipBytes: totalBytes(offChipBytes),
    }),
    ...(tile && { tile }),
    mapping: tile
      ? `founding mode, ${row.row}: tile ${tile.c} × ${tile.h} × ${tile.w}, ${counted(tile.count, 'tile')}`
      : `founding mode, ${row.row}: bytes only`,
  };
}

function foundingMacs({
  cin,
  cout,
  groups,
  height,
  width,
  kernelH,
  kernelW,
  strideH,
  strideW,
}: FoundingRow & { row: 'conv' }) {
  return cout * Math.floor(height / strideH) * Math.floor(width / strideW) * (cin / groups) * kernelH * kernelW;
}

function rowOf(workload: Workload): { readonly row: FoundingRow; readonly batch: number } {
  const { work, words } = workload;
  if (work.kind === 'loopNest') {
    const { N, G, K, C, P, Q, R, S, H, W, strideH, strideW } = work.nest;
    if (workload.channelsLast) return { row: { row: 'fc', cin: C, cout: K }, batch: N * G * P * Q };
    const sizes = { cin: G * C, cout: G * K, groups: G, height: H, width: W };
    return { row: { row: 'conv', ...sizes, kernelH: R, kernelW: S, strideH, strideW }, batch: N };
  }
  const { batch, c, h, w } = imageOf(workload.outputShape);
  if (!workload.elementwise) return { row: { row: 'avg_pool', words: (words.input + words.output) / batch }, batch };
  return { row: { row: 'add', c, h, w, words: (words.input + words.output) / batch }, batch };
}

/** A tensor as batch × channels × rows × columns: the first two sizes, then the next, then the product of the rest. */
function imageOf(shape: readonly number[]) {
  const [batch = 1, c = 1, h = 1, ...rest] = shape.length > 1 ? shape : [1, ...shape];
  return { batch: Math.max(1, batch), c, h, w: rest.reduce((product, size) => product * size, 1) };
}

/** The predictor counts words, not operands: they are shared out as the layer's own bytes are. */
function split({ bytes }: Workload, total: number): OperandBytes {
  const all = totalBytes(bytes);
  if (all === 0) return { input: 0, weight: 0, output: total };
  const { input, weight } = bytes;
  return {
    input: (total * input) / all,
    weight: (total * weight) / all,
    output: total - (total * (input + weight)) / all,
  };
}

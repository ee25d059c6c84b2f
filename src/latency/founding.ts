import type { MulticoreHardware } from '../hardware/hardware';
import type { Tile } from './layerCost';
import { foundingTileSizes } from './tiles';

/**
 * The predictor of the founding note (*Latency-aware Spatial-wise Dynamic Networks*, NeurIPS 2022; LAUDNet, TPAMI 2024), kept for
 * parity with its own peculiarities: 4-byte words, no padding, output sizes ⌊H/stride⌋, a halo of (h + k − 1)·stride.
 */
export type FoundingRow =
  | {
      readonly row: 'conv';
      readonly cin: number;
      readonly cout: number;
      readonly groups: number;
      readonly height: number;
      readonly width: number;
      readonly kernelH: number;
      readonly kernelW: number;
      readonly strideH: number;
      readonly strideW: number;
    }
  /** Element-wise; `words` read and written per image (3·c·h·w for an addition). */
  | { readonly row: 'add'; readonly c: number; readonly h: number; readonly w: number; readonly words: number }
  /** Words read and written per image. */
  | { readonly row: 'avg_pool'; readonly words: number }
  | { readonly row: 'fc'; readonly cin: number; readonly cout: number };

/** Seconds, without launch; words of 4 bytes. */
export interface FoundingCost {
  readonly compute: number;
  readonly offChip: number;
  readonly globalBuffer: number;
  readonly offChipWords: number;
  readonly globalBufferWords: number;
  readonly tile?: Tile;
}

/** compute + memory or the longer of the two, as the file's latency_mode says; launch_time comes on top. */
export function foundingSeconds(hardware: MulticoreHardware, compute: number, memory: number): number {
  return hardware.latency_mode === 'add' ? compute + memory : Math.max(compute, memory);
}

export function costFounding(row: FoundingRow, batch: number, hardware: MulticoreHardware): FoundingCost {
  switch (row.row) {
    case 'conv':
      return convolution(row, batch, hardware);
    case 'add':
      return addition(row, batch, hardware);
    case 'avg_pool':
      return memoryOnly(batch * row.words, hardware);
    case 'fc':
      return fullyConnected(row, batch, hardware);
  }
}

/** Words per second off chip and on chip. */
function bandwidths(hardware: MulticoreHardware): { readonly offChip: number; readonly global: number } {
  const offChip = hardware.mem_bandwidth / 4;
  return { offChip, global: offChip * hardware.l2_speed_frac };
}

/** Share of a memory transaction of q words that a run of w words out of w + i uses. */
function transactionEfficiency(w: number, i: number, q: number): number {
  if (w > q) return w / (Math.ceil(w / q) * q);
  return w + i > q ? w / q : w / (w + i);
}

/** Seconds for one PE wave after wave: `outputs` per tile occupy lanes · fp32_cycles slots, each for `steps` cycles. */
function waves(hardware: MulticoreHardware, outputs: number, steps: number, count: number): number {
  const peak = hardware.pe_fp32s * hardware.fp32_cycles;
  const slots = Math.ceil(outputs / peak) * peak;
  return ((slots * steps) / (hardware.frequency * hardware.pe_fp32s)) * Math.ceil(count / hardware.n_pes);
}

function convolution(row: FoundingRow & { row: 'conv' }, batch: number, hardware: MulticoreHardware): FoundingCost {
  const { cin, cout, groups, kernelH, kernelW, strideH, strideW } = row;
  const outH = Math.floor(row.height / strideH);
  const outW = Math.floor(row.width / strideW);
  const inPerGroup = cin / groups;
  const outPerGroup = cout / groups;
  const window = kernelH * kernelW;
  const bandwidth = bandwidths(hardware);
  const offChipWords =
    cout * inPerGroup * window + batch * cin * outH * strideH * outW * strideW + batch * cout * outH * outW;
  const offChip = offChipWords / bandwidth.offChip;
  let best = Number.POSITIVE_INFINITY;
  let [bestC, bestH, bestW, compute, globalBuffer, globalBufferWords, count] = [0, 0, 0, 0, 0, 0, 0];
  const columns = foundingTileSizes(outW);
  const rows = foundingTileSizes(outH);
  for (const c of foundingTileSizes(cout)) {
    for (const h of rows) {
      for (const w of columns) {
        const tiles = Math.ceil(cout / c) * Math.ceil(outH / h) * Math.ceil(outW / w);
        const inputs =
          Math.ceil(c / outPerGroup) * inPerGroup * (h + kernelH - 1) * strideH * (w + kernelW - 1) * strideW;
        const words = tiles * (c * inPerGroup * window + batch * inputs + batch * c * h * w);
        const efficiency = transactionEfficiency(w, Math.max(0, outW - w), hardware.mem_concurrent_fp32);
        const onChip = words / bandwidth.global / efficiency;
        const computing = waves(hardware, c * h * w, inPerGroup * window * batch, tiles);
        const seconds = foundingSeconds(hardware, computing, offChip + onChip);
        if (seconds >= best) continue;
        best = seconds;
        [bestC, bestH, bestW, count] = [c, h, w, tiles];
        [compute, globalBuffer, globalBufferWords] = [computing, onChip, words];
      }
    }
  }
  const tile = { c: bestC, h: bestH, w: bestW, count };
  return { compute, offChip, globalBuffer, offChipWords, globalBufferWords, tile };
}

function addition(row: FoundingRow & { row: 'add' }, batch: number, hardware: MulticoreHardware): FoundingCost {
  const offChipWords = batch * row.words;
  let compute = Number.POSITIVE_INFINITY;
  let tile: Tile | undefined;
  const rows = foundingTileSizes(row.h);
  const columns = foundingTileSizes(row.w);
  for (const c of foundingTileSizes(row.c)) {
    for (const h of rows) {
      for (const w of columns) {
        const count = Math.ceil(row.c / c) * Math.ceil(row.h / h) * Math.ceil(row.w / w);
        const seconds = waves(hardware, c * h * w, batch, count);
        if (seconds >= compute) continue;
        compute = seconds;
        tile = { c, h, w, count };
      }
    }
  }
  const offChip = offChipWords / bandwidths(hardware).offChip;
  return { compute, offChip, globalBuffer: 0, offChipWords, globalBufferWords: 0, ...(tile && { tile }) };
}

function memoryOnly(words: number, hardware: MulticoreHardware): FoundingCost {
  const { offChip, global } = bandwidths(hardware);
  const seconds = { compute: 0, offChip: words / offChip, globalBuffer: words / global };
  return { ...seconds, offChipWords: words, globalBufferWords: words };
}

/** A quirk kept: the number of tiles n is the product of the tile sizes, and one tile's work is done n times. */
function fullyConnected(
  { cin, cout }: FoundingRow & { row: 'fc' },
  batch: number,
  hardware: MulticoreHardware,
): FoundingCost {
  const bandwidth = bandwidths(hardware);
  const offChipWords = batch * (cin * cout + cin + cout);
  const offChip = offChipWords / bandwidth.offChip;
  let best = Number.POSITIVE_INFINITY;
  let cost: FoundingCost = { compute: 0, offChip, globalBuffer: 0, offChipWords, globalBufferWords: 0 };
  for (const o of foundingTileSizes(cout)) {
    for (const i of foundingTileSizes(cin)) {
      const count = o * i;
      const words = batch * count * (o * i + i + o);
      const efficiency = transactionEfficiency(i, Math.max(0, cin - i), hardware.mem_concurrent_fp32);
      const globalBuffer = words / bandwidth.global / efficiency;
      const compute = waves(hardware, o * i * batch, 1, count);
      const seconds = foundingSeconds(hardware, compute, offChip + globalBuffer);
      if (seconds >= best) continue;
      best = seconds;
      cost = {
        compute,
        offChip,
        globalBuffer,
        offChipWords,
        globalBufferWords: words,
        tile: { c: o, h: 1, w: 1, ci: i, count },
      };
    }
  }
  return cost;
}

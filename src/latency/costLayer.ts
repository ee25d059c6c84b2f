import type { Hardware, MulticoreHardware } from '../hardware/hardware';
import type { Body } from '../operators/work';
import { costFoundingLayer } from './foundingLayer';
import { freeCost, isUnknown, type LayerCost, type UnknownCost } from './layerCost';
import { type Mapped, NO_TILES, OFF_CHIP, remembered, type Start, settled } from './mapped';
import { costNvdla } from './modes/nvdla';
import { costScaleSim } from './modes/scaleSim';
import { mapContraction } from './multicore';
import type { Kernel } from './plan';
import { bytesInside, costBody, withOperandsOnChip } from './repeated';
import { mapArray } from './spatial/costArray';
import { mapVectorUnit } from './spatial/vectorUnit';
import { mapVector } from './vector';
import { type Workload, workloadKey } from './workload';

/** Distinct workloads; equal ones are searched once. */
type Known = Map<string, Mapped | UnknownCost>;

/** By hardware, and what quick searches found also by the similar hardware where they began. */
const memo = new WeakMap<Hardware, { readonly full: Known; readonly quick: WeakMap<Hardware, Known> }>();

/**
 * How a kernel runs. `similar`: hardware on which that was found out before. With it the search is a quick one that tries what was
 * found there and a few candidates: a first answer while a slider moves, or where only a small difference is looked for.
 */
export function mapKernel(kernel: Kernel, hardware: Hardware, similar?: Hardware): Mapped | UnknownCost {
  switch (kernel.kind) {
    case 'workload':
      return mapLayer(kernel.workload, hardware, similar);
    case 'body':
      return mapBody(kernel.body, kernel.parts, hardware, similar);
    case 'settled':
      return settled(kernel.cost);
  }
}

function mapBody(body: Body, kernels: readonly Kernel[], hardware: Hardware, similar?: Hardware): Mapped | UnknownCost {
  const parts = kernels.map((part) => mapKernel(part, hardware, similar));
  const costs = parts.map((part) => (isUnmapped(part) ? part : part.cost(OFF_CHIP)));
  const cost = costBody(body, costs, hardware);
  if (isUnknown(cost)) return cost;
  const tiles = parts.map((part) => (isUnmapped(part) ? 0 : part.tiles.input + part.tiles.output + part.tiles.rest));
  const known = costs.flatMap((part) => (isUnknown(part) ? [] : [part]));
  const inside = bytesInside(body, known, hardware);
  return remembered({
    tiles: { ...NO_TILES, rest: inside + Math.max(0, ...tiles) },
    cost: (onChip) => withOperandsOnChip(cost, onChip, hardware),
  });
}

/** What one workload costs, by the engine that the hardware names, with nothing on chip before and after. */
export function costLayer(workload: Workload, hardware: Hardware, similar?: Hardware): LayerCost | UnknownCost {
  const mapped = mapLayer(workload, hardware, similar);
  return isUnmapped(mapped) ? mapped : mapped.cost(OFF_CHIP);
}

function mapLayer(workload: Workload, hardware: Hardware, similar?: Hardware): Mapped | UnknownCost {
  const key = workloadKey(workload);
  const { full } = knownOn(hardware);
  const known = similar && !full.has(key) ? quickFrom(similar, hardware) : full;
  const mapped = known.get(key) ?? search(workload, hardware, similar && startFrom(similar, key));
  known.set(key, mapped);
  return mapped;
}

function knownOn(hardware: Hardware): { readonly full: Known; readonly quick: WeakMap<Hardware, Known> } {
  const known = memo.get(hardware) ?? { full: new Map(), quick: new WeakMap() };
  memo.set(hardware, known);
  return known;
}

function quickFrom(similar: Hardware, hardware: Hardware): Known {
  const { quick } = knownOn(hardware);
  const known: Known = quick.get(similar) ?? new Map();
  quick.set(similar, known);
  return known;
}

function startFrom(similar: Hardware, key: string): Start {
  const mapped = knownOn(similar).full.get(key);
  return { mappings: mapped && !isUnmapped(mapped) ? (mapped.mappings ?? []) : [] };
}

export function isUnmapped(mapped: Mapped | UnknownCost): mapped is UnknownCost {
  return 'unknown' in mapped;
}

function search(workload: Workload, hardware: Hardware, start?: Start): Mapped | UnknownCost {
  if (workload.words.output === 0) return settled(freeCost('what it makes is empty'));
  const mapped = byEngine(workload, hardware, start);
  return isUnmapped(mapped) ? mapped : remembered(mapped);
}

function byEngine(workload: Workload, hardware: Hardware, start?: Start): Mapped | UnknownCost {
  const { work } = workload;
  switch (hardware.engine) {
    case 'multicore':
      return onCores(workload, hardware);
    case 'spatial':
      return work.kind === 'loopNest'
        ? mapArray(workload, work.nest, hardware, start)
        : mapVectorUnit(workload, hardware);
    case 'scale-sim':
      return work.kind === 'loopNest'
        ? settled(costScaleSim(workload, work.nest, hardware))
        : mapVectorUnit(workload, hardware);
    case 'nvdla':
      return work.kind === 'loopNest'
        ? settled(costNvdla(workload, work.nest, hardware))
        : mapVectorUnit(workload, hardware);
  }
}

/** The founding mode where the hardware asks for parity, else the default mode. */
function onCores(workload: Workload, hardware: MulticoreHardware): Mapped | UnknownCost {
  if (hardware.parity) return settled(costFoundingLayer(workload, hardware));
  const { work } = workload;
  return work.kind === 'loopNest' ? mapContraction(workload, work.nest, hardware) : mapVector(workload, hardware);
}

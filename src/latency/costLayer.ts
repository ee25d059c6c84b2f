import type { Hardware, MulticoreHardware } from '../hardware/hardware';
import { costFoundingLayer } from './foundingLayer';
import { freeCost, type LayerCost, type UnknownCost } from './layerCost';
import { costNvdla } from './modes/nvdla';
import { costScaleSim } from './modes/scaleSim';
import { costContraction } from './multicore';
import { costArray } from './spatial/costArray';
import { costVectorUnit } from './spatial/vectorUnit';
import { costVector } from './vector';
import type { Workload } from './workload';

/** Costs of a hardware's distinct workloads; equal layers are searched once. */
const memo = new WeakMap<Hardware, Map<string, LayerCost | UnknownCost>>();

/** What one kernel costs, by the engine that the hardware names. */
export function costLayer(workload: Workload, hardware: Hardware): LayerCost | UnknownCost {
  const known = memo.get(hardware) ?? new Map<string, LayerCost | UnknownCost>();
  memo.set(hardware, known);
  const key = JSON.stringify(workload);
  const cost = known.get(key) ?? search(workload, hardware);
  known.set(key, cost);
  return cost;
}

function search(workload: Workload, hardware: Hardware): LayerCost | UnknownCost {
  if (workload.words.output === 0) return freeCost('what it makes is empty');
  const { work } = workload;
  switch (hardware.engine) {
    case 'multicore':
      return onCores(workload, hardware);
    case 'spatial':
      return work.kind === 'loopNest' ? costArray(workload, work.nest, hardware) : costVectorUnit(workload, hardware);
    case 'scale-sim':
      return work.kind === 'loopNest'
        ? costScaleSim(workload, work.nest, hardware)
        : costVectorUnit(workload, hardware);
    case 'nvdla':
      return work.kind === 'loopNest' ? costNvdla(workload, work.nest, hardware) : costVectorUnit(workload, hardware);
  }
}

/** The founding mode where the hardware asks for parity, else the default mode. */
function onCores(workload: Workload, hardware: MulticoreHardware): LayerCost | UnknownCost {
  if (hardware.parity) return costFoundingLayer(workload, hardware);
  const { work } = workload;
  return work.kind === 'loopNest' ? costContraction(workload, work.nest, hardware) : costVector(workload, hardware);
}

import { percent } from '../../display/format';
import type { Node } from '../../graph/graph';
import type { Hardware } from '../../hardware/hardware';
import type { LayerCost, UnknownCost } from '../layerCost';
import type { Workload } from '../workload';

/** A layer that takes time, and what it takes to cost it with something changed. */
export interface Subject {
  readonly hardware: Hardware;
  /** In the report, with what of its operands is on chip. */
  readonly cost: LayerCost;
  /** By itself: all of its operands come from off chip and go there. */
  readonly alone: LayerCost;
  /** Absent for a node made of nodes. */
  readonly workload: Workload | undefined;
  /** The kernel into which it could be fused, where there is one. */
  readonly before: Neighbour | undefined;
  /** As in the report on other hardware; `similar`: only speeds and buffers are others, so that a quick search will do. */
  recost(hardware: Hardware, similar: boolean): LayerCost | UnknownCost;
}

/** The kernel that makes what a layer reads. */
export interface Neighbour {
  readonly head: Node;
  readonly workload: Workload;
  /** The workload of both as one kernel. */
  readonly together: Workload;
  /** Whether the layer only moves data. */
  readonly moves: boolean;
}

/** A difference below this share of the time is none. */
export const LEAST_SHARE = 0.001;

/** A share of the time that is saved, for people: `8.3 % less time`, `none`, `2 % more time`. */
export function saved(gain: number): string {
  if (Math.abs(gain) < LEAST_SHARE) return 'none';
  return gain > 0 ? `${percent(gain)} less time` : `${percent(-gain)} more time`;
}

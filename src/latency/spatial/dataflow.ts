import type { Dataflow } from '../../hardware/hardware';
import { C, DIMENSIONS, K, type Mapping, N, P, Q, R, S, type SpatialLayer } from './mapping';

/** Loops that leave weights, outputs and inputs as they are. */
const SAME_WEIGHTS = [N, P, Q] as const;
const SAME_OUTPUTS = [C, R, S] as const;
const SAME_INPUTS = [K] as const;

/** Orders of the three kinds of loops, outermost first: those inside do not disturb the operand that they leave as it is. */
export const ORDERS: readonly (readonly number[])[] = [
  [...SAME_WEIGHTS, ...SAME_OUTPUTS, ...SAME_INPUTS],
  [...SAME_WEIGHTS, ...SAME_INPUTS, ...SAME_OUTPUTS],
  [...SAME_OUTPUTS, ...SAME_WEIGHTS, ...SAME_INPUTS],
  [...SAME_OUTPUTS, ...SAME_INPUTS, ...SAME_WEIGHTS],
  [...SAME_INPUTS, ...SAME_WEIGHTS, ...SAME_OUTPUTS],
  [...SAME_INPUTS, ...SAME_OUTPUTS, ...SAME_WEIGHTS],
];

/** The loops under which the operand that a dataflow keeps in the PEs stays as it is. */
const STATIONARY: Partial<Record<Dataflow, readonly number[]>> = {
  ws: SAME_WEIGHTS,
  os: SAME_OUTPUTS,
  is: SAME_INPUTS,
};

/** Orders within a buffer tile that keep in the PEs what the dataflow keeps there: its loops run innermost. */
export function innerOrders(dataflow: Dataflow): readonly (readonly number[])[] {
  const inner = STATIONARY[dataflow];
  return inner ? ORDERS.filter((order) => inner.some((d) => d === order.at(-1))) : ORDERS;
}

/**
 * Whether a mapping keeps in the PEs what the dataflow keeps there: of all loops over array tiles, off-chip ones included, the
 * innermost leaves it as it is. Where no such loop has more than one trip nothing can stay, and any mapping will do.
 */
export function keepsDataflow({ sizes }: SpatialLayer, mapping: Mapping, dataflow: Dataflow): boolean {
  const inner = STATIONARY[dataflow];
  if (!inner) return true;
  const { bufferTile, spatial, registerTile, bufferOrder, dramOrder } = mapping;
  const within = (d: number): number => (bufferTile[d] ?? 1) / ((spatial[d] ?? 1) * (registerTile[d] ?? 1));
  const outside = (d: number): number => (sizes[d] ?? 1) / (bufferTile[d] ?? 1);
  const last = innermost(bufferOrder, within) ?? innermost(dramOrder, outside);
  if (last === undefined || inner.includes(last)) return true;
  return inner.every((d) => within(d) <= 1 && outside(d) <= 1);
}

function innermost(order: readonly number[], tiles: (d: number) => number): number | undefined {
  for (let i = DIMENSIONS.length - 1; i >= 0; i--) {
    const d = order[i] ?? 0;
    if (tiles(d) > 1) return d;
  }
  return undefined;
}

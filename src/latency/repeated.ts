import type { Hardware } from '../hardware/hardware';
import {
  boundOf,
  freeCost,
  isUnknown,
  type LayerCost,
  NO_BYTES,
  NO_TERMS,
  type OperandBytes,
  type Terms,
  type UnknownCost,
} from './layerCost';

/** Kernels in turn, the whole `times` times: the body of a Loop, Scan or If, or of a local function. Unknown if one of them is. */
export function repeated(
  parts: readonly (LayerCost | UnknownCost)[],
  times: number,
  hardware: Hardware,
): LayerCost | UnknownCost {
  const costs: LayerCost[] = [];
  for (const part of parts) {
    if (isUnknown(part)) return { unknown: `inside: ${part.unknown}` };
    costs.push(part);
  }
  const total = (value: (cost: LayerCost) => number): number =>
    times * costs.reduce((sum, cost) => sum + value(cost), 0);
  const seconds = total((cost) => cost.seconds);
  if (seconds === 0) return freeCost('nothing inside costs time');
  const terms = sums(NO_TERMS, (key: keyof Terms) => total((cost) => cost.terms[key]));
  return {
    cycles: seconds * hardware.frequency,
    seconds,
    terms,
    bound: boundOf(terms),
    offChipBytes: sums(NO_BYTES, (key: keyof OperandBytes) => total((cost) => cost.offChipBytes[key])),
    globalBufferBytes: sums(NO_BYTES, (key: keyof OperandBytes) => total((cost) => cost.globalBufferBytes[key])),
    utilization: total((cost) => cost.utilization * cost.seconds) / seconds,
    lowerBoundSeconds: total((cost) => cost.lowerBoundSeconds),
    energyJoules: total((cost) => cost.energyJoules),
    mapping: `${costs.length} nodes inside${times === 1 ? '' : `, ${times} times`}`,
  };
}

function sums<T extends object>(keys: T, value: (key: keyof T) => number): { readonly [K in keyof T]: number } {
  const entries = (Object.keys(keys) as (keyof T)[]).map((key) => [key, value(key)] as const);
  return Object.fromEntries(entries) as { readonly [K in keyof T]: number };
}

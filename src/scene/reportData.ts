import { BOUNDS, isUnknown, type LayerCost, type OperandBytes } from '../latency/layerCost';
import type { LatencyReport, LayerReport } from '../latency/report';
import { type ReportData, TERMS } from '../protocol/graphPanel';

/** Layers below this share of the total get no advice: it would cost more to work out than it could save. */
const ADVISED_SHARE = 0.001;

/** A report as the panel takes it: columns by node id; NaN is unknown. */
export function reportData(report: LatencyReport, hardwareId: string): ReportData {
  const { layers, hardware, totals } = report;
  const cost = ({ cost }: LayerReport): LayerCost | undefined => (isUnknown(cost) ? undefined : cost);
  const column = (value: (cost: LayerCost) => number): Float64Array =>
    Float64Array.from(layers, (layer) => {
      const known = cost(layer);
      return known ? value(known) : Number.NaN;
    });
  const seconds = column((known) => known.seconds);
  return {
    hardwareId,
    hardwareName: hardware.name,
    frequency: hardware.frequency,
    cycles: column((known) => known.cycles),
    seconds,
    fusedInto: Int32Array.from(layers, ({ fusedInto }) => fusedInto ?? -1),
    rank: ranks(seconds),
    terms: Float64Array.from(layers.flatMap((layer) => TERMS.map((term) => cost(layer)?.terms[term] ?? Number.NaN))),
    bound: Uint8Array.from(layers, (layer) => Math.max(0, BOUNDS.indexOf(cost(layer)?.bound ?? 'unknown'))),
    macs: Float64Array.from(layers, ({ macs }) => macs),
    flops: Float64Array.from(layers, ({ flops }) => flops),
    parameters: Float64Array.from(layers, ({ parameters }) => parameters),
    bytes: Float64Array.from(layers.flatMap(({ memoryAccess }) => triple(memoryAccess))),
    utilization: column((known) => known.utilization),
    lowerBound: column((known) => known.lowerBoundSeconds),
    energy: column((known) => known.energyJoules),
    mapping: layers.map(({ cost }) => (isUnknown(cost) ? cost.unknown : cost.mapping)),
    advice: layers.map((layer) => {
      const share = (cost(layer)?.seconds ?? Number.NaN) / totals.seconds;
      return share < ADVISED_SHARE ? '' : layer.advice;
    }),
    totals,
  };
}

function triple({ input, weight, output }: OperandBytes): readonly number[] {
  return [input, weight, output];
}

/** 1 for the slowest; 0 for layers that take no time or an unknown one. */
export function ranks(seconds: Float64Array): Uint32Array {
  const taking = Array.from(seconds.keys()).filter((node) => (seconds[node] ?? 0) > 0);
  const order = taking.sort((a, b) => (seconds[b] ?? 0) - (seconds[a] ?? 0) || a - b);
  const rank = new Uint32Array(seconds.length);
  order.forEach((node, position) => {
    rank[node] = position + 1;
  });
  return rank;
}

import { BOUNDS, TERMS } from '../display/bounds';
import { isUnknown, type LayerCost, type OperandBytes, totalBytes } from '../latency/layerCost';
import type { LatencyReport, LayerReport } from '../latency/report';
import { roofsOf } from '../latency/roofs';
import type { ReportData } from '../protocol/graphPanel';
import { choicesOf, knobsOf } from './whatIf';

/** Layers below this share of the total get no advice: it would cost more to work out than it could save. */
const ADVISED_SHARE = 0.001;

export interface ReportDataOptions {
  /** Of the report; 1 where it is not given. */
  readonly batch?: number;
  /** What is compared with while values are tried out; absent: nothing was changed. */
  readonly preset?: { readonly report: LatencyReport; readonly batch: number };
  /** False leaves the advice out, which takes as long as the rest. */
  readonly advise?: boolean;
}

/** A report as the panel takes it: columns by node id; NaN is unknown. */
export function reportData(report: LatencyReport, hardwareId: string, options: ReportDataOptions = {}): ReportData {
  const { batch = 1, preset = { report, batch }, advise = true } = options;
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
    offChipBytes: column((known) => totalBytes(known.offChipBytes)),
    roofs: roofsOf(hardware, multipliedTypes(report)),
    advice: layers.map((layer) => {
      if (!advise) return '';
      const share = (cost(layer)?.seconds ?? Number.NaN) / totals.seconds;
      return share < ADVISED_SHARE ? '' : layer.advice;
    }),
    totals,
    whatIf: {
      knobs: knobsOf({ hardware, batch }, { hardware: preset.report.hardware, batch: preset.batch }),
      choices: choicesOf(hardware, preset.report.hardware),
      preset: {
        seconds: preset.report.totals.seconds,
        energyJoules: preset.report.totals.energyJoules,
        unknownNodes: preset.report.totals.unknownNodes,
        batch: preset.batch,
      },
    },
  };
}

/** Element types of what is multiplied, the most used first; float32 where nothing is. */
function multipliedTypes({ layers, shapes }: LatencyReport): readonly string[] {
  const macs = new Map<string, number>();
  for (const layer of layers) {
    const type = shapes.infos.get(layer.node.inputs[0] ?? '')?.type;
    if (type && layer.macs > 0) macs.set(type, (macs.get(type) ?? 0) + layer.macs);
  }
  const types = [...macs].sort(([, a], [, b]) => b - a).map(([type]) => type);
  return types.length > 0 ? types : ['float32'];
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

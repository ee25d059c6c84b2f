import { BOUNDS, ENERGY_LEVELS, TERMS } from '../display/bounds';
import type { ElementType } from '../latency/elementType';
import { isUnknown, type LayerCost } from '../latency/layerCost';
import type { LatencyReport } from '../latency/report';
import { roofsOf } from '../latency/roofs';
import type { Totals } from '../latency/totals';
import type { InferredShapes } from '../operators/inferShapes';
import type { ReportData, WorkData } from '../protocol/graphPanel';
import { choicesOf, elementTypeChoice, knobsOf, whatIfNote } from './whatIf';

const NONE = Number.NaN;
const ONCE = [0];
const OPERANDS = ['input', 'weight', 'output'] as const;
const RESIDENT = ['inputBytes', 'outputBytes'] as const;

export interface ReportDataOptions {
  /** Tells reports of one panel apart. */
  readonly revision?: number;
  /** Of the report; 1 where it is not given. */
  readonly batch?: number;
  /** Of the floating-point tensors, where it is not the model's. */
  readonly elementType?: ElementType | undefined;
  /** Others follow at once: the unfused figure, which takes as long as all else, is left unknown. */
  readonly moving?: boolean;
  /** What is compared with while values are tried out; absent: nothing was changed. */
  readonly preset?: { readonly report: LatencyReport; readonly batch: number };
}

/** A report as the panel takes it: columns by node id; NaN is unknown. */
export function reportData(report: LatencyReport, hardwareId: string, options: ReportDataOptions = {}): ReportData {
  const { revision = 0, batch = 1, elementType, moving = false, preset = { report, batch } } = options;
  const { layers, hardware, totals } = report;
  const costs = layers.map(({ cost }) => (isUnknown(cost) ? undefined : cost));
  const known = (value: (cost: LayerCost) => number): Float64Array =>
    column(costs, (cost) => (cost ? value(cost) : NONE));
  const seconds = known((cost) => cost.seconds);
  return {
    revision,
    hardwareId,
    hardwareName: hardware.name,
    frequency: hardware.frequency,
    cycles: known((cost) => cost.cycles),
    seconds,
    fusedInto: Int32Array.from(column(layers, ({ fusedInto }) => fusedInto ?? -1)),
    rank: ranks(seconds),
    terms: columns(costs, TERMS, (cost, term) => cost?.terms[term] ?? NONE),
    bound: Uint8Array.from(column(costs, (cost) => BOUNDS.indexOf(cost?.bound ?? 'unknown'))),
    ...workColumns(report),
    utilization: known((cost) => cost.utilization),
    lowerBound: known((cost) => cost.lowerBoundSeconds),
    energy: known((cost) => cost.energyJoules),
    energyTerms: columns(costs, ENERGY_LEVELS, (cost, level) => cost?.energyTerms[level] ?? NONE),
    mapping: layers.map(({ cost }) => (isUnknown(cost) ? cost.unknown : cost.mapping)),
    offChipBytes: columns(costs, OPERANDS, (cost, operand) => cost?.offChipBytes[operand] ?? NONE),
    residentBytes: columns(layers, RESIDENT, ({ resident }, side) => resident?.[side] ?? 0),
    residentTensors: [...new Set(layers.flatMap(({ resident }) => resident?.outputs ?? []))],
    roofs: roofsOf(hardware, multipliedTypes(report)),
    totals: totalsData(totals, moving),
    whatIf: {
      knobs: knobsOf({ hardware, batch }, { hardware: preset.report.hardware, batch: preset.batch }),
      choices: [...elementTypeChoice(hardware, elementType), ...choicesOf(hardware, preset.report.hardware)],
      note: whatIfNote(hardware),
      preset: {
        seconds: preset.report.totals.seconds,
        energyJoules: preset.report.totals.energyJoules,
        unknownNodes: preset.report.totals.unknownNodes,
        batch: preset.batch,
      },
    },
  };
}

/** As plain values; the report's own works out the unfused figure when it is read. */
function totalsData(totals: Totals, moving: boolean): Totals {
  const { seconds, cycles, macs, flops, parameters, memoryAccessBytes, energyJoules, lowerBoundSeconds } = totals;
  const { costedMacsFraction, unknownNodes, boundShare } = totals;
  return {
    ...{ seconds, cycles, macs, flops, parameters, memoryAccessBytes, energyJoules, lowerBoundSeconds },
    ...{ costedMacsFraction, unknownNodes, boundShare },
    unfusedSeconds: moving ? Number.NaN : totals.unfusedSeconds,
  };
}

/** What no hardware changes, made once for a model's shapes. */
const works = new WeakMap<InferredShapes, WorkData>();

function workColumns({ layers, shapes }: LatencyReport): WorkData {
  const known = works.get(shapes) ?? {
    macs: column(layers, ({ macs }) => macs),
    flops: column(layers, ({ flops }) => flops),
    parameters: column(layers, ({ parameters }) => parameters),
    bytes: columns(layers, OPERANDS, ({ memoryAccess }, operand) => memoryAccess[operand]),
  };
  works.set(shapes, known);
  return known;
}

/** Element types of what is multiplied, the most used first; float32 where nothing is. */
function multipliedTypes({ layers, shapes }: LatencyReport): readonly string[] {
  const macs = new Map<string, number>();
  for (const layer of layers) {
    const type = layer.macs > 0 ? shapes.infos.get(layer.node.inputs[0] ?? '')?.type : undefined;
    if (type) macs.set(type, (macs.get(type) ?? 0) + layer.macs);
  }
  const types = [...macs].sort(([, a], [, b]) => b - a).map(([type]) => type);
  return types.length > 0 ? types : ['float32'];
}

/** One number for each row. (Float64Array.from with a function takes ten times as long.) */
function column<Row>(rows: readonly Row[], value: (row: Row) => number): Float64Array {
  return columns(rows, ONCE, value);
}

/** One number for each row and key, the rows one after the other. */
function columns<Row, Key>(
  rows: readonly Row[],
  keys: readonly Key[],
  value: (row: Row, key: Key) => number,
): Float64Array {
  const numbers = new Float64Array(rows.length * keys.length);
  let place = 0;
  for (const row of rows) for (const key of keys) numbers[place++] = value(row, key);
  return numbers;
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

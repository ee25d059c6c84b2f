import { BOUND_NAMES } from '../display/bounds';
import { atLeast, bytes, count, joules, percent, printable, seconds, shape } from '../display/format';
import type { TensorInfo } from '../graph/graph';
import { nodeLabel } from '../graph/graph';
import { isUnknown, NO_BYTES, NO_TERMS, totalBytes } from './layerCost';
import type { LatencyReport, LayerReport } from './report';
import { type Cell, csv, shortened, textTable } from './textTable';

/** The table that `profile` prints: one line per layer, then the totals. */
export function reportToTable(report: LatencyReport): string {
  const { totals, hardware, shapes } = report;
  const header = [
    '#',
    'layer',
    'operator',
    'output',
    'time',
    'share',
    'bound',
    'util',
    'MACs',
    'params',
    'off-chip',
    'tile',
  ];
  const right = [true, false, false, false, true, true, false, true, true, true, true, false];
  const rows = report.layers.map((layer) => tableRow(layer, totals.seconds, shapes.infos));
  const covered =
    totals.unknownNodes > 0
      ? ` · ${totals.unknownNodes} ${totals.unknownNodes === 1 ? 'node' : 'nodes'} not costed`
      : '';
  const sum = (value: number, write: (value: number) => string): string =>
    atLeast(value, write, totals.unknownNodes > 0);
  const unit = (name: string) => (value: number) => count(value, name);
  return [
    textTable([header, ...rows], right),
    '',
    `${printable(hardware.name)} (predicted): ${sum(totals.seconds, seconds)} · ${sum(totals.cycles, unit('cycles'))} · lower bound ${seconds(totals.lowerBoundSeconds)} · ${sum(totals.unfusedSeconds, seconds)} with nothing fused or kept on chip`,
    `${sum(totals.macs, unit('MAC'))} · ${sum(totals.flops, unit('FLOP'))} · ${count(totals.parameters)} parameters · memory access ${sum(totals.memoryAccessBytes, bytes)} · ${sum(totals.energyJoules, joules)}`,
    `${percent(totals.costedMacsFraction)} of the MACs costed${covered}`,
  ].join('\n');
}

function tableRow(layer: LayerReport, total: number, infos: ReadonlyMap<string, TensorInfo>): readonly string[] {
  const { node, cost, fusedInto } = layer;
  const identity = [
    String(node.id),
    shortened(nodeLabel(node), 40),
    node.operator,
    shape(infos.get(node.outputs[0] ?? '')?.shape),
  ];
  const work = [count(layer.macs), count(layer.parameters)];
  if (isUnknown(cost)) return [...identity, '?', '?', 'unknown', '?', ...work, '?', cost.unknown];
  if (fusedInto !== undefined) return [...identity, '–', '–', `in #${fusedInto}`, '', ...work, '', ''];
  if (cost.seconds === 0) return [...identity, '0 s', '', 'free', '', ...work, '', cost.mapping];
  return [
    ...identity,
    seconds(cost.seconds),
    percent(cost.seconds / total),
    BOUND_NAMES[cost.bound],
    percent(cost.utilization),
    ...work,
    bytes(totalBytes(cost.offChipBytes)),
    [cost.mapping, ...residentWords(layer)].join('; '),
  ];
}

function residentWords({ resident }: LayerReport): readonly string[] {
  return [
    ...(resident?.inputBytes ? [`${bytes(resident.inputBytes)} read from on-chip memory`] : []),
    ...(resident?.outputBytes ? [`${bytes(resident.outputBytes)} left there`] : []),
  ];
}

const CSV_HEADER = [
  ...['index', 'name', 'operator', 'fused_into', 'output_shape', 'macs', 'flops', 'parameters', 'memory_access_bytes'],
  ...[
    'cycles',
    'seconds',
    'bound',
    'compute_s',
    'global_buffer_s',
    'off_chip_s',
    'pe_fill_s',
    'ramp_s',
    'drain_s',
    'launch_s',
  ],
  ...['off_chip_input_bytes', 'off_chip_weight_bytes', 'off_chip_output_bytes'],
  ...['global_buffer_input_bytes', 'global_buffer_weight_bytes', 'global_buffer_output_bytes'],
  ...['utilization', 'lower_bound_s', 'energy_j', 'resident_input_bytes', 'resident_output_bytes', 'mapping'],
];

/** One line per layer, units in the header; what is not known is left empty. */
export function reportToCsv({ layers, shapes }: LatencyReport): string {
  return csv([CSV_HEADER, ...layers.map((layer) => csvRow(layer, shapes.infos))]);
}

function csvRow(layer: LayerReport, infos: ReadonlyMap<string, TensorInfo>): readonly Cell[] {
  const { node, cost } = layer;
  const known = isUnknown(cost) ? undefined : cost;
  const columns = <T extends object>(keys: T, values: T | undefined): readonly Cell[] =>
    (Object.keys(keys) as (keyof T)[]).map((key) => (values ? Number(values[key]) : ''));
  return [
    ...[node.id, node.name, node.operator, layer.fusedInto ?? '', shape(infos.get(node.outputs[0] ?? '')?.shape)],
    ...[layer.macs, layer.flops, layer.parameters, totalBytes(layer.memoryAccess)],
    ...[known?.cycles ?? '', known?.seconds ?? '', known?.bound ?? 'unknown'],
    ...columns(NO_TERMS, known?.terms),
    ...columns(NO_BYTES, known?.offChipBytes),
    ...columns(NO_BYTES, known?.globalBufferBytes),
    ...[known?.utilization ?? '', known?.lowerBoundSeconds ?? '', known?.energyJoules ?? ''],
    ...[layer.resident?.inputBytes ?? 0, layer.resident?.outputBytes ?? 0],
    isUnknown(cost) ? cost.unknown : cost.mapping,
  ];
}

import { atLeast, bytes, count, shape, whole } from '../display/format';
import { type Model, nodeLabel } from '../graph/graph';
import type { InferredShapes } from '../operators/inferShapes';
import { type Complexity, complexityOf } from './complexity';
import { totalBytes } from './layerCost';
import { modelToJson, numberOrNull } from './reportJson';
import { csv, shortened, textTable } from './textTable';

/** The columns of torchsummary and torchstat for a model, whatever the hardware. */
export interface Summary {
  readonly shapes: InferredShapes;
  readonly layers: readonly Complexity[];
  readonly parameters: number;
  readonly macs: number;
  readonly flops: number;
  readonly memoryAccessBytes: number;
  /** Nodes whose work is not known: the sums leave them out. */
  readonly unknownNodes: number;
}

export function summarize(model: Model, shapes: InferredShapes): Summary {
  const layers = complexityOf(model, shapes);
  const sum = (value: (layer: Complexity) => number): number =>
    layers.reduce((total, layer) => total + (numberOrNull(value(layer)) ?? 0), 0);
  return {
    shapes,
    layers,
    parameters: sum((layer) => layer.parameters),
    macs: sum((layer) => layer.macs),
    flops: sum((layer) => layer.flops),
    memoryAccessBytes: sum((layer) => totalBytes(layer.memoryAccess)),
    unknownNodes: layers.filter(({ work }) => !work).length,
  };
}

export function summaryToTable(summary: Summary): string {
  const { infos } = summary.shapes;
  const header = [
    '#',
    'layer',
    'operator',
    'output shape',
    'parameters',
    'MACs',
    'FLOPs',
    'memory read',
    'memory written',
  ];
  const right = [true, false, false, false, true, true, true, true, true];
  const rows = summary.layers.map(({ node, parameters, macs, flops, memoryAccess }) => [
    String(node.id),
    shortened(nodeLabel(node), 48),
    node.operator,
    shape(infos.get(node.outputs[0] ?? '')?.shape),
    whole(parameters),
    count(macs),
    count(flops),
    bytes(memoryAccess.input + memoryAccess.weight),
    bytes(memoryAccess.output),
  ]);
  const { unknownNodes } = summary;
  const unknown =
    unknownNodes > 0
      ? [`not in the sums, because their work is not known: ${unknownNodes} of ${summary.layers.length} nodes`]
      : [];
  const sum = (value: number, write: (value: number) => string): string => atLeast(value, write, unknownNodes > 0);
  const unit = (name: string) => (value: number) => count(value, name);
  return [
    textTable([header, ...rows], right),
    '',
    `${whole(summary.parameters)} parameters · ${sum(summary.macs, unit('MAC'))} · ${sum(summary.flops, unit('FLOP'))} · memory access ${sum(summary.memoryAccessBytes, bytes)}`,
    ...unknown,
  ].join('\n');
}

const CSV_HEADER = [
  ...['index', 'name', 'operator', 'output_shape', 'parameters', 'macs', 'flops'],
  ...['memory_input_bytes', 'memory_weight_bytes', 'memory_output_bytes'],
];

export function summaryToCsv({ layers, shapes: { infos } }: Summary): string {
  const rows = layers.map(({ node, parameters, macs, flops, memoryAccess }) => [
    ...[node.id, node.name, node.operator, shape(infos.get(node.outputs[0] ?? '')?.shape), parameters, macs, flops],
    ...[memoryAccess.input, memoryAccess.weight, memoryAccess.output],
  ]);
  return csv([CSV_HEADER, ...rows]);
}

/** `summary --format json`; what is not known is null. */
export function summaryToJson(model: Model, summary: Summary, warnings: readonly string[]): object {
  const { layers, shapes, ...totals } = summary;
  return {
    model: modelToJson(model, shapes, summary.parameters),
    totals,
    warnings,
    layers: layers.map(({ node, parameters, macs, flops, memoryAccess }) => ({
      index: node.id,
      name: node.name,
      operator: node.operator,
      outputShapes: node.outputs.map((name) => shapes.infos.get(name)?.shape ?? null),
      parameters,
      macs: numberOrNull(macs),
      flops: numberOrNull(flops),
      memoryAccessBytes: numberOrNull(totalBytes(memoryAccess)),
      memoryAccess: {
        input: numberOrNull(memoryAccess.input),
        weight: numberOrNull(memoryAccess.weight),
        output: numberOrNull(memoryAccess.output),
      },
    })),
  };
}

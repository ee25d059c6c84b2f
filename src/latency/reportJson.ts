import { type Model, nodeLabel, type TensorInfo, type ValueInfo } from '../graph/graph';
import { type Hardware, isFounding } from '../hardware/hardware';
import type { InferredShapes } from '../operators/inferShapes';
import { isUnknown, totalBytes } from './layerCost';
import type { LatencyReport, LayerReport } from './report';

/**
 * The document of `profile --format json`. Seconds, bytes, joules, cycles; what is not known is null; where
 * `unknownNodes` is not 0 the totals are lower bounds. `inputShapes` and `outputShapes`
 * are aligned with the node's inputs and outputs (weights included; null for one that is omitted or unknown). Of a layer that
 * others run in the kernel of, `kernel` has the indices of all; `resident` says what its kernel takes from on-chip memory and leaves there.
 */
export function reportToJson(model: Model, report: LatencyReport, warnings: readonly string[]): object {
  const { shapes } = report;
  const { boundShare: _, costedMacsFraction, unfusedSeconds, ...totals } = report.totals;
  return {
    model: modelToJson(model, shapes, totals.parameters),
    hardware: hardwareToJson(report.hardware),
    totals: {
      ...totals,
      unfusedSeconds: numberOrNull(unfusedSeconds),
      costedMacsFraction: numberOrNull(costedMacsFraction),
    },
    warnings,
    layers: report.layers.map((layer) => layerToJson(layer, shapes.infos)),
  };
}

/** The `model` part, shared with `summary`. */
export function modelToJson(model: Model, shapes: InferredShapes, parameters: number): object {
  const { graph } = model;
  const typed = ({ name }: ValueInfo) => ({ name, ...typeToJson(shapes.infos.get(name)) });
  return {
    path: model.path,
    format: model.format,
    producer: model.producer,
    opset: model.opsets.get('') ?? model.opsets.get('ai.onnx') ?? null,
    inputs: graph.inputs.filter(({ name }) => !graph.constants.has(name)).map(typed),
    outputs: graph.outputs.map(typed),
    nodes: graph.nodes.length,
    parameters,
    weightBytes: model.weightBytes,
  };
}

function typeToJson(info: TensorInfo | undefined) {
  return { type: info?.type ?? null, shape: info?.shape ?? null };
}

/** All fields of the file; `overlap` is what is in force (in the founding mode: latency_mode). */
function hardwareToJson(hardware: Hardware): object {
  return isFounding(hardware) ? { ...hardware, overlap: hardware.latency_mode } : hardware;
}

function layerToJson(layer: LayerReport, infos: ReadonlyMap<string, TensorInfo>): object {
  const { node, cost, fusedInto, kernel, resident } = layer;
  const shapesOf = (names: readonly string[]) => names.map((name) => infos.get(name)?.shape ?? null);
  const common = {
    index: node.id,
    name: nodeLabel(node),
    operator: node.operator,
    ...(fusedInto !== undefined && { fusedInto }),
    ...(kernel && { kernel }),
    ...(resident && { resident }),
    inputShapes: shapesOf(node.inputs),
    outputShapes: shapesOf(node.outputs),
    macs: numberOrNull(layer.macs),
    flops: numberOrNull(layer.flops),
    parameters: layer.parameters,
    memoryAccessBytes: numberOrNull(totalBytes(layer.memoryAccess)),
  };
  if (isUnknown(cost)) {
    const unknown = {
      cycles: null,
      seconds: null,
      bound: 'unknown',
      terms: null,
      offChipBytes: null,
      globalBufferBytes: null,
    };
    const none = {
      utilization: null,
      lowerBoundSeconds: null,
      energyJoules: null,
      energyTerms: null,
      mapping: cost.unknown,
    };
    return { ...common, ...unknown, ...none };
  }
  return {
    ...common,
    cycles: cost.cycles,
    seconds: cost.seconds,
    bound: cost.bound,
    terms: cost.terms,
    offChipBytes: cost.offChipBytes,
    globalBufferBytes: cost.globalBufferBytes,
    utilization: cost.utilization,
    lowerBoundSeconds: cost.lowerBoundSeconds,
    energyJoules: cost.energyJoules,
    energyTerms: cost.energyTerms,
    mapping: cost.mapping,
  };
}

export function numberOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

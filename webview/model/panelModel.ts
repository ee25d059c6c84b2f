/** What the panel shows, with the neighbours of every node at hand. A new report is a new model over the same scene. */
import { BOUNDS, type Bound, ENERGY_LEVELS, type EnergyLevel, TERMS, type Term } from '../../src/display/bounds';
import type { Advice, GraphOpening, ReportData, SceneData, WhatIfAnswer } from '../../src/protocol/graphPanel';
import { at, column, groupBy, type Rows } from '../layout/adjacency';

export interface PanelModel {
  readonly scene: SceneData;
  readonly report: ReportData;
  readonly opening: GraphOpening;
  readonly sources: Uint32Array;
  readonly targets: Uint32Array;
  /** Edges that leave each node, and that reach it. */
  readonly outgoing: Rows;
  readonly incoming: Rows;
  /** Scene node of each row of the report. */
  readonly nodeOfRow: Uint32Array;
  /** Advice by row of this report, as far as the host was asked for it. */
  readonly explained: Map<number, readonly Advice[]>;
  /** Scene nodes that run in the kernel of another one, by that one, in the order of the file. */
  readonly fused: ReadonlyMap<number, readonly number[]>;
  /** Tensors of the scene that stay on chip between kernels. */
  readonly resident: ReadonlySet<number>;
}

/** A fused node runs in another node's kernel and costs nothing more. */
export type CostState = 'known' | 'free' | 'fused' | 'unknown';

/** Bytes by operand. */
export interface Operands {
  readonly input: number;
  readonly weight: number;
  readonly output: number;
  readonly all: number;
}

/** One node's row of the report. Seconds, bytes and joules; NaN is unknown. */
export interface NodeCost {
  readonly state: CostState;
  /** Scene node in whose kernel a fused node runs. */
  readonly fusedInto: number | undefined;
  readonly cycles: number;
  readonly seconds: number;
  /** Of the whole model's time. */
  readonly share: number;
  /** 1 is the slowest; 0 where no time is spent, or an unknown one. */
  readonly rank: number;
  readonly terms: readonly { readonly term: Term; readonly seconds: number }[];
  readonly bound: Bound;
  readonly macs: number;
  readonly flops: number;
  readonly parameters: number;
  /** Of its tensors, each once. */
  readonly bytes: Operands;
  /** What its kernel reads and writes off chip. */
  readonly offChip: Operands;
  /** Bytes that its kernel takes from on-chip memory instead, and those that it leaves there. */
  readonly resident: { readonly input: number; readonly output: number };
  readonly utilization: number;
  readonly lowerBound: number;
  readonly energy: number;
  readonly energyTerms: readonly { readonly level: EnergyLevel; readonly joules: number }[];
  readonly mapping: string;
  /** Empty until the host has been asked. */
  readonly advice: readonly Advice[];
}

export function buildModel(opening: GraphOpening): PanelModel {
  const { scene, report } = opening;
  const sources = column(scene.edges, 0);
  const targets = column(scene.edges, 1);
  const nodeOfRow = new Uint32Array(report.seconds.length);
  for (const [node, row] of scene.reportIndex.entries()) if (row >= 0) nodeOfRow[row] = node;
  return {
    scene,
    report,
    opening,
    sources,
    targets,
    outgoing: groupBy(sources, scene.nodeCount),
    incoming: groupBy(targets, scene.nodeCount),
    nodeOfRow,
    explained: new Map(),
    fused: fusedNodes(report, nodeOfRow),
    resident: residentTensors(scene, report),
  };
}

export function withReport(model: PanelModel, report: ReportData): PanelModel {
  const { scene, nodeOfRow } = model;
  const fused = fusedNodes(report, nodeOfRow);
  return { ...model, report, explained: new Map(), fused, resident: residentTensors(scene, report) };
}

/** What was tried out: the same drawing with other numbers, and other sizes where the batch is another. */
export function withTrial(model: PanelModel, { report: changed, batch, shapes }: WhatIfAnswer): PanelModel {
  const report = { ...model.report, ...changed };
  const scene = { ...model.scene, ...shapes };
  return withReport({ ...model, scene, opening: { ...model.opening, report, batch, scene } }, report);
}

function residentTensors({ tensors }: SceneData, { residentTensors }: ReportData): PanelModel['resident'] {
  const names = new Set(residentTensors);
  return new Set(
    names.size === 0 ? [] : Array.from(tensors.keys()).filter((tensor) => names.has(tensors[tensor] ?? '')),
  );
}

/** Whether an edge carries a tensor that stays on chip. */
export function isResident({ scene, resident }: PanelModel, edge: number): boolean {
  return resident.has(scene.edgeTensor[edge] ?? -1);
}

function fusedNodes({ fusedInto }: ReportData, nodeOfRow: Uint32Array): PanelModel['fused'] {
  const fused = new Map<number, number[]>();
  for (const [row, headRow] of fusedInto.entries()) {
    if (headRow < 0) continue;
    const [node, head] = [at(nodeOfRow, row), at(nodeOfRow, headRow)];
    const known = fused.get(head);
    if (known) known.push(node);
    else fused.set(head, [node]);
  }
  return fused;
}

/** Scene node whose kernel a node runs in: itself where it has one of its own; undefined for graph inputs and outputs. */
export function kernelOf({ scene, report, nodeOfRow }: PanelModel, node: number): number | undefined {
  const row = reportRow(scene, node);
  if (row < 0) return undefined;
  const head = report.fusedInto[row] ?? -1;
  return head < 0 ? node : nodeOfRow[head];
}

/** All nodes of a node's kernel, its head first; only itself where nothing is fused. */
export function kernelNodes(model: PanelModel, node: number): readonly number[] {
  const head = kernelOf(model, node) ?? node;
  return [head, ...(model.fused.get(head) ?? [])];
}

/** Of what is exported: the model's own name without what a file system could mind. */
export function fileName(model: PanelModel | undefined, ending: string): string {
  const title = model?.scene.title.replace(/\.\w+$/, '') ?? 'model';
  return `${title.replace(/[^\p{L}\p{N}._-]+/gu, '_')}-${ending}`;
}

/** Row of the report of a scene node; -1 for graph inputs and outputs. */
export function reportRow(scene: SceneData, node: number): number {
  return scene.reportIndex[node] ?? -1;
}

export function costState(report: ReportData, row: number): CostState {
  if (!Number.isFinite(report.seconds[row])) return 'unknown';
  if ((report.fusedInto[row] ?? -1) >= 0) return 'fused';
  return BOUNDS[report.bound[row] ?? 0] === 'free' ? 'free' : 'known';
}

/** Undefined for graph inputs and outputs. */
export function nodeCost({ scene, report, nodeOfRow, explained }: PanelModel, node: number): NodeCost | undefined {
  const row = reportRow(scene, node);
  if (row < 0) return undefined;
  const value = (values: Float64Array, index = row) => values[index] ?? Number.NaN;
  const state = costState(report, row);
  return {
    state,
    fusedInto: state === 'fused' ? nodeOfRow[report.fusedInto[row] ?? 0] : undefined,
    cycles: value(report.cycles),
    seconds: value(report.seconds),
    share: value(report.seconds) / report.totals.seconds,
    rank: report.rank[row] ?? 0,
    terms: TERMS.map((term, i) => ({ term, seconds: value(report.terms, TERMS.length * row + i) })),
    bound: BOUNDS[report.bound[row] ?? 0] ?? 'unknown',
    macs: value(report.macs),
    flops: value(report.flops),
    parameters: value(report.parameters),
    bytes: operandsOf(report.bytes, row),
    offChip: operandsOf(report.offChipBytes, row),
    resident: { input: value(report.residentBytes, 2 * row), output: value(report.residentBytes, 2 * row + 1) },
    utilization: value(report.utilization),
    lowerBound: value(report.lowerBound),
    energy: value(report.energy),
    energyTerms: energyTerms(report, row),
    mapping: report.mapping[row] ?? '',
    advice: explained.get(row) ?? [],
  };
}

/** Bytes of a row in a column that has three. */
function operandsOf(column: Float64Array, row: number): Operands {
  const [input = Number.NaN, weight = Number.NaN, output = Number.NaN] = column.subarray(3 * row, 3 * row + 3);
  return { input, weight, output, all: input + weight + output };
}

export function operandSum(column: Float64Array, row: number): number {
  return operandsOf(column, row).all;
}

function energyTerms({ energyTerms }: ReportData, row: number): NodeCost['energyTerms'] {
  const first = ENERGY_LEVELS.length * row;
  return ENERGY_LEVELS.map((level, i) => ({ level, joules: energyTerms[first + i] ?? Number.NaN }));
}

/** Joules of all layers by level; layers without a cost count nothing. */
export function totalEnergyTerms({ report }: PanelModel): NodeCost['energyTerms'] {
  return ENERGY_LEVELS.map((level, i) => {
    let joules = 0;
    for (let at = i; at < report.energyTerms.length; at += ENERGY_LEVELS.length) joules += report.energyTerms[at] || 0;
    return { level, joules };
  });
}

/** A group's is its class. */
export function operatorOf(scene: SceneData, node: number): string {
  const kind = scene.kind[node];
  if (kind === 1) return 'Input';
  if (kind === 2) return 'Output';
  const group = node - scene.groups.of.length;
  if (group >= 0) return scene.groups.kinds[group] || 'Group';
  return scene.operators[scene.operator[node] ?? 0] ?? '?';
}

/** Nodes at the other end of a node's edges: each once, in the order of the edges. */
export function neighbours(model: PanelModel, node: number, direction: 'up' | 'down'): number[] {
  const edges = direction === 'up' ? model.incoming : model.outgoing;
  const other = direction === 'up' ? model.sources : model.targets;
  const found = new Set<number>();
  for (let i = at(edges.start, node); i < at(edges.start, node + 1); i++) found.add(at(other, at(edges.items, i)));
  return [...found];
}

/** What the panel shows, with the neighbours of every node at hand. A new report is a new model over the same scene. */
import { BOUNDS, type Bound, TERMS, type Term } from '../../src/display/bounds';
import type { GraphOpening, ReportData, SceneData } from '../../src/protocol/graphPanel';
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
}

/** A fused node runs in another node's kernel and costs nothing more. */
export type CostState = 'known' | 'free' | 'fused' | 'unknown';

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
  readonly inputBytes: number;
  readonly weightBytes: number;
  readonly outputBytes: number;
  readonly utilization: number;
  readonly lowerBound: number;
  readonly energy: number;
  readonly mapping: string;
  readonly advice: string;
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
  };
}

export function withReport(model: PanelModel, report: ReportData): PanelModel {
  return { ...model, report };
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
export function nodeCost({ scene, report, nodeOfRow }: PanelModel, node: number): NodeCost | undefined {
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
    inputBytes: value(report.bytes, 3 * row),
    weightBytes: value(report.bytes, 3 * row + 1),
    outputBytes: value(report.bytes, 3 * row + 2),
    utilization: value(report.utilization),
    lowerBound: value(report.lowerBound),
    energy: value(report.energy),
    mapping: report.mapping[row] ?? '',
    advice: report.advice[row] ?? '',
  };
}

export function operatorOf(scene: SceneData, node: number): string {
  const kind = scene.kind[node];
  if (kind === 1) return 'Input';
  if (kind === 2) return 'Output';
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

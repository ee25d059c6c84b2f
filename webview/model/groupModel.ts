/** The model of the graph pane: one row more for each group, with the sums over the layers inside. */
import { BOUNDS, TERMS } from '../../src/display/bounds';
import type { ReportData, SceneData } from '../../src/protocol/graphPanel';
import { at, column, groupBy, realAt } from '../layout/adjacency';
import type { Fold } from './fold';
import { type GroupTree, groupAround, groupTree } from './groupTree';
import { costState, type PanelModel, reportRow } from './panelModel';

/** Columns of the scene and of the report have a row for each group, behind those of the nodes. */
export interface GroupedModel extends PanelModel {
  readonly tree: GroupTree;
  /** Layers inside of each group, and those of them whose cost is unknown. */
  readonly layers: Uint32Array;
  readonly unknown: Uint32Array;
}

export function isGroup({ groups }: SceneData, id: number): boolean {
  return id >= groups.of.length;
}

/** `tree`: of the same scene, where it is known already. */
export function groupModel(model: PanelModel, tree: GroupTree = groupTree(model.scene)): GroupedModel {
  const { scene, report, nodeOfRow, sources, targets } = model;
  const rows = report.seconds.length;
  const isLayer = (node: number) => reportRow(scene, node) >= 0;
  const layers = countInside(tree, isLayer);
  const unknown = countInside(tree, (node) => isLayer(node) && costState(report, reportRow(scene, node)) === 'unknown');
  const ids = tree.nodeCount + tree.count;
  return {
    ...model,
    tree,
    layers,
    unknown,
    scene: withGroups(model, tree, layers),
    report: withSums(scene, report, tree),
    outgoing: groupBy(sources, ids),
    incoming: groupBy(targets, ids),
    nodeOfRow: extended(nodeOfRow, new Uint32Array(rows + tree.count), (group) => tree.nodeCount + group),
  };
}

/** The model with the edges of a fold for its own. */
export function foldedModel(model: GroupedModel, { edges, edgeOf }: Fold): GroupedModel {
  const { scene, tree } = model;
  const [sources, targets] = [column(edges, 0), column(edges, 1)];
  const ids = tree.nodeCount + tree.count;
  return {
    ...model,
    scene: { ...scene, edges, edgeTensor: edgeOf.map((edge) => at(scene.edgeTensor, edge)) },
    sources,
    targets,
    outgoing: groupBy(sources, ids),
    incoming: groupBy(targets, ids),
  };
}

function countInside(tree: GroupTree, counts: (node: number) => boolean): Uint32Array {
  const found = new Uint32Array(tree.count);
  for (let node = 0; node < tree.nodeCount; node++) {
    const group = at(tree.of, node);
    if (group >= 0 && counts(node)) found[group] = at(found, group) + 1;
  }
  for (let group = tree.count - 1; group >= 0; group--) {
    const around = at(tree.parent, group);
    if (around >= 0) found[around] = at(found, around) + at(found, group);
  }
  return found;
}

function withGroups({ scene, report, sources, targets }: PanelModel, tree: GroupTree, layers: Uint32Array): SceneData {
  const { nodeCount, count } = tree;
  const ids = nodeCount + count;
  const last = lastOutputs(tree, sources, targets);
  return {
    ...scene,
    nodeCount: ids,
    kind: extended(scene.kind, new Uint8Array(ids), () => 0),
    reportIndex: extended(scene.reportIndex, new Int32Array(ids), (group) => report.seconds.length + group),
    names: [...scene.names, ...tree.paths],
    operator: extended(scene.operator, new Uint16Array(ids), () => 0),
    category: extended(scene.category, new Uint8Array(ids), () => 0),
    shapes: [...scene.shapes, ...Array.from(last, (node) => scene.shapes[node] ?? '?')],
    notes: [...scene.notes, ...Array.from(layers, (number) => `${number} ${number === 1 ? 'layer' : 'layers'}`)],
  };
}

/** Of each group the last node that is read outside of it; the last one of all where none is. */
function lastOutputs(tree: GroupTree, sources: Uint32Array, targets: Uint32Array): Uint32Array {
  const last = new Int32Array(tree.count).fill(-1);
  const outside = (group: number, node: number) => {
    const around = groupAround(tree, node);
    return around < group || around >= at(tree.end, group);
  };
  for (let edge = 0; edge < sources.length; edge++) {
    const [source, target] = [at(sources, edge), at(targets, edge)];
    let group = at(tree.of, source);
    for (; group >= 0 && outside(group, target); group = at(tree.parent, group))
      last[group] = Math.max(at(last, group), source);
  }
  const inside = new Uint32Array(tree.count);
  for (let node = 0; node < tree.nodeCount; node++) {
    for (let group = at(tree.of, node); group >= 0 && at(inside, group) < node; group = at(tree.parent, group))
      inside[group] = node;
  }
  return Uint32Array.from(last, (node, group) => (node < 0 ? at(inside, group) : node));
}

/** `whole`, filled with the values of `own` and then one for each group. */
function extended<Values extends Uint8Array | Uint16Array | Uint32Array | Int32Array>(
  own: Values,
  whole: Values,
  rowOf: (group: number) => number,
): Values {
  whole.set(own);
  for (let i = own.length; i < whole.length; i++) whole[i] = rowOf(i - own.length);
  return whole;
}

function withSums(scene: SceneData, report: ReportData, tree: GroupTree): ReportData {
  const rows = report.seconds.length;
  const sums = (values: Float64Array, perRow = 1) => sumInside(scene, tree, values, rows, perRow);
  const seconds = sums(report.seconds);
  const terms = sums(report.terms, TERMS.length);
  const used = sums(report.utilization.map((share, row) => share * realAt(report.seconds, row)));
  const measured = sums(report.seconds.map((time, row) => (Number.isFinite(report.utilization[row]) ? time : NaN)));
  const utilization = seconds.map((_, row) =>
    row < rows ? realAt(report.utilization, row) : realAt(used, row) / realAt(measured, row),
  );
  const total = rows + tree.count;
  return {
    ...report,
    seconds,
    terms,
    utilization,
    macs: sums(report.macs),
    flops: sums(report.flops),
    parameters: sums(report.parameters),
    bytes: sums(report.bytes, 3),
    cycles: sums(report.cycles),
    lowerBound: sums(report.lowerBound),
    energy: sums(report.energy),
    energyTerms: sums(report.energyTerms, report.energyTerms.length / Math.max(1, rows)),
    offChipBytes: sums(report.offChipBytes, 3),
    residentBytes: sums(report.residentBytes, 2),
    fusedInto: extended(report.fusedInto, new Int32Array(total), () => -1),
    rank: extended(report.rank, new Uint32Array(total), () => 0),
    bound: extended(report.bound, new Uint8Array(total), (group) => longestTerm(seconds, terms, rows + group)),
    mapping: [...report.mapping, ...tree.paths.map(() => '')],
  };
}

/** What is unknown adds nothing; the sum of nothing known is unknown. */
function plus(a: number, b: number): number {
  if (Number.isNaN(a)) return b;
  return Number.isNaN(b) ? a : a + b;
}

/** The column with the groups' sums behind it. */
function sumInside(scene: SceneData, tree: GroupTree, values: Float64Array, rows: number, perRow: number) {
  const sums = new Float64Array((rows + tree.count) * perRow).fill(Number.NaN);
  sums.set(values);
  const add = (from: number, group: number) => {
    const to = (rows + group) * perRow;
    for (let i = 0; i < perRow; i++) sums[to + i] = plus(realAt(sums, to + i), realAt(sums, from + i));
  };
  for (let node = 0; node < tree.nodeCount; node++) {
    const [group, row] = [at(tree.of, node), reportRow(scene, node)];
    if (group >= 0 && row >= 0) add(row * perRow, group);
  }
  for (let group = tree.count - 1; group >= 0; group--) {
    const around = at(tree.parent, group);
    if (around >= 0) add((rows + group) * perRow, around);
  }
  return sums;
}

/** Index into BOUNDS of what a group spends most time on. */
function longestTerm(seconds: Float64Array, terms: Float64Array, row: number): number {
  const time = realAt(seconds, row);
  if (!Number.isFinite(time)) return BOUNDS.indexOf('unknown');
  if (time === 0) return BOUNDS.indexOf('free');
  const own = terms.subarray(row * TERMS.length, (row + 1) * TERMS.length);
  const longest = own.reduce((best, value, i) => (value > realAt(own, best) ? i : best), 0);
  return BOUNDS.indexOf(TERMS[longest] ?? 'unknown');
}

import { shape } from '../display/format';
import type { Node } from '../graph/graph';
import { type ComparedFigure, type ComparisonData, MATCHES, type Unit } from '../protocol/comparison';
import { attributeWords, type ComparedGraph, matchable, operatorName } from './matchable';
import { identity, match } from './matching';
import type { Matching } from './mates';

/** A graph and figures of its nodes, wherever they come from: a prediction, a measurement. */
export interface Annotated extends ComparedGraph {
  readonly label: string;
  readonly figures: readonly Figure[];
}

/** One number for each node of the model's graph, by its id; NaN is unknown. */
export interface Figure {
  readonly id: string;
  readonly label: string;
  readonly unit: Unit;
  readonly values: Float64Array;
}

/** A row: the scene's items on each side; -1 where a side has none. */
interface Row {
  readonly a: number;
  readonly b: number;
  readonly match: (typeof MATCHES)[number];
}

/** What two annotations say of the same nodes: of one graph, or of two whose nodes are matched. Figures that only one has are left out. */
export function compare(a: Annotated, b: Annotated): ComparisonData {
  const same = a.scene === b.scene;
  const matching = same ? identity(a.scene.data.nodeCount) : match(matchable(a), matchable(b));
  const rows = rowsOf(matching, same).filter((row) => nodeOf(row, a, b) !== undefined);
  const shown = rows.map((row) =>
    row.a >= 0 ? { data: a.scene.data, item: row.a } : { data: b.scene.data, item: row.b },
  );
  return {
    a: { label: a.label },
    b: { label: b.label },
    nodeA: Int32Array.from(rows, (row) => row.a),
    nodeB: Int32Array.from(rows, (row) => row.b),
    match: Uint8Array.from(rows, (row) => MATCHES.indexOf(row.match)),
    names: shown.map(({ data, item }) => data.names[item] ?? ''),
    renamed: rows.map(({ a: x, b: y }) => {
      const name = x < 0 || y < 0 ? '' : (b.scene.data.names[y] ?? '');
      return name === a.scene.data.names[x] ? '' : name;
    }),
    operators: shown.map(({ data, item }) => data.operators[data.operator[item] ?? 0] ?? '?'),
    shapes: shown.map(({ data, item }) => data.shapes[item] ?? '?'),
    changes: rows.map((row) => (same ? '' : changesOf(row, a, b))),
    figures: a.figures.flatMap((figure): ComparedFigure[] => {
      const other = b.figures.find(({ id }) => id === figure.id);
      return other ? [comparedFigure(figure, other, rows, a, b)] : [];
    }),
  };
}

/** In the order of A; what only B has stands behind what it follows there. */
function rowsOf({ pairs, onlyA, onlyB }: Matching, same: boolean): readonly Row[] {
  const place = new Map(pairs.map((pair) => [pair.b, pair.a]));
  const alone = new Set(onlyB);
  const behind = new Map<number, Row[]>();
  let last = -1;
  for (let b = 0; b < pairs.length + onlyB.length; b++) {
    if (!alone.has(b)) last = place.get(b) ?? last;
    else behind.set(last, [...(behind.get(last) ?? []), { a: -1, b, match: 'onlyB' }]);
  }
  const own: Row[] = [
    ...pairs.map(({ a, b, by }): Row => ({ a, b, match: same ? 'same' : by })),
    ...onlyA.map((a): Row => ({ a, b: -1, match: 'onlyA' })),
  ];
  own.sort((x, y) => x.a - y.a);
  return [...(behind.get(-1) ?? []), ...own.flatMap((row) => [row, ...(behind.get(row.a) ?? [])])];
}

function nodeOf(row: Row, a: ComparedGraph, b: ComparedGraph): Node | undefined {
  return row.a >= 0 ? a.scene.nodeOf(row.a) : b.scene.nodeOf(row.b);
}

function comparedFigure(
  figure: Figure,
  other: Figure,
  rows: readonly Row[],
  a: Annotated,
  b: Annotated,
): ComparedFigure {
  const column = ({ scene }: ComparedGraph, values: Float64Array, item: (row: Row) => number) =>
    Float64Array.from(rows, (row) => (item(row) < 0 ? 0 : (values[scene.nodeOf(item(row))?.id ?? -1] ?? Number.NaN)));
  const [sumA, sumB] = [sumOf(figure.values), sumOf(other.values)];
  return {
    id: figure.id,
    label: figure.label,
    unit: figure.unit,
    a: column(a, figure.values, (row) => row.a),
    b: column(b, other.values, (row) => row.b),
    totals: { a: sumA.sum, b: sumB.sum, unknownA: sumA.unknown, unknownB: sumB.unknown },
  };
}

/** Of what is known; unknown where nothing that counts is. */
function sumOf(values: Float64Array): { readonly sum: number; readonly unknown: number } {
  const known = values.filter((value) => Number.isFinite(value));
  const unknown = values.length - known.length;
  const sum = known.reduce((all, value) => all + value, 0);
  return { sum: unknown > 0 && sum === 0 ? Number.NaN : sum, unknown };
}

/** What is different of a pair besides its figures, the operator first: `kernel_shape 3,3 → 5,5; output 1×8×6×6 → 1×8×4×4`. */
function changesOf(row: Row, a: ComparedGraph, b: ComparedGraph): string {
  const [nodeA, nodeB] = [a.scene.nodeOf(row.a), b.scene.nodeOf(row.b)];
  if (!nodeA || !nodeB) return '';
  const [attributesA, attributesB] = [wordsOf(nodeA), wordsOf(nodeB)];
  const keys = [...new Set([...attributesA.keys(), ...attributesB.keys()])];
  const parts = [
    ['', operatorName(nodeA), operatorName(nodeB)],
    ...keys.map((key) => [`${key} `, attributesA.get(key), attributesB.get(key)]),
    ['weights ', weightsOf(nodeA, a), weightsOf(nodeB, b)],
    ['output ', a.scene.data.shapes[row.a], b.scene.data.shapes[row.b]],
    ['', outputType(nodeA, a), outputType(nodeB, b)],
  ] as const;
  return parts
    .filter(([, before, after]) => before !== after)
    .map(([what, before, after]) => `${what}${before || 'none'} → ${after || 'none'}`)
    .join('; ');
}

function wordsOf({ attributes }: Node): ReadonlyMap<string, string> {
  return new Map([...attributes].map(([name, attribute]) => [name, attributeWords(attribute)]));
}

/** Sizes of what does not come from another node. */
function weightsOf({ inputs }: Node, { shapes: { infos, constants } }: ComparedGraph): string {
  return inputs
    .filter((name) => constants.has(name))
    .map((name) => shape(infos.get(name)?.shape))
    .join(', ');
}

function outputType({ outputs }: Node, { shapes: { infos } }: ComparedGraph): string | undefined {
  return infos.get(outputs.find((name) => name !== '') ?? '')?.type;
}

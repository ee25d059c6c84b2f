/** A comparison as its table and the graph show it: one figure of both sides, row by row. */
import { changeText, figureText, ratioText } from '../../src/display/difference';
import { type ComparedFigure, type ComparisonData, MATCHES, type Match } from '../../src/protocol/comparison';
import { at, realAt } from '../layout/adjacency';
import { csvText } from './csv';
import type { GroupedModel } from './groupModel';
import type { Metric } from './metrics';
import { reportRow } from './panelModel';

export interface Difference {
  /** Of the comparison. */
  readonly row: number;
  /** Node of the scene that is shown; undefined where it is on the other side only. */
  readonly node: number | undefined;
  readonly name: string;
  readonly operator: string;
  readonly match: Match;
  /** What is different besides the figure, for people. */
  readonly note: string;
  /** NaN is unknown; 0 where the side has no such node. */
  readonly a: number;
  readonly b: number;
  readonly change: number;
  readonly ratio: number;
}

const NOTES: Readonly<Partial<Record<Match, string>>> = { onlyA: 'only in A', onlyB: 'only in B' };

export function figureOf({ figures }: ComparisonData, id: string): ComparedFigure | undefined {
  return figures.find((figure) => figure.id === id) ?? figures[0];
}

export function differencesOf(data: ComparisonData, figure: ComparedFigure): Difference[] {
  return data.names.map((name, row): Difference => {
    const [a, b] = [realAt(figure.a, row), realAt(figure.b, row)];
    const match = MATCHES[data.match[row] ?? 0] ?? 'same';
    const node = at(data.nodeA, row);
    const renamed = data.renamed[row] ?? '';
    return {
      row,
      node: node < 0 ? undefined : node,
      name: renamed === '' ? name : `${name} ↔ ${renamed}`,
      operator: data.operators[row] ?? '',
      match,
      note: NOTES[match] ?? data.changes[row] ?? '',
      ...{ a, b, change: b - a, ratio: a === 0 || b === 0 ? Number.NaN : b / a },
    };
  });
}

export interface DifferenceColumn {
  readonly id: string;
  readonly label: string;
  readonly numeric: boolean;
  value(difference: Difference): number | string;
  text(difference: Difference, unit: string): string;
}

const word = (id: 'name' | 'operator' | 'note', label: string): DifferenceColumn => ({
  ...{ id, label, numeric: false },
  value: (difference) => difference[id],
  text: (difference) => difference[id],
});

export const DIFFERENCE_COLUMNS: readonly DifferenceColumn[] = [
  word('name', 'Layer'),
  word('operator', 'Operator'),
  {
    ...{ id: 'a', label: 'A', numeric: true },
    value: ({ a }) => a,
    text: ({ a, match }, unit) => (match === 'onlyB' ? '–' : figureText(a, unit)),
  },
  {
    ...{ id: 'b', label: 'B', numeric: true },
    value: ({ b }) => b,
    text: ({ b, match }, unit) => (match === 'onlyA' ? '–' : figureText(b, unit)),
  },
  // By size, so that what got better and what got worse stand side by side.
  {
    ...{ id: 'change', label: 'B − A', numeric: true },
    value: ({ change }) => Math.abs(change),
    text: ({ a, b }, unit) => changeText(a, b, unit),
  },
  {
    ...{ id: 'ratio', label: 'B / A', numeric: true },
    value: ({ ratio }) => ratio,
    text: ({ a, b }) => ratioText(a, b),
  },
  word('note', 'Different'),
];

const { compare: compareText } = new Intl.Collator('en', { numeric: true });

/** Unknown values come last either way; equal ones keep their order. */
export function sortDifferences(all: readonly Difference[], column: string, descending: boolean): Difference[] {
  const by = DIFFERENCE_COLUMNS.find(({ id }) => id === column);
  if (!by) return [...all];
  const sign = descending ? -1 : 1;
  return all.toSorted((x, y) => {
    const [left, right] = [by.value(x), by.value(y)];
    if (typeof left === 'string' || typeof right === 'string') return sign * compareText(String(left), String(right));
    if (Number.isNaN(left) || Number.isNaN(right)) return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
    return sign * (left - right);
  });
}

export function filterDifferences(all: readonly Difference[], query: string): readonly Difference[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter(({ name, operator, note }) => {
    const text = `${name}\n${operator}\n${note}`.toLowerCase();
    return words.every((part) => text.includes(part));
  });
}

/** Rows as they are shown, with all figures of both sides. */
export function differencesCsv(
  { figures, names, renamed, shapes, match }: ComparisonData,
  shown: readonly Difference[],
): string {
  const header = ['name', 'name_in_b', 'operator', 'shape', 'match', 'different'];
  const rows = shown.map(({ row, operator, note }) => [
    ...[names[row] ?? '', renamed[row] ?? '', operator, shapes[row] ?? '', MATCHES[match[row] ?? 0] ?? '', note],
    ...figures.flatMap(({ a, b }) => [realAt(a, row), realAt(b, row)]),
  ]);
  return csvText([[...header, ...figures.flatMap(({ id }) => [`a_${id}`, `b_${id}`])], ...rows]);
}

/** B − A of every layer of A by the rows of its report, and of every group the sum of what is known inside; colours by it. */
export function differenceMetric(data: ComparisonData, figure: ComparedFigure, model: GroupedModel): Metric {
  const { scene, report, tree } = model;
  const changes = new Float64Array(report.seconds.length).fill(Number.NaN);
  const alone = new Set<number>();
  const layers = report.seconds.length - tree.count;
  for (const difference of differencesOf(data, figure)) {
    const { node } = difference;
    const row = node === undefined ? -1 : reportRow(scene, node);
    if (node === undefined || row < 0) continue;
    changes[row] = difference.change;
    if (difference.match === 'onlyA') alone.add(row);
    if (Number.isNaN(difference.change)) continue;
    for (let group = at(tree.of, node); group >= 0; group = at(tree.parent, group)) {
      const sum = realAt(changes, layers + group);
      changes[layers + group] = (Number.isNaN(sum) ? 0 : sum) + difference.change;
    }
  }
  return {
    id: 'difference',
    label: `${figure.label}: B − A`,
    scale: 'diverging',
    value: (_, row) => changes[row] ?? Number.NaN,
    format: (value) => changeText(0, value, figure.unit),
    isAlone: (row) => alone.has(row),
  };
}

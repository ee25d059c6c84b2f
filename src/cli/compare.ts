import { parseArgs } from 'node:util';
import { changeText, figureText, ratioText } from '../display/difference';
import { atLeast, counted, printable } from '../display/format';
import type { Hardware } from '../hardware/hardware';
import { buildReport } from '../latency/report';
import { type Cell, csv, shortened, textTable } from '../latency/textTable';
import { type ComparedFigure, type ComparisonData, MATCHES } from '../protocol/comparison';
import { type Annotated, compare } from '../scene/compare';
import { predictedFigures } from '../scene/predictedFigures';
import { buildScene } from '../scene/scene';
import { type Command, checkWritable, emit, oneOf, UsageError } from './command';
import { chosenHardware } from './hardware';
import { type OpenedModel, openModel, SHAPE_HELP, SHAPE_OPTIONS } from './model';

const FIGURES = ['seconds', 'cycles', 'macs', 'parameters', 'bytes', 'weightBytes', 'offChipBytes', 'joules'] as const;

export const compareCommand: Command = {
  name: 'compare',
  usage: 'compare MODEL [MODEL] [--hardware NAME|FILE]… [--by FIGURE] [--all] [--batch N] [--shape INPUT=1x3x224x224]…',
  help: `What is different between two models, or of one model on two hardwares: layer by layer, the largest difference first.
Layers are matched by their names, else by the structure of the network. Nothing is run. Differences are those of B to A.
--hardware NAME|FILE         of both models; given twice: of the first and of the second; default jetson-tx2
--by ${FIGURES.join('|')}
                             the figure that the table shows and sorts by; default seconds
--all                        layers without a difference, too
${SHAPE_HELP}
--format table|json|csv      json and csv have all layers and all figures
--output FILE                write there instead of standard output`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...SHAPE_OPTIONS,
        hardware: { type: 'string', multiple: true },
        by: { type: 'string' },
        all: { type: 'boolean' },
        format: { type: 'string' },
        output: { type: 'string' },
      },
    });
    const format = oneOf('--format', values.format, ['table', 'json', 'csv'], 'table');
    const by = oneOf('--by', values.by, FIGURES, 'seconds');
    const { files, hardware: choices } = sidesOf(positionals, values.hardware ?? []);
    await checkWritable('--output', values.output);
    const [first, second] = files;
    const opened = await openModel(first, values);
    const other = second === undefined ? opened : await openModel(second, values);
    const [hardwareA, hardwareB] = await Promise.all(choices.map((choice) => chosenHardware(choice)));
    if (!hardwareA || !hardwareB) throw new Error('there is no hardware to compare on');
    const isOneModel = other === opened;
    const a = annotated(opened, hardwareA, first, isOneModel, choices[0] !== choices[1]);
    const b = annotated(other, hardwareB, second ?? first, isOneModel, choices[0] !== choices[1]);
    const comparison = compare(a, isOneModel ? { ...b, scene: a.scene } : b);
    const text = {
      table: () => comparisonTable(comparison, by, values.all ?? false),
      json: () => JSON.stringify(comparisonJson(comparison), undefined, 1),
      csv: () => comparisonCsv(comparison),
    }[format];
    await emit(text(), values.output);
    return 0;
  },
};

/** Two models on one hardware or two, or one model on two. */
function sidesOf(files: readonly string[], hardware: readonly string[]) {
  const [first, second, third] = files;
  const [ofA, ofB = ofA, more] = hardware;
  if (first === undefined) throw new UsageError('give two model files, or one and two times --hardware');
  if (third !== undefined) throw new UsageError(`two model files at a time; '${third}' is one too many`);
  if (more !== undefined) throw new UsageError(`--hardware ${more}: two of them at most`);
  if (second === undefined && hardware.length < 2) {
    throw new UsageError('one model is compared on two hardwares: give --hardware two times, or a second model file');
  }
  return { files: [first, second] as const, hardware: [ofA, ofB] };
}

function annotated(
  opened: OpenedModel,
  hardware: Hardware,
  file: string,
  isOneModel: boolean,
  isTwoHardwares: boolean,
): Annotated {
  const { model, shapes } = opened;
  return {
    label: isOneModel ? hardware.name : isTwoHardwares ? `${file} on ${hardware.name}` : file,
    scene: buildScene(model, shapes, file),
    shapes,
    figures: predictedFigures(buildReport(model, shapes, hardware)),
  };
}

function comparisonTable(comparison: ComparisonData, by: string, all: boolean): string {
  const { a, b, match, figures, names, operators, changes } = comparison;
  const figure = figures.find(({ id }) => id === by);
  if (!figure) throw new Error(`no ${by} to compare`);
  const change = (row: number): number => (figure.b[row] ?? 0) - (figure.a[row] ?? 0);
  const isOnly = (row: number, side: 'onlyA' | 'onlyB'): boolean => MATCHES[match[row] ?? 0] === side;
  const rows = Array.from(names.keys())
    .filter((row) => all || change(row) !== 0 || changes[row] !== '' || isOnly(row, 'onlyA') || isOnly(row, 'onlyB'))
    .sort((x, y) => rankOf(change(y)) - rankOf(change(x)) || x - y)
    .map((row) => {
      const [before = Number.NaN, after = Number.NaN] = [figure.a[row], figure.b[row]];
      const value = (side: 'onlyA' | 'onlyB', one: number) => (isOnly(row, side) ? '–' : figureText(one, figure.unit));
      const note = isOnly(row, 'onlyA') ? 'only in A' : isOnly(row, 'onlyB') ? 'only in B' : (changes[row] ?? '');
      const written = [changeText(before, after, figure.unit), ratioText(before, after), shortened(note, 60)];
      return [
        shortened(names[row] ?? '', 40),
        operators[row] ?? '',
        value('onlyB', before),
        value('onlyA', after),
        ...written,
      ];
    });
  const header = ['layer', 'operator', `${figure.label} A`, `${figure.label} B`, 'B − A', 'B / A', 'different'];
  const hidden = names.length - rows.length;
  return [
    `A: ${printable(a.label)}\nB: ${printable(b.label)}\n`,
    textTable([header, ...rows], [false, false, true, true, true, true, false]),
    '',
    ...(hidden > 0 ? [`${counted(hidden, 'layer')} without a difference (--all shows them)`] : []),
    `${counted(count(match, 'name') + count(match, 'same'), 'layer')} matched by name, ${count(match, 'structure')} by structure, ${count(match, 'onlyA')} only in A, ${count(match, 'onlyB')} only in B`,
    textTable([['total', 'A', 'B', 'B − A', 'B / A'], ...figures.map(totalRow)], [false, true, true, true, true]),
  ].join('\n');
}

/** By size, unknown ones last. */
function rankOf(change: number): number {
  return Number.isNaN(change) ? -1 : Math.abs(change);
}

function count(matches: Uint8Array, match: (typeof MATCHES)[number]): number {
  return matches.filter((one) => MATCHES[one] === match).length;
}

/** Where a sum leaves something out, nothing is said of the difference. */
function totalRow({ label, unit, totals }: ComparedFigure): readonly string[] {
  const { a, b, unknownA, unknownB } = totals;
  const [before, after] = [unknownA > 0 ? Number.NaN : a, unknownB > 0 ? Number.NaN : b];
  const write = (value: number, unknown: number) => atLeast(value, (one) => figureText(one, unit), unknown > 0);
  return [label, write(a, unknownA), write(b, unknownB), changeText(before, after, unit), ratioText(before, after)];
}

/** NaN becomes null. */
function comparisonJson(comparison: ComparisonData): unknown {
  const { a, b, nodeA, nodeB, match, names, renamed, operators, shapes, changes, figures } = comparison;
  return {
    a,
    b,
    totals: Object.fromEntries(figures.map(({ id, totals }) => [id, totals])),
    layers: names.map((name, row) => ({
      name,
      ...(renamed[row] !== '' && { nameInB: renamed[row] }),
      operator: operators[row],
      shape: shapes[row],
      match: MATCHES[match[row] ?? 0],
      ...(changes[row] !== '' && { changes: changes[row] }),
      ...((nodeA[row] ?? -1) >= 0 && { a: figuresOf(figures, (figure) => figure.a[row]) }),
      ...((nodeB[row] ?? -1) >= 0 && { b: figuresOf(figures, (figure) => figure.b[row]) }),
    })),
  };
}

function figuresOf(figures: readonly ComparedFigure[], value: (figure: ComparedFigure) => number | undefined) {
  return Object.fromEntries(figures.map((figure) => [figure.id, value(figure)]));
}

function comparisonCsv({
  nodeA,
  nodeB,
  match,
  names,
  renamed,
  operators,
  shapes,
  changes,
  figures,
}: ComparisonData): string {
  const header = ['name', 'name_in_b', 'operator', 'output_shape', 'match', 'changes'];
  const rows = names.map((name, row): readonly Cell[] => [
    ...[
      name,
      renamed[row] ?? '',
      operators[row] ?? '',
      shapes[row] ?? '',
      MATCHES[match[row] ?? 0] ?? '',
      changes[row] ?? '',
    ],
    ...figures.flatMap(({ a, b }) => [
      (nodeA[row] ?? -1) < 0 ? '' : (a[row] ?? Number.NaN),
      (nodeB[row] ?? -1) < 0 ? '' : (b[row] ?? Number.NaN),
    ]),
  ]);
  return csv([[...header, ...figures.flatMap(({ id }) => [`a_${id}`, `b_${id}`])], ...rows]);
}

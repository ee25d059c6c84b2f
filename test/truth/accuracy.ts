import fs from 'node:fs';
import path from 'node:path';
import { root } from '../shared';
import { type Figures, figuresOf } from './comparison';
import { deviceComparisons } from './devices';
import { eyerissComparisons } from './eyeriss';
import { foundingComparisons } from './founding';
import { mapperComparisons } from './mapper';
import { nvdlaComparisons } from './nvdla';
import { scaleSimComparisons } from './scaleSim';
import { timeloopComparisons } from './timeloop';

/** Where the figures are kept, and the page that is made of them. */
export const FIGURES_FILE = path.join(root, 'docs/accuracy.json');
export const PAGE_FILE = path.join(root, 'docs/accuracy.md');

/** Every comparison with the developers' shared truths, worked out anew. */
export function computeFigures(): readonly Figures[] {
  const all = [
    ...[foundingComparisons(), scaleSimComparisons(), nvdlaComparisons()],
    ...[timeloopComparisons(), eyerissComparisons(), mapperComparisons()],
    deviceComparisons(),
  ];
  return all.flat().map(figuresOf);
}

export function storedFigures(): readonly Figures[] {
  return JSON.parse(fs.readFileSync(FIGURES_FILE, 'utf8')) as readonly Figures[];
}

const percent = (share: number): string => `${(100 * share).toFixed(share > 0 && share < 0.001 ? 3 : 1)} %`;

function section({
  title,
  source,
  target,
  rows,
  equal,
  meanError,
  maxError,
  worst,
  outside,
  why,
  fitted,
}: Figures): string {
  const figures = `${rows} rows, ${equal} equal; mean error ${percent(meanError)}, largest ${percent(maxError)}`;
  return [
    `### ${title}`,
    '',
    `- Truth: ${source}`,
    `- Target: ${target}`,
    `- Reached: ${figures}${worst === '' ? '' : ` (${worst})`}`,
    ...(fitted ? [`- Fitted: ${fitted}`] : []),
    ...(outside === '' ? [] : [`- Outside: ${outside}`]),
    ...(why === '' ? [] : [`- Why: ${why}`]),
  ].join('\n');
}

/** The page docs/accuracy.md. */
export function pageOf(figures: readonly Figures[]): string {
  const table = figures.map(
    ({ title, rows, equal, meanError, maxError }) =>
      `| ${title} | ${rows} | ${equal} | ${percent(meanError)} | ${percent(maxError)} |`,
  );
  return `# Accuracy

What the latency model says, held against what others measured, published or computed. \`npm run truth\` writes this page anew; a
test fails when a figure gets worse. An error is |predicted / truth − 1|; equal means to 1e-9. Nothing is fitted per row; where
a constant is fitted to a device it is named, one for the whole device.

| comparison | rows | equal | mean error | largest |
|---|--:|--:|--:|--:|
${table.join('\n')}

${figures.map(section).join('\n\n')}

## Not compared
- QuTiBench's FINN and BISMO rows: data-flow circuits built for one network, which no engine here describes. Its pruned networks, MLP
  and CNV: their layers are not in the table. NCS2, Ultra96 and quad A53: no preset.
- TX2 below Max-N clocks: the preset is for Max-N.
- Xavier NX: the published rates are of a GPU and two DLAs together.
- TPU v1: six applications whose layers are not published; only their roofline could be compared.
- Coral's figures marked as from memory.
`;
}

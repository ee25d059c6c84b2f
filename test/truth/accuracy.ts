import fs from 'node:fs';
import path from 'node:path';
import { root } from '../shared';
import { type Figures, figuresOf } from './comparison';
import { deviceComparisons } from './devices';
import { eyerissComparisons } from './eyeriss';
import { foundingComparisons } from './founding';
import { mapperComparisons } from './mapper';
import { mlPerfComparisons } from './mlperf';
import { nvdlaComparisons } from './nvdla';
import { scaleSimComparisons } from './scaleSim';
import { timeloopComparisons } from './timeloop';
import { tpuComparison } from './tpu';

/** Where the figures are kept, and the page that is made of them. */
export const FIGURES_FILE = path.join(root, 'docs/accuracy.json');
export const PAGE_FILE = path.join(root, 'docs/accuracy.md');

/** Every comparison with the developers' shared truths, worked out anew. */
export function computeFigures(): readonly Figures[] {
  const all = [
    ...[foundingComparisons(), scaleSimComparisons(), nvdlaComparisons()],
    ...[timeloopComparisons(), eyerissComparisons(), mapperComparisons()],
    [tpuComparison(), ...deviceComparisons(), ...mlPerfComparisons()],
  ];
  return all.flat().map(figuresOf);
}

export function storedFigures(): readonly Figures[] {
  return JSON.parse(fs.readFileSync(FIGURES_FILE, 'utf8')) as readonly Figures[];
}

/** What a preset's file says about its accuracy, by the figures of the comparisons that are of it. */
export function accuracyOf(preset: string, figures: readonly Figures[]): string {
  const own = figures.filter((one) => one.preset === preset);
  if (own.length === 0) return 'Not held against any measurement.';
  const rows = own.reduce((sum, one) => sum + one.rows, 0);
  const mean = own.reduce((sum, one) => sum + one.rows * one.meanError, 0) / rows;
  const largest = Math.max(...own.map(({ maxError }) => maxError));
  const [{ constant, fitted, chosen } = {}] = own;
  const one =
    constant === undefined
      ? 'launch_time is the one constant fitted'
      : `All times × ${constant}, the one constant fitted`;
  const times = fitted === undefined ? 'Nothing fitted' : one;
  const besides = chosen === undefined ? '' : `, but ${chosen} chosen with the same figures in view`;
  const errors = `mean error ${percent(mean)}, largest ${percent(largest)}`;
  return `${times}${besides}: ${errors} over ${rows} published ${rows === 1 ? 'figure' : 'figures'} (docs/accuracy.md).`;
}

/** Writes that sentence into a preset's text, behind its source. */
export function withAccuracy(text: string, sentence: string): string {
  const without = text.replace(/^ *"accuracy": .*\n/m, '');
  return without.replace(/^( *)"source": .*\n/m, (line, indent: string) => {
    return `${line}${indent}"accuracy": ${JSON.stringify(sentence)},\n`;
  });
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
  chosen,
}: Figures): string {
  const figures = `${rows} rows, ${equal} equal; mean error ${percent(meanError)}, largest ${percent(maxError)}`;
  return [
    `### ${title}`,
    '',
    `- Truth: ${source}`,
    `- Target: ${target}`,
    `- Reached: ${figures}${worst === '' ? '' : ` (${worst})`}`,
    ...(fitted ? [`- Fitted: ${fitted}`] : []),
    ...(chosen ? [`- Not blind: ${chosen} chosen with these rows in view`] : []),
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
- QuTiBench's FINN and BISMO rows and its quad A53 (which runs BISMO's kernels): data-flow circuits and bit-serial kernels built for one
  network, which no engine here describes. NCS2 and Ultra96: no preset; the core on Ultra96 is not stated. Its pruned networks: which
  channels were cut is not in the table. Rows of more than one DPU thread: of more than one core.
- TensorRT 3 on TX2: Inception v3 and v4, Inception-ResNet v2 and ResNet v2 are not built here; eight networks are.
- Jetson Xavier NX: the published rates are of a GPU and two DLAs together. Detection networks on Nano, Coral and NCS2 (SSD): times
  of a pipeline with its post-processing on the host.
- TPU v1's CNN0 and CNN1: their layers are not published and arithmetic bounds them, so that equal layers would not do.
- Coral's Inception v3 and v4 and its board's column: not built here; the board has another link. Most rows quoted from memory.
- The errors that other tools claim (data/truth/other_claims.json): claims, not measurements.
- V100, RTX 3090 and 3060, Cortex-A76, Ethos-U55, Gemmini, NVDLA small and full: no table of measurements here. This
  machine's CPU: measured by the user.
`;
}

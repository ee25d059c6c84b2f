import fs from 'node:fs';
import path from 'node:path';
import { sharedPath } from '../shared';
import { accuracyOf, computeFigures, FIGURES_FILE, PAGE_FILE, pageOf, withAccuracy } from './accuracy';
import { presetFiles } from './presets';

/** `npm run truth`: works out every comparison and writes docs/accuracy.json, docs/accuracy.md and the presets' sentences. */
if (!sharedPath('data/truth')) throw new Error('the truths are in the developers’ shared folder, beside the checkout');
const figures = computeFigures();
fs.writeFileSync(FIGURES_FILE, `${JSON.stringify(figures, null, 2)}\n`);
fs.writeFileSync(PAGE_FILE, pageOf(figures));
for (const file of presetFiles()) {
  const text = fs.readFileSync(file, 'utf8');
  fs.writeFileSync(file, withAccuracy(text, accuracyOf(path.basename(file, '.json'), figures)));
}
for (const { id, rows, equal, meanError, maxError } of figures) {
  const [mean, largest] = [meanError, maxError].map((error) => `${(100 * error).toFixed(2)} %`);
  console.log(`${id}: ${rows} rows, ${equal} equal, mean ${mean}, largest ${largest}`);
}

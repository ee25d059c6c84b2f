import fs from 'node:fs';
import { sharedPath } from '../shared';
import { computeFigures, FIGURES_FILE, PAGE_FILE, pageOf } from './accuracy';

/** `npm run truth`: works out every comparison and writes docs/accuracy.json and docs/accuracy.md. */
if (!sharedPath('data/truth')) throw new Error('the truths are in the developers’ shared folder, beside the checkout');
const figures = computeFigures();
fs.writeFileSync(FIGURES_FILE, `${JSON.stringify(figures, null, 2)}\n`);
fs.writeFileSync(PAGE_FILE, pageOf(figures));
for (const { id, rows, equal, meanError, maxError } of figures) {
  const [mean, largest] = [meanError, maxError].map((error) => `${(100 * error).toFixed(2)} %`);
  console.log(`${id}: ${rows} rows, ${equal} equal, mean ${mean}, largest ${largest}`);
}

// npm run truth: recomputes every comparison with the shared truths and writes docs/accuracy.md and docs/accuracy.json.
import path from 'node:path';
import { build } from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');
const outfile = path.join(root, 'out/truth.cjs');
await build({
  absWorkingDir: root,
  entryPoints: ['test/truth/write.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  packages: 'external',
  logLevel: 'warning',
});
await import(outfile);

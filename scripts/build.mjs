// Bundles everything with esbuild: the extension host, the runtime child, the CLI, the webview, and the tests.
import fs from 'node:fs';
import path from 'node:path';
import { build, context } from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');
const files = (dir, match) =>
  fs.existsSync(path.join(root, dir))
    ? fs
        .readdirSync(path.join(root, dir), { recursive: true })
        .filter((name) => match.test(name) && !name.includes('node_modules'))
        .map((name) => path.join(dir, name))
    : [];

const shared = { absWorkingDir: root, bundle: true, sourcemap: 'linked', logLevel: 'warning', target: 'es2022' };
const node = { ...shared, platform: 'node', format: 'cjs', external: ['vscode', 'onnxruntime-node', 'sharp'] };
const present = (entries) =>
  Object.fromEntries(Object.entries(entries).filter(([, file]) => fs.existsSync(path.join(root, file))));

const targets = [
  {
    ...node,
    entryPoints: present({
      extension: 'src/extension.ts',
      cli: 'src/cli.ts',
      runtimeChild: 'src/runtime/runtimeChild.ts',
      arithmeticWorker: 'src/cam/maths/arithmeticWorker.ts',
    }),
    outdir: 'dist',
    minify: true,
  },
  {
    ...shared,
    platform: 'browser',
    format: 'iife',
    entryPoints: present({
      webview: 'webview/main.ts',
      layoutWorker: 'webview/layout/worker.ts',
      styles: 'webview/styles.css',
      cam: 'webview/cam/main.ts',
      camStyles: 'webview/cam/styles.css',
      sweep: 'webview/sweep/main.ts',
      sweepStyles: 'webview/sweep/styles.css',
    }),
    outdir: 'dist/webview',
    minify: true,
  },
  {
    ...node,
    packages: 'external',
    entryPoints: files('test', /\.test\.ts$|^bench\/[^/]+\.ts$/),
    outbase: 'test',
    outdir: 'out/test',
    outExtension: { '.js': '.cjs' },
    // Tests find the repository from where they run, never from where they were built.
    define: { 'import.meta.dirname': '__dirname' },
  },
].filter((target) => Object.keys(target.entryPoints).length > 0);

if (process.argv.includes('--watch')) {
  for (const target of targets) await (await context(target)).watch();
  console.log('watching');
} else {
  await Promise.all(targets.map((target) => build(target)));
}

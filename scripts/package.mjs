// npm run package: out/evo-profiler-<target>.vsix with the binaries of this platform and no other.
// Packing for another platform needs that platform's optional packages: npm ci --os=OS --cpu=CPU first.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const platform = process.platform;
const target = `${platform}-${process.arch}`;

const SUPPORTED = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'];
if (!SUPPORTED.includes(target)) {
  console.error(`no onnxruntime binary for ${target}; supported: ${SUPPORTED.join(', ')}`);
  process.exit(1);
}

const binaries = [
  `node_modules/onnxruntime-node/bin/napi-v6/${platform}/${process.arch}/**`,
  `node_modules/@img/sharp-${target}/**`,
  `node_modules/@img/sharp-libvips-${target}/**`,
];
const ignoreFile = path.join(root, 'out', 'vscodeignore');
const output = path.join(root, 'out', `evo-profiler-${target}.vsix`);
fs.mkdirSync(path.dirname(ignoreFile), { recursive: true });
fs.writeFileSync(
  ignoreFile,
  `${fs.readFileSync(path.join(root, '.vscodeignore'), 'utf8')}${binaries.map((glob) => `!${glob}`).join('\n')}\n`,
);
const vsce = path.join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
execFileSync(
  process.execPath,
  [
    vsce,
    'package',
    '--target',
    target,
    '--ignoreFile',
    ignoreFile,
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    '-o',
    output,
  ],
  { cwd: root, stdio: 'inherit' },
);
console.log(`${path.relative(root, output)}: ${(fs.statSync(output).size / 2 ** 20).toFixed(1)} MiB`);

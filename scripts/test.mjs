// npm test: installs, builds and runs everything there is to run here; the last line says how it went.
// --unit and --workbench choose one half, --grep X the tests whose title matches.
import { fork } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { npm, root, setup } from './setup.mjs';
import { installWorkbench } from './workbench/install.mjs';
import { chromiumPath } from './workbench/page.mjs';
import { installVsix, linkExtension } from './workbench/start.mjs';

const { values: options } = parseArgs({
  options: { unit: { type: 'boolean' }, workbench: { type: 'boolean' }, grep: { type: 'string' } },
});
const total = { passed: 0, failed: 0, skipped: 0 };
/** Test files with failures. */
const broken = [];

try {
  setup();
  if (!options.workbench) {
    step('typecheck');
    step('lint');
    await run('unit tests', ['unit', 'golden', 'webview'], {
      timeout: 20_000,
      lanes: Math.min(4, availableParallelism()),
    });
  }
  if (!options.unit) await runInWorkbench();
} catch (error) {
  console.error(error);
  total.failed++;
}

const nothingRan = total.passed + total.failed === 0;
if (nothingRan) console.error('no test ran');
for (const file of broken) console.error(`failed: ${file}`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 || nothingRan ? 1 : 0;

/** An npm script that must succeed. It is no test, so only its failure counts. */
function step(script) {
  console.log(`\n── ${script}`);
  try {
    npm('run', '--silent', script);
    return true;
  } catch {
    console.error(`${script} failed`);
    total.failed++;
    return false;
  }
}

async function runInWorkbench() {
  const missing = whatWorkbenchTestsLack();
  if (missing !== undefined) {
    console.log(`\nworkbench tests SKIPPED: ${missing}`);
    if (process.env.EVO_REQUIRE_WORKBENCH === '1') total.failed++;
    return;
  }
  installWorkbench();
  const temporary = mkdtempSync(path.join(tmpdir(), 'evo-extensions-'));
  const directory = (name) => {
    mkdirSync(path.join(temporary, name));
    return path.join(temporary, name);
  };
  try {
    const folder = directory('folder');
    linkExtension(root, folder);
    await runInstalled('folder', folder);
    if (!step('package')) return;
    const vsix = directory('vsix');
    await installVsix(path.join(root, 'out/evo-profiler-linux-x64.vsix'), vsix);
    await runInstalled('vsix', vsix);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function runInstalled(kind, extensionsDirectory) {
  const env = { EVO_INSTALLED_AS: kind, EVO_EXTENSIONS_DIRECTORY: extensionsDirectory };
  return run(`workbench tests, extension installed from the ${kind}`, ['workbench'], { timeout: 120_000 }, env);
}

function whatWorkbenchTestsLack() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'they run on Linux x64 only';
  if (chromiumPath === undefined) return 'no Chromium (Debian: apt-get install chromium)';
  return undefined;
}

/** Runs every file, as many at a time as there are lanes; with several, what a file prints comes out when it is done. */
async function run(title, folders, { lanes = 1, ...mochaOptions }, env = {}) {
  const files = folders.flatMap(bundles);
  console.log(`\n── ${title}: ${files.length} files`);
  const mocha = JSON.stringify({ color: process.stdout.isTTY, ...mochaOptions, grep: options.grep });
  const variables = { ...process.env, ...env, EVO_MOCHA: mocha };
  await Promise.all(Array.from({ length: lanes }, () => runLane(files, variables, lanes === 1)));
}

/** Takes one file after the other from the list; a process that died is followed by another. */
async function runLane(files, env, live) {
  let child;
  for (let file = files.shift(); file !== undefined; file = files.shift()) {
    child ??= fork(path.join(root, 'scripts/mocha.mjs'), {
      ...{ cwd: root, env },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    const result = await runFile(child, file, live);
    if (result === undefined) child = undefined;
    const { passed, failed, skipped } = result ?? { passed: 0, failed: 1, skipped: 0 };
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
    if (failed > 0) broken.push(path.relative(path.join(root, 'out'), file) + (result ? '' : ' (died before its end)'));
  }
  child?.disconnect();
}

/** The counts of one file; undefined where the process dies. */
function runFile(child, file, live) {
  return new Promise((resolve) => {
    let [output, result, printed] = ['', undefined, false];
    const settle = (isOver) => {
      if (!isOver) return;
      child.stdout.off('data', onData);
      child.off('message', onMessage);
      child.off('close', onClose);
      const nothingRan = result && result.passed + result.failed + result.skipped === 0;
      if (!nothingRan) process.stdout.write(output);
      resolve(result);
    };
    const onData = (bytes) => {
      const text = bytes.toString();
      printed ||= text.includes('\0');
      if (live) process.stdout.write(text.replace('\0', ''));
      else output += text.replace('\0', '');
      settle(printed && result);
    };
    const onMessage = (counts) => {
      result = counts;
      settle(printed);
    };
    const onClose = () => settle(true);
    child.stdout.on('data', onData);
    child.on('message', onMessage);
    child.on('close', onClose);
    child.send(file);
  });
}

/** The built tests below out/test/<folder> whose source still exists: a renamed test leaves its old bundle behind. */
function bundles(folder) {
  const directory = path.join(root, 'out/test', folder);
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.test.cjs'))
    .filter((name) => existsSync(path.join(root, 'test', folder, name.replace(/\.cjs$/, '.ts'))))
    .sort()
    .map((name) => path.join(directory, name));
}

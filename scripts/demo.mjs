// npm run demo: a real VS Code in the browser, with the sample workspace and the extension as its users get it.
// npm run demo -- --check: does once what the README asks a newcomer to do, and says how long the picture took.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root, setup } from './setup.mjs';
import { installWorkbench } from './workbench/install.mjs';
import { chooseFromContextMenu, chromiumPath, explorerRow, launchChromium, webviewWith } from './workbench/page.mjs';
import { linkExtension, listExtensions, startWorkbench } from './workbench/start.mjs';

const MODEL = 'shapes-resnet8.onnx';
const PROFILE = 'EVO: Profile Model';
const check = process.argv.includes('--check');

async function demo() {
  setup();
  const inBrowser = process.platform === 'linux' && process.arch === 'x64';
  if (inBrowser) installWorkbench();
  const temporary = mkdtempSync(path.join(tmpdir(), 'evo-demo-'));
  // A copy, because people will save heat maps and hardware files beside the models.
  const workspace = path.join(temporary, 'sample');
  try {
    cpSync(path.join(root, 'sample'), workspace, { recursive: true });
    if (inBrowser) await demoInBrowser(workspace, path.join(temporary, 'extensions'));
    else demoInInstalledCode(workspace);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function demoInBrowser(workspace, extensionsDirectory) {
  mkdirSync(extensionsDirectory);
  const extension = linkExtension(root, extensionsDirectory);
  // Ctrl-C arrives twice, from the terminal and from npm: keep listening until the server is stopped, the copy removed.
  const interrupted = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, resolve);
  });
  const workbench = await startWorkbench({ extensionsDirectory });
  try {
    const address = workbench.address(workspace);
    if (check) {
      const stopped = interrupted.then(() => Promise.reject(new Error('interrupted')));
      await Promise.race([chromiumPath ? checkInBrowser(address) : checkListed(extension), stopped]);
    } else {
      console.log(`\nEVO Profiler: open ${address}`);
      console.log(`Right-click ${MODEL} → ${PROFILE}; then F1 → EVO: Show Grad-CAM. Ctrl-C ends it.`);
      await interrupted;
    }
  } finally {
    await workbench.stop();
  }
}

async function checkInBrowser(address) {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(address);
    const clicked = await chooseFromContextMenu(page, explorerRow(page, MODEL), PROFILE);
    const canvas = '#graph canvas[data-painted]:not([data-painted="0"])';
    const panel = await webviewWith(page, canvas);
    const milliseconds = Date.now() - clicked;
    const nodes = await panel.locator(canvas).first().getAttribute('data-painted');
    console.log(`demo: ${MODEL} profiled in a real VS Code, ${nodes} nodes painted ${milliseconds} ms after the click`);
  } finally {
    await browser.close();
  }
}

async function checkListed(extension) {
  const wanted = path.basename(extension);
  const listed = await listExtensions(path.dirname(extension));
  if (!listed.includes(wanted)) throw new Error(`VS Code does not list ${wanted}, but ${listed.join(', ')}`);
  console.log(`demo: VS Code answers and lists ${wanted}; nothing was clicked, for there is no Chromium here`);
}

function demoInInstalledCode(workspace) {
  const shell = process.platform === 'win32';
  if (spawnSync('code', ['--version'], { shell }).status !== 0) {
    throw new Error(
      'The demo in the browser runs on Linux x64. Elsewhere it needs VS Code and its "code" command ' +
        '(in VS Code: F1, "Shell Command: Install \'code\' command in PATH").',
    );
  }
  if (check) {
    if (!existsSync(path.join(root, 'dist/extension.js'))) throw new Error('the build left no dist/extension.js');
    console.log('demo: built, and VS Code is installed; only Linux x64 drives it');
    return;
  }
  console.log('EVO Profiler: VS Code opens with the sample workspace; close its window to end the demo.');
  const quote = (text) => (shell ? `"${text}"` : text);
  const args = ['--new-window', '--wait', quote(`--extensionDevelopmentPath=${root}`), quote(workspace)];
  spawnSync('code', args, { stdio: 'inherit', shell });
}

try {
  await demo();
} catch (error) {
  console.error(`demo: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

/** Drives a real VS Code in headless Chromium, with the extension installed as its users have it. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import type * as PageTools from '../../scripts/workbench/page.mjs';
import type * as StartTools from '../../scripts/workbench/start.mjs';
import { root } from '../shared';
import { commands, graph, vscode } from './selectors';
import { makeWorkspace } from './workspace';

/** Set by scripts/test.mjs, which runs these tests once with the `folder` installed and once with the `vsix`. */
export const { EVO_INSTALLED_AS: installedAs = 'folder' } = process.env;

/** A theme of each kind, as VS Code's list of themes calls it, and the class that its page then has. */
const THEMES = {
  'Dark Modern': 'vs-dark',
  'Light Modern': 'vs',
  'Dark High Contrast': 'hc-black',
  'Light High Contrast': 'hc-light',
} as const;

/**
 * Where VS Code on the web has its webviews' files: not in the network, a service worker inside of the page answers.
 * Nobody could else: launchChromium looks up no name.
 */
const WEBVIEW_FILES = '.vscode-resource.vscode-cdn.net';

/** One VS Code: a server, a browser page and a workspace of its own. */
export class Session {
  readonly page: Page;
  readonly workspace: string;
  readonly workbench: StartTools.Workbench;
  /** What no page of ours may cause: a violated content security policy, a request that leaves this machine. */
  readonly complaints: string[] = [];
  readonly #tools: typeof PageTools;
  readonly #browser: Browser;
  readonly #temporary: string;

  private constructor(parts: {
    page: Page;
    workspace: string;
    workbench: StartTools.Workbench;
    tools: typeof PageTools;
    browser: Browser;
    temporary: string;
  }) {
    this.page = parts.page;
    this.workspace = parts.workspace;
    this.workbench = parts.workbench;
    this.#tools = parts.tools;
    this.#browser = parts.browser;
    this.#temporary = parts.temporary;
    this.#listen();
  }

  static async open(settings: Record<string, unknown> = {}): Promise<Session> {
    const tools = await load<typeof PageTools>('page.mjs');
    const { startWorkbench } = await load<typeof StartTools>('start.mjs');
    const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-test-'));
    const workspace = path.join(temporary, 'sample');
    makeWorkspace(workspace);
    const [workbench, browser] = await Promise.all([
      startWorkbench({ extensionsDirectory: await extensionsDirectory(temporary), settings }),
      tools.launchChromium(),
    ]);
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    page.setDefaultTimeout(60_000);
    const session = new Session({ page, workspace, workbench, tools, browser, temporary });
    await page.goto(workbench.address(workspace));
    return session;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.workbench.stop();
    fs.rmSync(this.#temporary, { recursive: true, force: true });
  }

  /** Absolute path of a file of the workspace. */
  file(name: string): string {
    return path.join(this.workspace, name);
  }

  row(name: string): Locator {
    return this.#tools.explorerRow(this.page, name).first();
  }

  /** Unfolds a folder in the explorer, or folds it again. */
  async toggleFolder(name: string): Promise<void> {
    await this.row(name).click();
  }

  /** Chooses from an explorer row's context menu; answers when the entry was clicked. */
  chooseFromMenu(row: string, entry: string): Promise<number> {
    return this.#tools.chooseFromContextMenu(this.page, this.row(row), entry);
  }

  /** Runs a command by its full title. An open palette does not pick up late commands, so it is reopened until listed. */
  async run(title: string): Promise<void> {
    const option = this.page.locator(vscode.paletteOption, { hasText: title }).first();
    for (let attempt = 0; attempt < 30; attempt++) {
      await this.page.keyboard.press('F1');
      try {
        await this.page.locator(vscode.paletteInput).fill(`>${title}`, { timeout: 1500 });
        await option.click({ timeout: 1500 });
        return;
      } catch {
        await this.page.keyboard.press('Escape');
      }
    }
    throw new Error(`The palette has no "${title}"`);
  }

  async closeAllEditors(): Promise<void> {
    await this.run('View: Close All Editors');
    await eventually(
      () => this.page.locator(vscode.tab).count(),
      (count) => count === 0,
      'all editors are closed',
    );
  }

  /**
   * Answers the quick picks that come, in whatever order they come, until the condition holds. The answers are typed
   * and then clicked, for the list holds only the rows in sight. Fails with what a pick offers besides.
   */
  async pickUntil(done: () => Promise<boolean>, answers: readonly string[]): Promise<void> {
    for (const end = Date.now() + 60_000; Date.now() < end; await this.page.waitForTimeout(100)) {
      if (await done()) return;
      for (const answer of answers) if (await this.#tryPick(answer)) break;
    }
    const offered = await this.page.locator(vscode.paletteOption).allTextContents();
    throw new Error(`Not there yet after a minute; the quick pick offers: ${offered.join(' | ') || 'nothing'}`);
  }

  async #tryPick(answer: string): Promise<boolean> {
    const input = this.page.locator(vscode.paletteInput);
    if (!(await input.isVisible())) return false;
    const option = this.page.locator(vscode.paletteOption, { hasText: answer }).first();
    try {
      await input.fill(answer, { timeout: 1000 });
      await option.click({ timeout: 1000 });
      return true;
    } catch {
      // Not among this pick's options, or the pick closed meanwhile.
      await input.fill('', { timeout: 1000 }).catch(() => undefined);
      return false;
    }
  }

  /** The content of the visible webview that shows the selector, waiting for it. */
  webview(selector: string): Promise<FrameLocator> {
    return this.#tools.webviewWith(this.page, selector);
  }

  /** The same, without waiting. */
  webviewNow(selector: string): Promise<FrameLocator | undefined> {
    return this.#tools.webviewNow(this.page, selector);
  }

  /** Profiles a model from the explorer's menu and waits for its painted graph, in a panel that was not there. */
  profile(model: string): Promise<{ panel: FrameLocator; milliseconds: number }> {
    return this.openFromMenu(model, commands.profile, graph.painted);
  }

  /** Chooses from an explorer row's menu and waits for a webview that was not there to show the selector. */
  async openFromMenu(row: string, entry: string, selector: string) {
    const before = await this.#tools.webviewNames(this.page);
    const clicked = await this.chooseFromMenu(row, entry);
    const panel = await this.#tools.webviewWith(this.page, selector, before);
    return { panel, milliseconds: Date.now() - clicked };
  }

  async toast(text: string | RegExp): Promise<string> {
    const toast = this.page.locator(vscode.toast, { hasText: text }).first();
    await toast.waitFor();
    return (await toast.textContent()) ?? '';
  }

  /** Switches the colour theme as a user does. (VS Code's server takes no note of a second change of the settings file.) */
  async setTheme(theme: keyof typeof THEMES): Promise<void> {
    const applied = this.page.locator(`.monaco-workbench.${THEMES[theme]}`);
    await this.run('Preferences: Color Theme');
    await this.pickUntil(() => applied.isVisible(), [theme]);
    // The theme is previewed as soon as its row has the focus; Enter keeps it, where the click has not yet.
    if (await this.page.locator(vscode.paletteInput).isVisible()) await this.page.keyboard.press('Enter');
    await applied.waitFor();
  }

  /** Reload Window as a user does it; everything in the page is gone afterwards. */
  async reload(): Promise<void> {
    await Promise.all([this.page.waitForEvent('load'), this.run('Developer: Reload Window')]);
    await this.page.locator('.explorer-viewlet, .part.editor').first().waitFor();
  }

  /** Takes what VS Code's save dialog suggests, on the web a quick input for the path; answers the path. */
  async acceptSaveDialog(): Promise<string> {
    const input = this.page.locator(vscode.paletteInput);
    const suggested = await eventually(
      // Hidden it still has what an earlier quick pick left in it.
      async () => ((await input.isVisible()) ? input.inputValue() : ''),
      // Not the folder alone, which the dialog shows at first.
      (value) => path.isAbsolute(value) && path.basename(value).includes('.'),
      'the save dialog suggests a path',
    );
    // The dialog passes over an Enter while it still reads the folder.
    await eventually(
      async () => {
        if (await input.isVisible()) await this.page.keyboard.press('Enter');
        return input.isVisible();
      },
      (open) => !open,
      'the save dialog closes',
    );
    return suggested;
  }

  async screenshot(name: string): Promise<string> {
    const file = path.join(root, 'out/screenshots', installedAs, `${name.replace(/[^\w-]+/g, '-')}.png`);
    await this.page.screenshot({ path: file });
    return file;
  }

  /** Processes below VS Code's server whose command line contains the text. */
  processes(text: string): number[] {
    const below = new Set([this.workbench.pid]);
    const found: number[] = [];
    // In ascending order a parent comes before its children, but for a wrapped process id: two passes settle that too.
    for (let pass = 0; pass < 2; pass++) {
      for (const pid of allProcesses()) if (below.has(parentOf(pid))) below.add(pid);
    }
    for (const pid of below) if (commandLine(pid).includes(text)) found.push(pid);
    return found;
  }

  #listen(): void {
    this.page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) this.complaints.push(message.text());
    });
    this.page.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url());
      const local =
        hostname === '127.0.0.1' || ['data:', 'blob:'].includes(protocol) || hostname.endsWith(WEBVIEW_FILES);
      if (!local) this.complaints.push(`request to ${hostname || request.url()}`);
    });
  }
}

/** Starting VS Code takes most of a suite's time, so the suites share one; it is there while any of them runs. */
let shared: Session | undefined;

export async function closeSharedSession(): Promise<void> {
  await shared?.close();
  shared = undefined;
}

/**
 * A suite in the shared VS Code, with no editor open, or in one of its own where it needs settings. A failing test
 * leaves a screenshot, and the next suite a fresh VS Code. The body gets a function because the session does not exist
 * yet while mocha collects the tests.
 */
export function describeInWorkbench(
  title: string,
  body: (vs: () => Session) => void,
  settings?: Record<string, unknown>,
): void {
  describe(title, () => {
    let session: Session | undefined;
    let failed = false;
    const vs = (): Session => {
      assert.ok(session, 'VS Code has not started');
      return session;
    };
    before(async () => {
      if (settings) session = await Session.open(settings);
      else if (shared) await shared.closeAllEditors();
      else shared = await Session.open();
      session ??= shared;
    });
    afterEach(async function () {
      if (this.currentTest?.state !== 'failed') return;
      failed = true;
      await session?.screenshot(`failed ${this.currentTest.fullTitle()}`);
    });
    after(async () => {
      if (settings) await session?.close();
      else if (failed) await closeSharedSession();
    });
    body(vs);
    it('causes no policy violation and no request to the outside', () => {
      assert.deepEqual(vs().complaints.splice(0), []);
    });
  });
}

/** Chooses in a native select or a toolkit drop-down, or moves a slider, and says so to the page as a user's hand does. */
export async function setValue(control: Locator, value: string): Promise<void> {
  await control.waitFor();
  await control.evaluate((element: { value: string; dispatchEvent(event: unknown): boolean }, wanted: string) => {
    element.value = wanted;
    for (const type of ['input', 'change']) element.dispatchEvent(new Event(type, { bubbles: true }));
  }, value);
}

/** Waits until a reading satisfies; fails with the last reading. */
export async function eventually<T>(read: () => Promise<T>, accept: (value: T) => boolean, what: string): Promise<T> {
  let last: T | undefined;
  for (const end = Date.now() + 30_000; Date.now() < end; ) {
    last = await read();
    if (accept(last)) return last;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what}: still ${JSON.stringify(last)} after half a minute`);
}

export async function textOf(element: Locator): Promise<string> {
  return (await element.textContent()) ?? '';
}

async function extensionsDirectory(temporary: string): Promise<string> {
  const { EVO_EXTENSIONS_DIRECTORY } = process.env;
  if (EVO_EXTENSIONS_DIRECTORY) return EVO_EXTENSIONS_DIRECTORY;
  // Run by hand: the working tree.
  const { linkExtension } = await load<typeof StartTools>('start.mjs');
  const directory = path.join(temporary, 'extensions');
  linkExtension(root, directory);
  return directory;
}

/** The scripts stay outside of the bundle: they find their files from where they lie. */
async function load<T>(script: string): Promise<T> {
  return (await import(pathToFileURL(path.join(root, 'scripts/workbench', script)).href)) as T;
}

function allProcesses(): number[] {
  const names = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return names.map(Number).sort((a, b) => a - b);
}

function parentOf(pid: number): number {
  // Field 4 of stat; the name in field 2 may hold spaces and brackets, so count from its last bracket.
  const stat = readProcess(pid, 'stat');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function commandLine(pid: number): string {
  return readProcess(pid, 'cmdline').replaceAll('\0', ' ');
}

function readProcess(pid: number, file: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

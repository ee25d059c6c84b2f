// The few gestures in VS Code's own page that the demo's check and the tests share.
import { existsSync } from 'node:fs';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** Chromium (the one named by CHROMIUM, if set), or undefined where there is none. */
export const chromiumPath = (process.env.CHROMIUM ? [process.env.CHROMIUM] : CANDIDATES).find(existsSync);

const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
/** No name is looked up: whatever a page cannot get from this machine it does not get. */
const OFFLINE = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1';

/** @returns {Promise<import('playwright-core').Browser>} */
export async function launchChromium() {
  const { chromium } = await import('playwright-core');
  // Containers and root have no user namespaces for the sandbox and no GPU; the only page it opens is our own.
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', OFFLINE, ...QUIET];
  return chromium.launch({ executablePath: chromiumPath, args });
}

/** @param {import('playwright-core').Page} page @param {string} name */
export function explorerRow(page, name) {
  return page.locator('.explorer-viewlet [role=treeitem]', { hasText: name });
}

/**
 * Right-clicks a row and chooses an entry. The extension's entries join the menu once its manifest has reached the
 * page, and an open menu does not pick up late ones, so the menu is reopened until the entry is there.
 * @param {import('playwright-core').Page} page @param {import('playwright-core').Locator} row @param {string} entry
 * @returns {Promise<number>} when the entry was clicked, to time what follows
 */
export async function chooseFromContextMenu(page, row, entry) {
  await row.waitFor();
  const item = page.locator('.monaco-menu .action-item', { hasText: entry }).first();
  for (let attempt = 0; attempt < 30; attempt++) {
    await row.click({ button: 'right' });
    if (await within(1500, (timeout) => item.waitFor({ timeout }))) return clickUntilGone(item);
    await page.keyboard.press('Escape');
  }
  throw new Error(`The explorer's menu has no "${entry}"`);
}

/**
 * VS Code's menus pass over a click in the first tenth of a second, lest the right button's release choose something.
 * @param {import('playwright-core').Locator} item @returns {Promise<number>} when the click was made that was taken
 */
async function clickUntilGone(item) {
  let clicked = 0;
  for (let attempt = 0; attempt < 10; attempt++) {
    const now = Date.now();
    // No longer there to be clicked: the click before was taken after all.
    if (!(await within(1000, (timeout) => item.click({ timeout }))) && clicked > 0) return clicked;
    clicked = now;
    if (await within(500, (timeout) => item.waitFor({ state: 'hidden', timeout }))) return clicked;
  }
  throw new Error('The menu takes no click');
}

/** @param {number} timeout milliseconds @param {(timeout: number) => Promise<unknown>} wait @returns {Promise<boolean>} */
function within(timeout, wait) {
  return wait(timeout).then(
    () => true,
    () => false,
  );
}

/** @param {import('playwright-core').Page} page @returns {Promise<(string | null)[]>} the names of the webviews there are */
export async function webviewNames(page) {
  const frames = await page.locator('iframe.webview').all();
  return Promise.all(frames.map((frame) => frame.getAttribute('name')));
}

/**
 * The content of the webview that shows the given element; panels that are hidden or still loading are passed over.
 * @param {import('playwright-core').Page} page @param {string} selector @param {(string | null)[]} [except] names
 * @returns {Promise<import('playwright-core').FrameLocator | undefined>} undefined where there is none at this moment
 */
export async function webviewNow(page, selector, except = []) {
  const frames = page.locator('iframe.webview.ready');
  for (const name of await frames.evaluateAll((all) => all.map((frame) => frame.getAttribute('name')))) {
    if (except.includes(name)) continue;
    const frame = page.locator(`iframe.webview.ready[name="${name}"]`);
    const content = frame.contentFrame().frameLocator('#active-frame');
    // An element says nothing of the frame around it: a panel behind another one is a hidden frame.
    const shown = [frame, content.locator(selector).first()].map((part) => part.isVisible().catch(() => false));
    if ((await Promise.all(shown)).every(Boolean)) return content;
  }
  return undefined;
}

/** The same, waiting for it. */
export async function webviewWith(page, selector, except = [], timeout = 60_000) {
  for (const end = Date.now() + timeout; Date.now() < end; await page.waitForTimeout(20)) {
    const content = await webviewNow(page, selector, except);
    if (content) return content;
  }
  throw new Error(`No webview with ${selector} within ${timeout / 1000} s`);
}

/** The two viewers: how each opens a file in a page that has loaded it already. */
import type { Browser, Page } from 'playwright-core';
import { VIEWPORT } from './browser';
import type { OurSite, Site } from './server';
import type { HostTimes, PageTimes } from './times';

/** Milliseconds. */
export interface Opening {
  /** From the choice of the file to the picture on screen. */
  readonly painted: number;
  readonly host?: HostTimes;
  readonly page?: PageTimes;
}

export interface Viewer {
  readonly name: string;
  open(page: Page, file: string, limit: number): Promise<Opening>;
  /** Milliseconds until the first results of a search are on screen; NaN where it has none. */
  search(page: Page, text: string): Promise<number>;
}

/** `state`: what VS Code kept of the panel. */
export function ours(site: OurSite, name: string, state: object): Viewer {
  return {
    name,
    open: async (page, file) => {
      await page.goto(`${site.address}?state=${encodeURIComponent(JSON.stringify(state))}`);
      await page.waitForTimeout(500);
      const times = await page.evaluate<PageTimes, string>((path) => Reflect.get(globalThis, 'openModel')(path), file);
      const host = site.hostTimes();
      return { painted: times.painted, page: times, ...(host && { host }) };
    },
    search: (page, text) => timeTyping(page, '#search', text),
  };
}

/** A copy that looks old would ask to be replaced first. */
const DATE = '<meta name="date" content="2099-01-01 00:00:00">';

export function netron(site: Site): Viewer {
  return {
    name: 'netron',
    open: async (page, file, limit) => {
      await page.addInitScript(KEEP_EVAL);
      await page.route(site.address, async (route) => {
        const body = await (await route.fetch()).text();
        await route.fulfill({
          body: body.replace(/<meta name="date" content="[^"]*">/, DATE),
          contentType: 'text/html',
        });
      });
      const { hostname } = new URL(site.address);
      await page.context().addCookies([{ name: 'consent', value: '1', domain: hostname, path: '/' }]);
      await page.goto(site.address);
      await page.locator('body.welcome:not(.spinner) #open-file-button').waitFor();
      await page.waitForTimeout(500);
      await page.evaluate(WATCH);
      await page.locator('#open-file-dialog').setInputFiles(file);
      await page.waitForFunction('globalThis.paintedAfter', undefined, { timeout: limit, polling: 200 });
      return { painted: Number(await page.evaluate('globalThis.paintedAfter')) };
    },
    search: async (page, text) => {
      await page.keyboard.press('Control+F');
      await page.locator('#search').waitFor();
      return timeTyping(page, '#search', text);
    },
  };
}

/** It takes `eval` away from its page, which whoever drives the page needs. */
const KEEP_EVAL = `{
  const kept = globalThis.eval;
  Object.defineProperty(globalThis, 'eval', { get: () => kept, set: () => {} });
}`;

/** From the moment that the file is in the page until its drawing is on screen; a question on the way is answered with yes. */
const WATCH = `document.querySelector('#open-file-dialog').addEventListener('change', () => {
  const start = performance.now();
  const look = () => {
    const { classList } = document.body;
    if (classList.contains('alert') || classList.contains('message')) document.querySelector('#message-button')?.click();
    const drawn = classList.contains('default') && document.querySelector('#target .node');
    if (!drawn) requestAnimationFrame(look);
    else requestAnimationFrame(() => requestAnimationFrame(() => { globalThis.paintedAfter = performance.now() - start; }));
  };
  requestAnimationFrame(look);
}, { capture: true })`;

/** Types into a field at once, and waits for the frame after. */
function timeTyping(page: Page, selector: string, text: string): Promise<number> {
  return page.evaluate(
    `new Promise((resolve) => {
      const field = document.querySelector(${JSON.stringify(selector)});
      field.focus();
      field.value = ${JSON.stringify(text)};
      const start = performance.now();
      field.dispatchEvent(new Event('input', { bubbles: true }));
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - start)));
    })`,
  );
}

export async function newPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: VIEWPORT, bypassCSP: true });
  return context.newPage();
}

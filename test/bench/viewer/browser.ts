/** Gestures as a hand makes them, the frames that Chromium draws meanwhile, and the memory of the page's process. */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Browser, CDPSession, Page } from 'playwright-core';
import type * as PageTools from '../../../scripts/workbench/page.mjs';
import { root } from '../../shared';

export const VIEWPORT = { width: 1400, height: 900 };
const GESTURE_MILLISECONDS = 3000;
const WINDOW_MICROSECONDS = 1e6;
/** Between two events of a hand on a mouse; a page that is slower gets fewer. */
const EVENT_MILLISECONDS = 16;
const MOST_WAITING = 3;
/** Events in one direction before the hand turns. */
const STROKE = 30;

export type Gesture = 'wheel' | 'drag' | 'zoom';

export async function launch(): Promise<Browser> {
  const script = path.join(root, 'scripts/workbench/page.mjs');
  const tools = (await import(pathToFileURL(script).href)) as typeof PageTools;
  return tools.launchChromium();
}

/** Frames per second that were drawn: the median over windows of one second. */
export async function drawnFrames(browser: Browser, page: Page, gesture: Gesture): Promise<number> {
  const session = await page.context().newCDPSession(page);
  const tracer = await browser.newBrowserCDPSession();
  const frames: number[] = [];
  tracer.on('Tracing.dataCollected', ({ value }) => {
    for (const event of value) {
      const { name, ts }: Record<string, unknown> = event;
      if (name === 'DrawFrame') frames.push(Number(ts));
    }
  });
  const complete = new Promise((resolve) => tracer.once('Tracing.tracingComplete', resolve));
  await tracer.send('Tracing.start', { categories: '-*,disabled-by-default-devtools.timeline.frame' });
  await make(session, gesture);
  await tracer.send('Tracing.end');
  await complete;
  await Promise.all([session.detach(), tracer.detach()]);
  return medianRate(frames.sort((a, b) => a - b));
}

/** Per second; windows begin at each frame and lie within the gesture. */
function medianRate(times: readonly number[]): number {
  const last = times.at(-1) ?? 0;
  const counts: number[] = [];
  for (let first = 0, end = 0; first < times.length; first++) {
    const limit = (times[first] ?? 0) + WINDOW_MICROSECONDS;
    if (limit > last) break;
    while ((times[end] ?? limit) < limit) end++;
    counts.push(end - first);
  }
  if (counts.length === 0) return times.length / (GESTURE_MILLISECONDS / 1000);
  return counts.sort((a, b) => a - b)[counts.length >> 1] ?? 0;
}

async function make(session: CDPSession, gesture: Gesture): Promise<void> {
  const middle = { x: VIEWPORT.width * 0.3, y: VIEWPORT.height / 2 };
  const mouse = (type: 'mousePressed' | 'mouseReleased' | 'mouseMoved', dy = 0) =>
    session.send('Input.dispatchMouseEvent', {
      type,
      x: middle.x,
      y: middle.y + dy,
      button: gesture === 'drag' ? 'left' : 'none',
      buttons: type === 'mouseMoved' && gesture === 'drag' ? 1 : 0,
      clickCount: type === 'mouseMoved' ? 0 : 1,
    });
  const turn = (deltaY: number) =>
    session.send('Input.dispatchMouseEvent', {
      type: 'mouseWheel',
      ...middle,
      deltaX: 0,
      deltaY,
      modifiers: gesture === 'zoom' ? 2 : 0,
    });
  await mouse('mouseMoved');
  if (gesture === 'drag') await mouse('mousePressed');
  let waiting = 0;
  const end = performance.now() + GESTURE_MILLISECONDS;
  for (let step = 0; performance.now() < end; step++) {
    const way = Math.abs((step % (2 * STROKE)) - STROKE);
    const away = Math.floor(step / STROKE) % 2 === 0;
    waiting++;
    const sent =
      gesture === 'drag'
        ? mouse('mouseMoved', (STROKE - way) * 8)
        : turn((away ? 1 : -1) * (gesture === 'zoom' ? 10 : 60));
    const settle = () => {
      waiting--;
    };
    sent.then(settle, settle);
    await sleep(EVENT_MILLISECONDS);
    while (waiting > MOST_WAITING && performance.now() < end) await sleep(1);
  }
  if (gesture === 'drag') await mouse('mouseReleased');
}

/** Bytes that only the page's process has (what Chromium calls its private footprint), after its garbage is collected. */
export async function memoryOf(browser: Browser, page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  await session.detach();
  const root = await browser.newBrowserCDPSession();
  const { processInfo } = await root.send('SystemInfo.getProcessInfo');
  await root.detach();
  const sizes = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => privateBytes(id));
  return Math.max(...sizes);
}

function privateBytes(pid: number): number {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = ['RssAnon', 'VmSwap'].map((field) =>
    Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN),
  );
  return kilobytes.reduce((sum, one) => sum + one * 1024, 0);
}

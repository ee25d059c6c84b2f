/** Charts drawn on a canvas, pointed at as with a mouse. */
import assert from 'node:assert/strict';
import type { FrameLocator, Locator } from 'playwright-core';
import type { Session } from './driver';

/** CSS pixels from the canvas's upper left corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What of a canvas in the page is used here; the tests have no DOM types. */
interface Canvas {
  readonly clientWidth: number;
  readonly clientHeight: number;
  readonly classList: { contains(name: string): boolean };
  getBoundingClientRect(): { readonly left: number; readonly top: number };
  dispatchEvent(event: unknown): boolean;
}

/** Points of a chart at which it says that the pointer is over something: on a grid, or along the one line at `row`. */
export function pointsOver(canvas: Locator, step: number, row?: number): Promise<readonly Point[]> {
  return canvas.evaluate(
    (element: Canvas, { grid, only }: { readonly grid: number; readonly only: number | undefined }) => {
      const PointerEvent = Reflect.get(globalThis, 'PointerEvent');
      const { left, top } = element.getBoundingClientRect();
      const points: Point[] = [];
      for (let y = only ?? 0; y < (only ?? element.clientHeight - 1) + 1; y += grid) {
        for (let x = 0; x < element.clientWidth; x += grid) {
          const place = { clientX: left + x, clientY: top + y, pointerType: 'mouse' };
          element.dispatchEvent(new PointerEvent('pointermove', place));
          if (element.classList.contains('over-node')) points.push({ x, y });
        }
      }
      element.dispatchEvent(new PointerEvent('pointerleave'));
      return points;
    },
    { grid: step, only: row },
  );
}

/** Moves the mouse there, from the corner, so that the card of an earlier place is gone. */
export async function hoverCanvas(vs: Session, canvas: Locator, card: Locator, { x, y }: Point): Promise<void> {
  const box = await canvas.boundingBox();
  assert.ok(box, 'the chart is visible');
  await vs.page.mouse.move(box.x + 1, box.y + 1);
  await card.waitFor({ state: 'hidden' });
  await vs.page.mouse.move(box.x + x, box.y + y);
}

export async function clickCanvas(vs: Session, canvas: Locator, card: Locator, point: Point): Promise<void> {
  await hoverCanvas(vs, canvas, card, point);
  await vs.page.mouse.down();
  await vs.page.mouse.up();
}

export function canvasOf(panel: FrameLocator, chart: string): Locator {
  return panel.locator(`${chart} canvas`);
}

/** The item with the smallest value. */
export function leastBy<T>(list: readonly T[], value: (item: T) => number): T {
  const [first, ...others] = list;
  assert.ok(first !== undefined, 'there is one at least');
  return others.reduce((least, item) => (value(item) < value(least) ? item : least), first);
}

/** The roofline and the timeline: where the layers are, by what the command line predicts, and that they are one with the graph. */
import assert from 'node:assert/strict';
import type { FrameLocator } from 'playwright-core';
import { canvasOf, clickCanvas, hoverCanvas, leastBy, pointsOver } from '../canvas';
import { isClose, type Layer, profileByCommandLine, totalSeconds } from '../commandLine';
import { describeInWorkbench, eventually, type Session, textOf } from '../driver';
import { chosenHardware, selectedName, shownTotals } from '../panels';
import { graph } from '../selectors';
import { MODEL } from '../workspace';

/** Bars thinner than this many pixels are not clicked. */
const CLICKABLE = 8;

export function charts(): void {
  describeInWorkbench('the charts', (vs) => {
    let panel: FrameLocator;
    let layers: readonly Layer[] = [];
    const card = () => panel.locator(graph.hoverCard);

    before(async () => {
      ({ panel } = await vs().profile(MODEL));
      layers = profileByCommandLine(vs().file(MODEL), await chosenHardware(panel));
    });

    describe('roofline', () => {
      before(async () => {
        await panel.locator(graph.rooflineTab).click();
        await panel.locator(graph.roofline).waitFor();
      });

      it('has a dot for every layer with arithmetic, and the keyboard goes through them, slowest first', async () => {
        const slowestFirst = kernels(layers)
          .filter(({ intensity }) => intensity > 0)
          .sort((a, b) => b.seconds - a.seconds);
        assert.ok(slowestFirst.length > 5);
        assert.deepEqual(
          await namesByArrowKey(vs(), panel, graph.roofline),
          slowestFirst.map(({ name }) => name),
        );
        await vs().screenshot('roofline');
      });

      it('lies from left to right by intensity and from top to bottom by speed', async () => {
        const dots = await pointsOver(canvasOf(panel, graph.roofline), 5);
        const placed = kernels(layers).filter(({ intensity }) => intensity > 0);
        const leftmost = leastBy(placed, ({ intensity }) => intensity);
        const lowest = leastBy(placed, ({ speed }) => speed);
        for (const [point, layer] of [
          [leastBy(dots, ({ x }) => x), leftmost],
          [leastBy(dots, ({ y }) => -y), lowest],
        ] as const) {
          await hoverCanvas(vs(), canvasOf(panel, graph.roofline), card(), point);
          await panel.locator(graph.hoverCard, { hasText: layer.name }).waitFor();
        }
      });

      it('selects the layer that is clicked, in the graph and in the table too', async () => {
        const { name } = leastBy(kernels(layers), ({ intensity }) => intensity || Number.POSITIVE_INFINITY);
        const dots = await pointsOver(canvasOf(panel, graph.roofline), 5);
        const leftmost = leastBy(dots, ({ x }) => x);
        await clickCanvas(vs(), canvasOf(panel, graph.roofline), card(), leftmost);
        await expectSelected(panel, name);
        assert.ok((await textOf(panel.locator(graph.details))).includes(name));
        await panel.locator(graph.layersTab).click();
        await panel.locator(`${graph.tableRow}[aria-selected=true]`, { hasText: name }).waitFor();
      });
    });

    describe('timeline', () => {
      before(async () => {
        await panel.locator(graph.timelineTab).click();
        await panel.locator(graph.timeline).waitFor();
      });

      it('has the layers in the order in which they run', async () => {
        await panel.locator(graph.timeline).focus();
        await vs().page.keyboard.press('Home');
        assert.deepEqual(
          await namesByArrowKey(vs(), panel, graph.timeline),
          kernels(layers).map(({ name }) => name),
        );
        await vs().screenshot('timeline');
      });

      it('gives every layer its share of the time, and selects the one that is clicked', async () => {
        const canvas = canvasOf(panel, graph.timeline);
        const y = leastBy(await pointsOver(canvas, 4), (point) => point.y).y + 4;
        const row = (await pointsOver(canvas, 1, y)).map(({ x }) => x);
        const [left, right] = [Math.min(...row), Math.max(...row) + 1];
        assert.equal(row.length, right - left, 'one layer follows the other without a gap');
        const total = totalSeconds(layers);
        let start = 0;
        let clicked = 0;
        for (const { name, seconds } of kernels(layers)) {
          const middle = start + seconds / 2;
          start += seconds;
          if ((seconds / total) * (right - left) < CLICKABLE) continue;
          await clickCanvas(vs(), canvas, card(), { x: left + (middle / total) * (right - left), y });
          await expectSelected(panel, name);
          clicked++;
        }
        assert.ok(isClose(start, total) && clicked > 5, `${clicked} layers of ${start} s are clicked`);
        assert.ok(isClose((await shownTotals(panel)).now, start), 'the bars add up to the total');
      });
    });
  });
}

interface Kernel {
  readonly name: string;
  readonly seconds: number;
  /** FLOP per byte off chip, what is fused into the kernel included; 0 without arithmetic or traffic. */
  readonly intensity: number;
  /** FLOP per second. */
  readonly speed: number;
}

/** Layers that take time, in the order in which they run. */
function kernels(layers: readonly Layer[]): Kernel[] {
  return layers.flatMap(({ name, seconds, offChipBytes, flops, fusedInto }, index): Kernel[] => {
    if (!seconds || fusedInto !== undefined) return [];
    const fused = layers.filter((layer) => layer.fusedInto === index);
    const work = [{ flops }, ...fused].reduce((sum, layer) => sum + (layer.flops ?? 0), 0);
    const bytes = Object.values(offChipBytes ?? {}).reduce((sum, one) => sum + one, 0);
    return [{ name, seconds, intensity: bytes > 0 ? work / bytes : 0, speed: work / seconds }];
  });
}

/** The selected layers, one after the other, until the arrow key finds no further one. */
async function namesByArrowKey(vs: Session, panel: FrameLocator, chart: string): Promise<readonly string[]> {
  await panel.locator(chart).focus();
  await vs.page.keyboard.press('Home');
  const names = [await selectedName(panel)];
  for (;;) {
    await vs.page.keyboard.press('ArrowRight');
    const name = await selectedName(panel);
    if (name === names.at(-1)) return names;
    names.push(name);
  }
}

async function expectSelected(panel: FrameLocator, name: string): Promise<void> {
  await eventually(
    () => selectedName(panel),
    (selected) => selected === name,
    `${name} is selected`,
  );
}

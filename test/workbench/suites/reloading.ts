/** What survives Reload Window: the graph with its hardware and selection, the heat map with its class. */
import assert from 'node:assert/strict';
import type { FrameLocator, Locator } from 'playwright-core';
import { describeInWorkbench, eventually, textOf } from '../driver';
import { chooseClass, chooseHardware, chosenHardware, knobValue, showGradCam, shownTotals } from '../panels';
import { difference, type Pixels, seen } from '../pixels';
import { cam, graph } from '../selectors';
import { MODEL, PICTURE } from '../workspace';

/** Mean difference of two pictures, of 255, that comes from marks of focus and the like. */
const SAME_PICTURE = 1.5;

export function reloading(): void {
  describeInWorkbench('Reload Window', (vs) => {
    let hardware = '';
    let selected = '';
    let shownClass: string | null;

    before(async () => {
      const { panel } = await vs().profile(MODEL);
      hardware = await chooseHardware(panel, /3060/);
      await panel.locator(graph.nodes).focus();
      for (let step = 0; step < 3; step++) await vs().page.keyboard.press('ArrowDown');
      selected = await textOf(panel.locator(graph.selected));
      const heatMap = await showGradCam(vs(), [PICTURE]);
      await chooseClass(heatMap, 'star');
      shownClass = await heatMap.locator(cam.root).getAttribute('data-class');
      await vs().reload();
    });

    it('brings the graph back, with its hardware and selection', async () => {
      const panel = await vs().webview(graph.painted);
      assert.equal(await chosenHardware(panel), hardware);
      assert.equal(await textOf(panel.locator(graph.selected)), selected);
    });

    it('brings the heat map back, with its class', async () => {
      const panel = await vs().webview(cam.class);
      assert.equal(await panel.locator(cam.root).getAttribute('data-class'), shownClass);
      await vs().screenshot('reloaded');
    });
  });
  describeInWorkbench('Reload Window after a what-if', (vs) => {
    let tried: Awaited<ReturnType<typeof shownTotals>>;
    let frequency = 0;
    let picture: Pixels;

    before(async () => {
      const { panel } = await vs().profile(MODEL);
      await panel.locator(graph.whatIfToggle).click();
      await panel.locator(`${graph.knob('frequency')} input[type=range]`).focus();
      await vs().page.keyboard.press('Home');
      frequency = await knobValue(panel, 'frequency');
      tried = await eventually(
        () => shownTotals(panel),
        ({ preset, now }) => now > preset,
        'the model is slower',
      );
      const whole = await seen(canvas(panel));
      await panel.locator(graph.nodes).focus();
      for (let step = 0; step < 4; step++) await vs().page.keyboard.press('+');
      picture = await atRest(canvas(panel));
      assert.ok(difference(picture, whole) > SAME_PICTURE, 'the graph is larger');
      await panel.locator(graph.timelineTab).click();
      await panel.locator(graph.timeline).waitFor();
      await vs().reload();
    });

    it('brings back the tab, the drawer and what was tried out', async () => {
      const panel = await vs().webview(graph.timeline);
      assert.equal(await textOf(panel.locator(graph.chosenTab)), 'Timeline');
      await eventually(
        () => shownTotals(panel),
        (now) => now.preset === tried.preset && now.now === tried.now,
        `from ${tried.preset} s to ${tried.now} s again`,
      );
      assert.equal(await knobValue(panel, 'frequency'), frequency);
      await panel.locator(graph.whatIf).waitFor();
    });

    it('brings the graph back where it was', async () => {
      const panel = await vs().webview(graph.timeline);
      await panel.locator(graph.graphTab).click();
      await eventually(
        async () => difference(await seen(canvas(panel)), picture),
        (apart) => apart <= SAME_PICTURE,
        'the picture is the same',
      );
    });
  });
}

function canvas(panel: FrameLocator): Locator {
  return panel.locator(graph.canvas).first();
}

/** The picture once nothing moves in it any more. */
async function atRest(element: Locator): Promise<Pixels> {
  let last = await seen(element);
  await eventually(
    async () => {
      const before = last;
      last = await seen(element);
      return difference(before, last);
    },
    (apart) => apart === 0,
    'the picture is at rest',
  );
  return last;
}

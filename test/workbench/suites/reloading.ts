/** What survives Reload Window: the graph with its hardware and selection, the heat map with its class. */
import assert from 'node:assert/strict';
import { describeInWorkbench, textOf } from '../driver';
import { chooseClass, chooseHardware, chosenHardware, showGradCam } from '../panels';
import { cam, graph } from '../selectors';
import { MODEL, PICTURE } from '../workspace';

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
}

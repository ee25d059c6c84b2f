/** How the graph panel adapts: to themes, to a model exported anew. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { compareWithCommandLine } from '../commandLine';
import { describeInWorkbench, eventually } from '../driver';
import { shownLayers } from '../panels';
import { colorCount, meanBrightness, seen } from '../pixels';
import { graph, vscode } from '../selectors';
import { EXPORTED, MODEL } from '../workspace';

const THEMES = [
  ['Light Modern', true],
  ['Dark High Contrast', false],
  ['Light High Contrast', true],
  ['Dark Modern', false],
] as const;

export function appearance(): void {
  describeInWorkbench('the graph panel', (vs) => {
    before(async () => {
      await vs().profile(EXPORTED);
    });

    for (const [theme, light] of THEMES) {
      it(`redraws in ${theme}`, async () => {
        const panel = await vs().webview(graph.painted);
        await vs().setTheme(theme);
        const pixels = await eventually(
          () => seen(panel.locator(graph.canvas).first()),
          (now) => meanBrightness(now) > 127 === light,
          `the canvas follows ${theme}`,
        );
        assert.ok(colorCount(pixels) >= 6, 'the graph is still there');
        await vs().screenshot(`graph-${theme}`);
      });
    }

    it('follows a model that is exported anew', async () => {
      const panel = await vs().webview(graph.painted);
      const names = async () => (await shownLayers(panel)).map(({ name }) => name);
      const before = await names();
      fs.copyFileSync(vs().file('shapes-vgg.onnx'), vs().file(EXPORTED));
      await eventually(names, (now) => now.length > 0 && now.join() !== before.join(), 'the panel shows the new model');
    });

    it('has followed a model that was exported anew while another editor hid the panel', async () => {
      const panel = await vs().webview(graph.painted);
      await vs().run('View: Keep Editor');
      await vs().row('README.md').dblclick();
      await panel.locator(graph.painted).waitFor({ state: 'hidden' });
      fs.copyFileSync(vs().file(MODEL), vs().file(EXPORTED));
      await vs().page.locator(vscode.tab, { hasText: EXPORTED }).click();
      await compareWithCommandLine(await vs().webview(graph.painted), vs().file(EXPORTED));
    });
  });
}

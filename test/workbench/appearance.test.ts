/** What the panel keeps and how it adapts: themes, Reload Window, a model exported anew. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describeInWorkbench, eventually, setValue } from './driver';
import { chosenHardware, hardwareChoices, shownNodes } from './panels';
import { colorCount, meanBrightness, seen } from './pixels';
import { graph } from './selectors';

const MODEL = 'shapes-resnet8.onnx';

describeInWorkbench('the graph panel', {}, (vs) => {
  const themes = [
    ['Light Modern', true],
    ['Dark High Contrast', false],
    ['Light High Contrast', true],
    ['Dark Modern', false],
  ] as const;
  for (const [theme, light] of themes) {
    it(`redraws in ${theme}`, async () => {
      const open = await vs().webviewNow(graph.painted);
      const panel = open ?? (await vs().profile(MODEL)).panel;
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

  it('is restored after Reload Window: hardware and selection', async () => {
    const before = await vs().webview(graph.painted);
    const other = (await hardwareChoices(before)).find(({ label }) => /V100/.test(label));
    assert.ok(other);
    await setValue(before.locator(graph.hardware), other.value);
    await before.locator(graph.nodes).focus();
    for (let step = 0; step < 3; step++) await vs().page.keyboard.press('ArrowDown');
    const selected = `${graph.node}[aria-selected=true]`;
    const name = ((await before.locator(selected).textContent()) ?? '').split(', ')[0];
    // VS Code writes a webview's state a moment after it changes.
    await vs().page.waitForTimeout(1500);

    await vs().reload();
    const after = await vs().webview(graph.painted);
    assert.equal(await chosenHardware(after), other.value);
    const nowSelected = (await after.locator(selected).textContent()) ?? '';
    assert.equal(nowSelected.split(', ')[0], name);
  });

  it('follows a model that is exported anew', async () => {
    const panel = await vs().webview(graph.painted);
    const before = (await shownNodes(panel)).map(({ name }) => name);
    fs.copyFileSync(path.join(vs().workspace, 'shapes-vgg.onnx'), path.join(vs().workspace, MODEL));
    await eventually(
      async () => (await shownNodes(panel)).map(({ name }) => name),
      (names) => names.length > 0 && names.join() !== before.join(),
      'the panel shows the new model',
    );
  });
});

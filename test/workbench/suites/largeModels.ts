/** Models of 20,000 nodes: they open, answer, and two of them live side by side. */
import assert from 'node:assert/strict';
import type { FrameLocator } from 'playwright-core';
import { describeInWorkbench, eventually } from '../driver';
import { selectedName } from '../panels';
import { colorCount, seen } from '../pixels';
import { commands, graph } from '../selectors';
import { LARGE, LARGE_NODES } from '../workspace';

export function largeModels(): void {
  describeInWorkbench('large models', (vs) => {
    let first: FrameLocator;

    it(`draws ${LARGE_NODES} nodes`, async () => {
      const { panel, milliseconds } = await vs().profile(LARGE[0]);
      first = panel;
      console.log(`      ${LARGE_NODES} nodes: ${milliseconds} ms from the first click to the painted graph`);
      const nodes = await panel.locator(graph.node).count();
      const closed = await panel.locator(`${graph.group}[aria-expanded=false]`).allTextContents();
      const inside = closed.reduce((sum, text) => sum + Number(/, (\d+) layers, /.exec(text)?.[1]), 0);
      assert.equal(nodes + inside, LARGE_NODES + 2);
      assert.ok(nodes + closed.length <= 150, `${nodes} nodes and ${closed.length} groups are easy to take in`);
    });

    it('finds the last one', async () => {
      const name = `n${LARGE_NODES - 1}`;
      await vs().run(commands.searchLayers);
      await first.locator(`${graph.search}:focus-within`).waitFor();
      await vs().page.keyboard.type(name);
      await vs().page.keyboard.press('Enter');
      await eventually(
        () => selectedName(first),
        (selected) => selected === name,
        `${name} is selected`,
      );
    });

    it('shows two of them side by side', async () => {
      await vs().run('View: Split Editor Right');
      const { panel: second } = await vs().profile(LARGE[1]);
      for (const panel of [first, second]) {
        const canvas = panel.locator(graph.canvas).first();
        await eventually(
          async () => colorCount(await seen(canvas)),
          (colors) => colors > 3,
          'the panel is not grey',
        );
      }
      await vs().screenshot('side-by-side');
    });
  });
}

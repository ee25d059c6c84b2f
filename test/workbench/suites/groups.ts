/** Groups open and close in place, by keyboard, from the toolbar and for what is searched; they are told to screen readers. */
import assert from 'node:assert/strict';
import type { FrameLocator } from 'playwright-core';
import { describeInWorkbench, eventually, textOf } from '../driver';
import { parseSeconds, selectedName, shownLayers } from '../panels';
import { graph } from '../selectors';
import { MODEL } from '../workspace';

/** A module of the sample's model, and a layer of it. */
const GROUP = 'layer1';
const MEMBER = '/layer1/conv1/Conv';

export function groups(): void {
  describeInWorkbench('groups', (vs) => {
    let panel: FrameLocator;
    let members: Awaited<ReturnType<typeof shownLayers>>;
    const group = () => panel.locator(graph.group, { hasText: new RegExp(`^${GROUP}, `) });
    const member = () => panel.locator(graph.node, { hasText: new RegExp(`^${MEMBER}, `) });
    const isOpen = () => group().getAttribute('aria-expanded');
    const becomes = (open: boolean) => eventually(isOpen, (now) => now === String(open), `open: ${open}`);
    const search = async (text: string) => {
      await vs().page.keyboard.press('/');
      await vs().page.keyboard.type(text);
      await vs().page.keyboard.press('Enter');
      await eventually(
        () => selectedName(panel),
        (name) => name === text,
        `${text} is selected`,
      );
      await vs().page.keyboard.press('Escape');
      await panel.locator(graph.nodes).focus();
    };
    const step = async (label: string) => {
      await panel.locator(graph.groupMenu).click();
      await panel.locator(graph.groupMenuEntry, { hasText: label }).click();
    };

    before(async () => {
      ({ panel } = await vs().profile(MODEL));
    });

    it('are open in a small model, with their layers inside of them', async () => {
      await becomes(true);
      assert.equal(await member().getAttribute('aria-level'), '2');
      members = (await shownLayers(panel)).filter(({ name }) => name.startsWith(`/${GROUP}/`));
      assert.ok(members.length > 3);
      await vs().screenshot('groups-open');
    });

    it('close around a layer by Backspace, and add up what is inside', async () => {
      await panel.locator(graph.nodes).focus();
      await search(MEMBER);
      await vs().page.keyboard.press('Backspace');
      await becomes(false);
      assert.equal(await member().count(), 0);
      assert.equal(await selectedName(panel), GROUP);
      const [, layers = '', time = ''] = /, (\d+) layers, ([\d.,]+ \S+), /.exec(await textOf(group())) ?? [];
      assert.equal(Number(layers), members.length);
      const sum = members.reduce((all, { seconds }) => all + (Number.isNaN(seconds) ? 0 : seconds), 0);
      assert.ok(Math.abs(parseSeconds(time) / sum - 1) < 0.01, `${time}, the sum of ${sum} s`);
      await panel.locator(graph.details, { hasText: 'Open the group' }).waitFor();
      await vs().screenshot('groups-closed');
    });

    it('open again by Enter', async () => {
      await vs().page.keyboard.press('Enter');
      await becomes(true);
      assert.equal(await selectedName(panel), GROUP);
      await vs().page.keyboard.press('Enter');
      await becomes(false);
    });

    it('open for what is searched', async () => {
      await search(MEMBER);
      await becomes(true);
      assert.equal(await member().count(), 1);
    });

    it('all close and open from the toolbar', async () => {
      await step('Close all groups');
      await becomes(false);
      const states = () =>
        panel.locator(graph.group).evaluateAll((all) => all.map((one) => one.getAttribute('aria-expanded')));
      assert.ok((await states()).every((state) => state === 'false'));
      await step('Open one level more');
      await becomes(true);
      await step('Close one level');
      await becomes(false);
      await step('Open all groups');
      await becomes(true);
      assert.ok((await states()).every((state) => state === 'true'));
    });

    it('are as they were after Reload Window', async () => {
      await search(MEMBER);
      await vs().page.keyboard.press('Backspace');
      await becomes(false);
      // The state is written a moment later.
      await vs().page.waitForTimeout(500);
      await vs().reload();
      panel = await vs().webview(graph.painted);
      await becomes(false);
      const others = panel.locator(`${graph.group}[aria-expanded=false]`);
      assert.deepEqual([await others.count(), await selectedName(panel)], [1, GROUP]);
    });
  });
}

/** EVO: Compare Models, and one model on two hardwares: what the panel says is what the command line says. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import type { FrameLocator } from 'playwright-core';
import { runCommandLine } from '../commandLine';
import { describeInWorkbench, eventually, textOf } from '../driver';
import { chooseHardware, chosenHardware, parseSeconds, selectedName } from '../panels';
import { commands, comparison, graph, vscode } from '../selectors';
import { MODEL } from '../workspace';

const OTHER = 'shapes-vgg.onnx';

interface Compared {
  readonly totals: { readonly seconds: { readonly a: number; readonly b: number } };
  readonly layers: readonly { readonly name: string; readonly match: string }[];
}

export function comparing(): void {
  describeInWorkbench('the comparison', (vs) => {
    let panel: FrameLocator;
    const byCommandLine = (hardware: string, ...args: readonly string[]): Compared =>
      JSON.parse(runCommandLine('compare', vs().file(MODEL), hardware, [...args, '--format', 'json']));

    it('of two models opens from the menu of both', async () => {
      const row = (name: string) => vs().page.locator(`.explorer-viewlet [role=treeitem][aria-label^="${name}"]`);
      await row(MODEL).click();
      // Its preview, once it is open, takes the explorer's selection to itself.
      await vs().page.locator(vscode.tab, { hasText: MODEL }).waitFor();
      await vs().page.locator(vscode.plainFile).first().waitFor();
      await row(OTHER).click({ modifiers: ['Control'] });
      ({ panel } = await vs().openFromMenu(OTHER, commands.compare, comparison.bar));
      const expected = byCommandLine(await chosenHardware(panel), vs().file(OTHER));
      await eventually(
        () => shownSides(panel),
        (shown) => isNear(shown[0], expected.totals.seconds.a) && isNear(shown[1], expected.totals.seconds.b),
        'the totals of the command line',
      );
      assert.equal(await panel.locator(graph.metric).inputValue(), 'difference');
      await vs().screenshot('compare-graph');
    });

    it('lists every layer of both, the largest difference first, and selects it in the graph', async () => {
      await panel.locator(comparison.tab).click();
      const expected = byCommandLine(await chosenHardware(panel), vs().file(OTHER));
      assert.match(await textOf(panel.locator(comparison.summary)), new RegExp(`^${expected.layers.length} layers`));
      const first = panel.locator(comparison.row).and(panel.locator('.onlyA, .name, .structure')).first();
      const name = (await textOf(first.locator('.c-name'))).replace(/ ↔ .*/, '');
      await first.dblclick();
      await panel.locator(graph.painted).waitFor();
      assert.equal(await selectedName(panel), name);
      await panel.locator(comparison.tab).click();
      await vs().screenshot('compare-table');
    });

    it('is sorted and filtered by keyboard, and saved as CSV as it is shown', async () => {
      await panel.locator(comparison.filter).fill('only in');
      const expected = byCommandLine(await chosenHardware(panel), vs().file(OTHER));
      const alone = expected.layers.filter(({ match }) => match.startsWith('only')).length;
      await eventually(
        () => panel.locator(comparison.table).getAttribute('aria-rowcount'),
        (count) => Number(count) === alone + 1,
        `${alone} layers that only one has`,
      );
      await panel.locator(comparison.table).press('ArrowDown');
      await panel.locator(comparison.chosen).waitFor();
      await panel.locator(graph.exportMenu).click();
      await panel.locator(graph.exportMenuEntry, { hasText: 'CSV' }).click();
      const saved = fs
        .readFileSync(await vs().acceptSaveDialog(), 'utf8')
        .trim()
        .split('\n');
      assert.equal(saved.length, alone + 1);
      await panel.locator(comparison.filter).fill('');
    });

    it('survives Reload Window, and ends when the reader says so', async () => {
      await vs().reload();
      panel = await vs().webview(comparison.bar);
      await panel.locator(comparison.stop).click();
      await panel.locator(comparison.bar).waitFor({ state: 'detached' });
      await eventually(
        () => panel.locator(graph.metric).inputValue(),
        (metric) => metric === 'latency',
        'the colours of the latency',
      );
      assert.equal(await panel.locator(comparison.tab).isVisible(), false);
    });

    it('of two hardwares begins in the panel', async () => {
      await chooseHardware(panel, /Jetson TX2/);
      await panel.locator(comparison.choose).click();
      const bar = panel.locator(comparison.bar);
      await vs().pickUntil(() => bar.isVisible(), ['Another hardware', 'NVIDIA V100']);
      const expected = byCommandLine('jetson-tx2', '--hardware', 'v100');
      const { a, b } = expected.totals.seconds;
      await eventually(
        () => shownSides(panel),
        (shown) => isNear(shown[0], a) && isNear(shown[1], b),
        'both totals',
      );
      await panel.locator(comparison.other).click();
      await eventually(
        () => shownSides(panel),
        (shown) => isNear(shown[0], b) && isNear(shown[1], a),
        'both totals the other way round',
      );
      await vs().screenshot('compare-hardware');
      await panel.locator(comparison.stop).click();
    });
  });
}

/** Seconds of A and B in the bar. */
async function shownSides(panel: FrameLocator): Promise<readonly number[]> {
  return (await panel.locator(comparison.total).allTextContents()).map(parseSeconds);
}

/** Shown numbers have three significant digits. */
function isNear(shown: number | undefined, exact: number): boolean {
  return shown !== undefined && Math.abs(shown / exact - 1) < 0.0051;
}

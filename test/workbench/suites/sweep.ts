/** EVO: Sweep Hardware: what its chart, table and files say is what the command line predicts, and a point goes to the graph. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import type { FrameLocator } from 'playwright-core';
import { canvasOf, clickCanvas, leastBy, pointsOver } from '../canvas';
import { isClose, profileByCommandLine, runCommandLine, totalSeconds } from '../commandLine';
import { describeInWorkbench, eventually, type Session, setValue, textOf } from '../driver';
import { chooseHardware, chosenHardware, shownTotals } from '../panels';
import { colorCount, decode } from '../pixels';
import { commands, graph, sweep } from '../selectors';
import { MODEL } from '../workspace';

/** What is varied: as it is typed, and as the command line takes it. */
const AXES = {
  x: { key: 'frequency', typed: '0.5 GHz, 1 GHz, 2 GHz', values: [5e8, 1e9, 2e9] },
  y: { key: 'mem_bandwidth', typed: '20 GB/s, 80 GB/s', values: [2e10, 8e10] },
} as const;

export function hardwareSweep(): void {
  describeInWorkbench('the sweep', (vs) => {
    let model: FrameLocator;
    let panel: FrameLocator;

    before(async () => {
      ({ panel: model } = await vs().profile(MODEL));
      await chooseHardware(model, /V100/);
    });

    it('opens beside the graph', async () => {
      await vs().run(commands.sweep);
      panel = await vs().webview(sweep.ready);
      await vs().screenshot('sweep-first');
    });

    it('varies what is asked for', async () => {
      for (const axis of ['x', 'y'] as const) {
        const { key, typed } = AXES[axis];
        await setValue(panel.locator(sweep.key(axis)), key);
        await setValue(panel.locator(sweep.spacing(axis)), 'list');
        await panel.locator(sweep.list(axis)).fill(typed);
        await panel.locator(sweep.list(axis)).press('Enter');
      }
      await showTab(panel, 'Table');
      await eventually(
        () => panel.locator(sweep.tableRow).count(),
        (rows) => rows === AXES.x.values.length * AXES.y.values.length,
        'a row for every point',
      );
      await vs().screenshot('sweep-table');
    });

    it('says what is wrong with a value', async () => {
      await panel.locator(sweep.list('x')).fill('fast');
      await panel.locator(sweep.list('x')).press('Enter');
      assert.match(await textOf(panel.locator(sweep.problem)), /'fast' is not such a number/);
      await panel.locator(sweep.list('x')).fill(AXES.x.typed);
      await panel.locator(sweep.list('x')).press('Enter');
      await panel.locator(sweep.problem).waitFor({ state: 'detached' });
    });

    it('is saved as the CSV that the command line writes, each point as profile predicts it', async () => {
      await panel.locator(sweep.saveCsv).click();
      const saved = fs.readFileSync(await vs().acceptSaveDialog(), 'utf8');
      const hardware = await chosenHardware(model);
      const over = [AXES.y, AXES.x].flatMap(({ key, values }) => ['--over', `${key}=${values.join()}`]);
      const written = runCommandLine('sweep', vs().file(MODEL), hardware, [...over, '--format', 'csv']);
      assert.equal(saved.trim(), written.trim());
      const [head = [], ...rows] = saved
        .trim()
        .split('\n')
        .map((line) => line.split(','));
      assert.equal(rows.length, 6);
      for (const row of [rows[0], rows[5]]) {
        const of = (column: string) => Number(row?.[head.indexOf(column)]);
        assert.ok(isClose(of('seconds'), predicted(vs(), hardware, of('frequency'), of('mem_bandwidth'))), `${row}`);
      }
    });

    it('shows the point that is clicked in the graph', async () => {
      await showTab(panel, 'Heat map');
      const canvas = canvasOf(panel, sweep.map);
      await canvas.waitFor();
      const cells = await pointsOver(canvas, 8);
      // Small values are left and at the bottom.
      const corner = leastBy(cells, ({ x, y }) => x - y);
      await clickCanvas(vs(), canvas, panel.locator(sweep.card), corner);
      const slowest = predicted(vs(), await chosenHardware(model), AXES.x.values[0], AXES.y.values[0]);
      await eventually(
        () => shownTotals(model),
        ({ now }) => isClose(now, slowest),
        `the graph shows ${slowest} s`,
      );
      assert.match(await textOf(panel.locator(sweep.point)), /0\.5 GHz.*20 GB\/s/);
      await vs().screenshot('sweep-point');
    });

    it('is saved as a picture', async () => {
      await panel.locator(sweep.savePng).click();
      const picture = await decode(await vs().acceptSaveDialog());
      assert.ok(colorCount(picture) >= 6, 'the chart is in it');
    });

    it('comes back after Reload Window', async () => {
      await vs().reload();
      const again = await vs().webview(sweep.ready);
      assert.equal(await again.locator(sweep.list('x')).inputValue(), AXES.x.typed);
      await again.locator(sweep.map).waitFor();
      assert.ok(await vs().webview(graph.painted), 'the graph is there, too');
    });
  });
}

async function showTab(panel: FrameLocator, title: string): Promise<void> {
  await panel.locator(sweep.tab, { hasText: title }).click();
}

function predicted(vs: Session, hardware: string, frequency: number, bandwidth: number): number {
  const options = ['--set', `frequency=${frequency}`, '--set', `mem_bandwidth=${bandwidth}`];
  return totalSeconds(profileByCommandLine(vs.file(MODEL), hardware, options));
}

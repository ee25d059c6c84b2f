/** A `*.evohw.json` of the workspace: completed and explained while it is edited, and in force as soon as it is saved. */
import assert from 'node:assert/strict';
import type { FrameLocator } from 'playwright-core';
import { compareWithCommandLine } from '../commandLine';
import { describeInWorkbench, eventually, textOf } from '../driver';
import { line, replaceValue, save } from '../editors';
import { chooseHardware, chosenHardware } from '../panels';
import { commands, graph, vscode } from '../selectors';
import { HARDWARE, MODEL } from '../workspace';

const FILE = /tiny-npu\.evohw\.json$/;

export function hardwareFiles(): void {
  describeInWorkbench('a hardware file of the workspace', (vs) => {
    it('can be chosen in the drop-down', async () => {
      const { panel } = await vs().profile(MODEL);
      assert.match(await chooseHardware(panel, /Tiny NPU/), FILE);
      await compareWithCommandLine(panel, vs().file(MODEL));
    });

    it('is explained by a hover while it is edited', async () => {
      await vs().chooseFromMenu(HARDWARE, commands.openToTheSide);
      const key = line(vs(), 'pe_fp32s').locator('span span').filter({ hasText: 'pe_fp32s' });
      const hover = vs().page.locator(vscode.editorHover, { hasText: 'MAC/cycle' }).first();
      const pointAgain = async (): Promise<boolean> => {
        // A hover that the JSON server was not ready for says nothing, and says it for as long as the mouse rests.
        await line(vs(), 'frequency').hover();
        await key.first().hover();
        return hover.waitFor({ timeout: 3000 }).then(
          () => true,
          () => false,
        );
      };
      await eventually(pointAgain, Boolean, 'the hover explains pe_fp32s');
    });

    it('is completed while it is edited', async () => {
      await line(vs(), 'pe_fp32s').click();
      await vs().page.keyboard.press('End');
      await vs().page.keyboard.type('\n"');
      const suggestion = (name: string) => vs().page.locator(vscode.suggestion, { hasText: name }).first();
      await suggestion('l2_speed_frac').waitFor();
      assert.equal(await suggestion('frequency').count(), 0, 'what is there already is not suggested');
      await vs().screenshot('hardware-completion');
      await vs().page.keyboard.press('Escape');
      await vs().run('File: Revert File');
      await vs().page.locator(vscode.unsavedTab).waitFor({ state: 'detached' });
    });

    it('annotates the open panel anew when it is saved', async () => {
      const panel = await vs().webview(graph.painted);
      const before = await textOf(panel.locator(graph.totals));
      await replaceValue(vs(), 'frequency', '60e6');
      await save(vs());
      await expectTotals(panel, (totals) => totals !== before);
      assert.match(await chosenHardware(panel), FILE);
      await compareWithCommandLine(panel, vs().file(MODEL));
    });

    it('says what is wrong with it when it is saved broken, and is in force again when it is mended', async () => {
      const panel = await vs().webview(graph.painted);
      const before = await textOf(panel.locator(graph.totals));
      await replaceValue(vs(), 'frequency', '1');
      await save(vs());
      await panel.locator(graph.warnings, { hasText: /frequency/ }).waitFor();
      await vs().screenshot('hardware-broken');
      await replaceValue(vs(), 'frequency', '1200e6');
      await save(vs());
      await expectTotals(panel, (totals) => /Tiny NPU/.test(totals) && totals !== before);
      assert.match(await chosenHardware(panel), FILE);
      assert.equal(await textOf(panel.locator(graph.warnings)), '');
      await compareWithCommandLine(panel, vs().file(MODEL));
    });
  });
}

function expectTotals(panel: FrameLocator, accept: (totals: string) => boolean): Promise<string> {
  return eventually(() => textOf(panel.locator(graph.totals)), accept, 'the totals change');
}

/** A `*.evohw.json` of the workspace: completed and explained while it is edited, and in force as soon as it is saved. */
import assert from 'node:assert/strict';
import type { FrameLocator } from 'playwright-core';
import { compareWithCommandLine } from '../commandLine';
import { describeInWorkbench, eventually, type Session, textOf } from '../driver';
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
      await key.first().hover();
      const hover = vs().page.locator(vscode.editorHover, { hasText: 'MAC/cycle' });
      await hover.first().waitFor();
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
      await replaceNumber(vs(), 'frequency', '60e6');
      await expectTotals(panel, (totals) => totals !== before);
      assert.match(await chosenHardware(panel), FILE);
      await compareWithCommandLine(panel, vs().file(MODEL));
    });

    it('says what is wrong with it when it is saved broken, and is in force again when it is mended', async () => {
      const panel = await vs().webview(graph.painted);
      const before = await textOf(panel.locator(graph.totals));
      await replaceNumber(vs(), 'frequency', '1');
      await panel.locator(graph.warnings, { hasText: /frequency/ }).waitFor();
      await vs().screenshot('hardware-broken');
      await replaceNumber(vs(), 'frequency', '1200e6');
      await expectTotals(panel, (totals) => /Tiny NPU/.test(totals) && totals !== before);
      assert.match(await chosenHardware(panel), FILE);
      assert.equal(await textOf(panel.locator(graph.warnings)), '');
      await compareWithCommandLine(panel, vs().file(MODEL));
    });
  });
}

/** The line of the visible text editor that holds the key. */
function line(vs: Session, key: string) {
  return vs.page.locator(vscode.codeLine, { hasText: `"${key}"` }).first();
}

/** Writes another number into the file, in its editor, and saves it. */
async function replaceNumber(vs: Session, key: string, value: string): Promise<void> {
  await line(vs, key).click();
  for (const keys of ['End', 'ArrowLeft', 'ControlOrMeta+Shift+ArrowLeft']) await vs.page.keyboard.press(keys);
  await vs.page.keyboard.type(value);
  await line(vs, key)
    .filter({ hasText: ` ${value},` })
    .waitFor();
  await vs.page.keyboard.press('ControlOrMeta+s');
  await vs.page.locator(vscode.unsavedTab).waitFor({ state: 'detached' });
}

function expectTotals(panel: FrameLocator, accept: (totals: string) => boolean): Promise<string> {
  return eventually(() => textOf(panel.locator(graph.totals)), accept, 'the totals change');
}

/** The what-if drawer: every number is tried out by keyboard and by mouse, taken back, and saved as a hardware file. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import type { FrameLocator } from 'playwright-core';
import { root } from '../../shared';
import { compareWithCommandLine, isClose, profileByCommandLine, totalSeconds } from '../commandLine';
import { describeInWorkbench, eventually, type Session } from '../driver';
import { chosenHardware, knobValue, shownTotals } from '../panels';
import { graph } from '../selectors';
import { MODEL } from '../workspace';

export function whatIf(): void {
  describeInWorkbench('what if', (vs) => {
    let panel: FrameLocator;
    const slider = (key: string) => panel.locator(`${graph.knob(key)} input[type=range]`);
    const field = (key: string) => panel.locator(`${graph.knob(key)} input:not([type=range])`);
    const expectPredicted = (options: readonly string[]) => comparePrediction(vs(), panel, options);

    before(async () => {
      ({ panel } = await vs().profile(MODEL));
    });

    it('is opened by keyboard', async () => {
      await panel.locator(graph.whatIfToggle).focus();
      await vs().page.keyboard.press('Enter');
      await slider('frequency').waitFor();
      await vs().screenshot('what-if');
    });

    it('predicts anew for what a slider is moved to by keyboard', async () => {
      const preset = await knobValue(panel, 'frequency');
      await slider('frequency').focus();
      for (let step = 0; step < 40; step++) await vs().page.keyboard.press('ArrowRight');
      const frequency = await knobValue(panel, 'frequency');
      assert.ok(frequency > 1.2 * preset, `${frequency} Hz, from ${preset} Hz`);
      await expectPredicted(['--set', `frequency=${frequency}`]);
    });

    it('predicts while a slider is held by the mouse', async () => {
      const box = await slider('frequency').boundingBox();
      assert.ok(box, 'the slider is visible');
      const at = (share: number) => [box.x + share * box.width, box.y + box.height / 2] as const;
      await vs().page.mouse.move(...at(0.5));
      await vs().page.mouse.down();
      for (let share = 0.5; share > 0.2; share -= 0.05) await vs().page.mouse.move(...at(share));
      await eventually(
        () => shownTotals(panel),
        ({ preset, now }) => now > preset,
        'the slider is held and the model is slower',
      );
      await vs().page.mouse.up();
      await vs().screenshot('what-if-slower');
      await expectPredicted(['--set', `frequency=${await knobValue(panel, 'frequency')}`]);
    });

    it('takes a number and a batch that are typed', async () => {
      for (const [key, value] of [
        ['frequency', '1'],
        ['batch', '4'],
      ] as const) {
        await field(key).click();
        await vs().page.keyboard.press('ControlOrMeta+a');
        await vs().page.keyboard.type(value);
        await vs().page.keyboard.press('Enter');
      }
      await expectPredicted(['--set', 'frequency=1e9', '--batch', '4']);
    });

    it('goes back to the preset', async () => {
      await button(panel, 'Reset').click();
      await expectPredicted([]);
      await panel.locator(`${graph.whatIfButton}[disabled]`, { hasText: 'Reset' }).waitFor();
    });

    it('is saved as a hardware file, which is valid and then in use', async () => {
      await slider('frequency').focus();
      await vs().page.keyboard.press('Home');
      const preset = await chosenHardware(panel);
      const changed = ['--set', `frequency=${await knobValue(panel, 'frequency')}`];
      await expectPredicted(changed);
      const tried = totalSeconds(profileByCommandLine(vs().file(MODEL), preset, changed));
      await button(panel, 'Save').click();
      const file = await vs().acceptSaveDialog();
      assert.match(file, /\.evohw\.json$/);
      const chosen = await eventually(
        () => chosenHardware(panel),
        (value) => value !== preset,
        'another hardware is chosen',
      );
      assert.equal(path.basename(chosen), path.basename(file));
      const own = profileByCommandLine(vs().file(MODEL), chosen);
      assert.ok(isClose(totalSeconds(own), tried), 'the file has what was tried out');
      await expectPredicted([]);
      assert.deepEqual(schemaErrors(file), []);
      await vs().row(path.basename(file)).waitFor();
    });
  });
}

function button(panel: FrameLocator, label: string) {
  return panel.locator(graph.whatIfButton, { hasText: label });
}

/** The totals say from what to what, and every layer has its new time. */
async function comparePrediction(vs: Session, panel: FrameLocator, options: readonly string[]): Promise<void> {
  const model = vs.file(MODEL);
  const hardware = await chosenHardware(panel);
  const [preset = 0, now = 0] = [[], options].map((list) => totalSeconds(profileByCommandLine(model, hardware, list)));
  await eventually(
    () => shownTotals(panel),
    (shown) => isClose(shown.preset, preset) && isClose(shown.now, now),
    `from ${preset} s to ${now} s`,
  );
  await compareWithCommandLine(panel, model, options);
}

function schemaErrors(file: string): readonly string[] {
  const read = (name: string) => JSON.parse(fs.readFileSync(name, 'utf8'));
  const validate = new Ajv({ strict: false, allErrors: true }).compile(
    read(path.join(root, 'media/hardware/schema.json')),
  );
  validate(read(file));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

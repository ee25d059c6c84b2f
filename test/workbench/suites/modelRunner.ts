/** The process that runs models: killed at rest and at work, cancelled, and ended with its last panel. */
import assert from 'node:assert/strict';
import type { FrameLocator } from 'playwright-core';
import { describeInWorkbench, eventually, type Session } from '../driver';
import { camPanel, chooseClass, classOption } from '../panels';
import { cam, commands } from '../selectors';
import { MODEL, PICTURE } from '../workspace';

const CHILD = 'runtimeChild';
const STOPPED = /model runner stopped \(signal SIGKILL\)/;

export function modelRunner(): void {
  describeInWorkbench('the model runner', (vs) => {
    let panel: FrameLocator;

    before(async () => {
      await vs().chooseFromMenu(MODEL, commands.showGradCam);
      panel = await camPanel(vs(), [PICTURE]);
    });

    it('is one process', () => {
      assert.equal(vs().processes(CHILD).length, 1);
    });

    it('says that it was killed, and the next question gets its answer from a fresh one', async () => {
      await chooseClass(panel, 'star');
      const killed = killRunner(vs());
      await vs().toast(STOPPED);
      await chooseClass(panel, 'square');
      assert.notDeepEqual(runners(vs()), [killed]);
      assert.equal(runners(vs()).length, 1, 'one fresh child');
    });

    it('says in the panel that it was killed at work, and runs again on request', async () => {
      await holdRunnerAtWork(vs(), panel, 'star');
      killRunner(vs());
      await panel.locator(cam.error, { hasText: STOPPED }).waitFor();
      await vs().screenshot('error-killed-runner');
      await panel.locator(cam.retry).click();
      await expectClass(panel, 'star');
      await panel.locator(cam.error).waitFor({ state: 'hidden' });
    });

    it('is ended by a cancel, and runs again on request', async () => {
      await holdRunnerAtWork(vs(), panel, 'square');
      await panel.locator(cam.cancel).click();
      await panel.locator(cam.error, { hasText: /cancelled/i }).waitFor();
      await expectRunners(vs(), 0);
      await panel.locator(cam.retry).click();
      await expectClass(panel, 'square');
    });

    it('ends with the last heat map', async () => {
      await vs().closeAllEditors();
      await expectRunners(vs(), 0);
    });
  });
}

const runners = (vs: Session): readonly number[] => vs.processes(CHILD);

function killRunner(vs: Session): number {
  const [pid] = runners(vs);
  assert.ok(pid, 'a child runs');
  process.kill(pid, 'SIGKILL');
  return pid;
}

/** Asks for a class while the process is halted: the question stays under way as long as a test needs it to. */
async function holdRunnerAtWork(vs: Session, panel: FrameLocator, name: string): Promise<void> {
  const [pid] = runners(vs);
  assert.ok(pid, 'a child runs');
  process.kill(pid, 'SIGSTOP');
  await classOption(panel, name).click();
  await panel.locator(cam.progress).waitFor();
}

function expectRunners(vs: Session, wanted: number): Promise<number> {
  return eventually(
    async () => runners(vs).length,
    (count) => count === wanted,
    `${wanted} model runners`,
  );
}

async function expectClass(panel: FrameLocator, name: string): Promise<void> {
  const index = await classOption(panel, name).getAttribute('data-class');
  await panel.locator(`${cam.root}[data-class="${index}"]`).waitFor();
}

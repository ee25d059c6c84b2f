/** Files that cannot be read, and names that try to be markup. */
import assert from 'node:assert/strict';
import { describeInWorkbench, textOf } from '../driver';
import { shownLayers } from '../panels';
import { commands, graph } from '../selectors';
import { GARBAGE, HOSTILE, HOSTILE_NAME, MODEL, NOTES, TRUNCATED, UNKNOWN } from '../workspace';

export function badFiles(): void {
  describeInWorkbench('bad files', (vs) => {
    for (const model of [TRUNCATED, GARBAGE, NOTES]) {
      it(`says what is wrong with ${model}, and where`, async () => {
        const { panel, milliseconds } = await vs().openFromMenu(model, commands.profile, graph.error);
        console.log(`      ${model}: ${milliseconds} ms from the click to the error`);
        assert.match(await textOf(panel.locator(graph.error)), /\b(byte|offset) \d+/);
        await vs().screenshot(`error-${model}`);
      });
    }

    it('still profiles a good one', async () => {
      await vs().profile(MODEL);
    });

    it('shows an operator that it does not know as unknown, and says what the totals leave out', async () => {
      const { panel } = await vs().profile(UNKNOWN);
      const states = (await shownLayers(panel)).map(({ name, state }) => [name, state]);
      assert.ok(
        states.some(([name, state]) => name === 'n1' && state === 'unknown'),
        `${states}`,
      );
      assert.match(await textOf(panel.locator(graph.totals)), /≥.* \d layers? unknown/);
    });

    it('draws a hostile name as text', async () => {
      const { panel } = await vs().profile(HOSTILE);
      const names = (await shownLayers(panel)).map(({ name }) => name);
      assert.deepEqual(names, [HOSTILE_NAME]);
      assert.equal(await panel.locator('img[src=x]').count(), 0);
      assert.notEqual(await panel.locator('html').evaluate(() => Reflect.get(globalThis, 'document').title), 'owned');
    });
  });
}

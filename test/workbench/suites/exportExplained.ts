/** EVO: Export Self-Explaining Model: questions, save dialog, and a model that onnxruntime runs. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describeInWorkbench } from '../driver';
import { commands, graph } from '../selectors';
import { MODEL, PICTURES } from '../workspace';

export function exportExplained(): void {
  describeInWorkbench('the export of a self-explaining model', (vs) => {
    let file = '';
    let int8 = '';
    after(() => {
      for (const one of [file, int8]) fs.rmSync(one, { force: true });
    });
    const dialogIsOpen = () =>
      vs().page.locator('.quick-input-widget', { hasText: 'Export Self-Explaining' }).isVisible();

    it('asks for the class and the file, and says what it wrote', async () => {
      await vs().chooseFromMenu(MODEL, commands.exportExplained);
      await vs().pickUntil(dialogIsOpen, ['The most probable class', 'As the model is']);
      file = await vs().acceptSaveDialog();
      assert.match(file, /shapes-resnet8_cam\.onnx$/);
      assert.match(await vs().toast('has the output'), /shapes-resnet8_cam\.onnx has the output 'cam'/);
      await explainsItself(file);
    });

    it('opens the graph of what it wrote', async () => {
      await vs().page.locator('.notifications-toasts .monaco-button', { hasText: 'Open Graph' }).click();
      const panel = await vs().webview(graph.painted);
      await panel.locator(graph.totals).waitFor();
    });

    it('writes int8, calibrated on the pictures of a folder, and says what that lost', async () => {
      await vs().closeAllEditors();
      await vs().chooseFromMenu(MODEL, commands.exportExplained);
      await vs().pickUntil(dialogIsOpen, ['The most probable class', 'Eight bits', PICTURES]);
      int8 = await vs().acceptSaveDialog();
      assert.match(int8, /shapes-resnet8_cam_int8\.onnx$/);
      const said = await vs().toast('calibrated on');
      const [, same, of] = /the same on (\d+) of (\d+) pictures/.exec(said) ?? [];
      assert.ok(Number(of) > 1 && same === of, said);
      assert.match(said, /scores off by [\d.]+ %.*maps: off by [\d.]+ % of their range, correlation [\d.]+/i);
      assert.ok(fs.statSync(int8).size < fs.statSync(vs().file(MODEL)).size / 2, 'it is smaller');
      await explainsItself(int8);
    });
  });
}

/** Runs it in a runtime that knows nothing of us. */
async function explainsItself(file: string): Promise<void> {
  const session = await InferenceSession.create(file);
  try {
    assert.ok(session.outputNames.includes('cam'), session.outputNames.join());
    const [input = ''] = session.inputNames;
    const picture = new Tensor('float32', new Float32Array(3 * 96 * 96).fill(0.5), [1, 3, 96, 96]);
    const { cam } = await session.run({ [input]: picture });
    assert.equal(cam?.dims.length, 4);
    assert.ok(Number(cam.size) > 1);
  } finally {
    await session.release();
  }
}

/** EVO: Export Self-Explaining Model: questions, save dialog, and a model that onnxruntime runs. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describeInWorkbench } from '../driver';
import { commands, graph } from '../selectors';
import { MODEL } from '../workspace';

export function exportExplained(): void {
  describeInWorkbench('the export of a self-explaining model', (vs) => {
    let file = '';
    after(() => fs.rmSync(file, { force: true }));

    it('asks for the class and the file, and says what it wrote', async () => {
      await vs().chooseFromMenu(MODEL, commands.exportExplained);
      const dialogIsOpen = () =>
        vs().page.locator('.quick-input-widget', { hasText: 'Export Self-Explaining' }).isVisible();
      await vs().pickUntil(dialogIsOpen, ['The most probable class']);
      file = await vs().acceptSaveDialog();
      assert.match(file, /shapes-resnet8_cam\.onnx$/);
      assert.match(await vs().toast('has the output'), /shapes-resnet8_cam\.onnx has the output 'cam'/);
      const session = await InferenceSession.create(file);
      try {
        assert.deepEqual(session.outputNames.includes('cam'), true, session.outputNames.join());
        const [input = ''] = session.inputNames;
        const picture = new Tensor('float32', new Float32Array(3 * 96 * 96).fill(0.5), [1, 3, 96, 96]);
        const { cam } = await session.run({ [input]: picture });
        assert.equal(cam?.dims.length, 4);
        assert.ok(Number(cam.size) > 1);
      } finally {
        await session.release();
      }
    });

    it('opens the graph of what it wrote', async () => {
      await vs().page.locator('.notifications-toasts .monaco-button', { hasText: 'Open Graph' }).click();
      const panel = await vs().webview(graph.painted);
      await panel.locator(graph.totals).waitFor();
    });
  });
}

/** When things go wrong: bad files, hostile names, a killed child, a workspace that is not trusted. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describeInWorkbench, eventually, type Session } from './driver';
import { tinyModel } from './models';
import { expectEnergyOn, showGradCam, showMapAlone, shownNodes } from './panels';
import { cam, commands, graph, vscode } from './selectors';

const MODEL = 'shapes-resnet8.onnx';
const HOSTILE = `</script><img src=x onerror="document.title='owned'">`;
const CHILD = 'runtimeChild';

describeInWorkbench('bad files', { prepare: addBadFiles }, (vs) => {
  for (const model of ['truncated.onnx', 'garbage.onnx']) {
    it(`says what is wrong with ${model}, and where`, async () => {
      await vs().chooseFromMenu(model, commands.profile);
      const panel = await vs().webview(graph.error);
      const message = (await panel.locator(graph.error).textContent()) ?? '';
      assert.match(message, /byte|offset/i);
      assert.match(message, /\d/);
      await vs().screenshot(`error-${model}`);
      await vs().run('View: Close All Editors');
    });
  }

  it('still profiles a good one', async () => {
    await vs().profile(MODEL);
  });

  it('draws a hostile name as text', async () => {
    await vs().run('View: Close All Editors');
    const { panel } = await vs().profile('hostile.onnx');
    const names = (await shownNodes(panel)).map(({ name }) => name);
    assert.ok(names.includes(HOSTILE), names.join(' | '));
    assert.equal(await panel.locator('img[src=x]').count(), 0);
    assert.notEqual(await panel.locator('html').evaluate(() => Reflect.get(globalThis, 'document').title), 'owned');
    assert.deepEqual(vs().complaints, []);
  });
});

describeInWorkbench('a killed model runner', {}, (vs) => {
  it('says so, and the next question gets its answer', async () => {
    const masks = ['square', 'star'].map((name) => path.join(vs().workspace, `masks/12_star_square.mask-${name}.png`));
    const [square = '', star = ''] = masks;
    await vs().profile(MODEL);
    const panel = await showGradCam(vs(), ['12_star_square.png', 'ImageNet']);
    await showMapAlone(panel);
    await expectEnergyOn(panel, 'star', [star, square]);

    const children = vs().processes(CHILD);
    assert.equal(children.length, 1, 'one child runs all models');
    for (const pid of children) process.kill(pid, 'SIGKILL');
    await eventually(
      () => messages(vs()),
      (text) => /model runner|runtime|process/i.test(text) && /ended|died|stopped|killed|crash|exited/i.test(text),
      'a message says that the model runner ended',
    );
    await expectEnergyOn(panel, 'square', [square, star]);
    assert.equal(vs().processes(CHILD).length, 1, 'one fresh child');
  });

  it('leaves with its panel', async () => {
    await vs().run('View: Close All Editors');
    await eventually(
      async () => vs().processes(CHILD).length,
      (count) => count === 0,
      'no child without a panel',
    );
  });
});

describeInWorkbench('an untrusted workspace', { settings: { 'security.workspace.trust.enabled': true } }, (vs) => {
  it('shows the graph, and says why models cannot run', async () => {
    await vs().profile(MODEL);
    await vs().run(commands.showGradCam);
    assert.match(await vs().toast(/trust/i), /trust/i);
    assert.deepEqual(vs().processes(CHILD), []);
  });
});

/** Everything that speaks to the user now: notifications and the error of each panel. */
async function messages(session: Session): Promise<string> {
  const toasts = await session.page.locator(vscode.toast).allTextContents();
  const panel = await session.webviewNow(cam.error);
  return [...toasts, (await panel?.locator(cam.error).textContent()) ?? ''].join(' ');
}

function addBadFiles(workspace: string): void {
  const good = fs.readFileSync(path.join(workspace, MODEL));
  fs.writeFileSync(path.join(workspace, 'truncated.onnx'), good.subarray(0, Math.floor(good.length * 0.6)));
  fs.writeFileSync(path.join(workspace, 'garbage.onnx'), Buffer.alloc(4096, 0xff));
  fs.writeFileSync(path.join(workspace, 'hostile.onnx'), tinyModel(HOSTILE));
}

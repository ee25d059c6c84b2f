/** Explorer menu → Profile → the drawn graph: names, times, pixels, hover, hardware, keyboard. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { FrameLocator } from 'playwright-core';
import { sharedPath } from '../shared';
import { describeInWorkbench, eventually, type Session, setValue } from './driver';
import { chosenHardware, hardwareChoices, hoverSomeLayer, profileByCommandLine, shownNodes } from './panels';
import { colorCount, seen } from './pixels';
import { commands, graph, vscode } from './selectors';

const MODEL = 'shapes-resnet8.onnx';
/** Shown times have three significant digits. */
const TIME_TOLERANCE = 0.006;
/** Shown shares have one decimal: each may be off by half of 0.1 %. */
const SHARE_TOLERANCE = 0.0005;
const LARGER_MODELS = ['squeezenet1.1_fp32.onnx', 'mobilenet_v2_fp16weights.onnx'];

describeInWorkbench('profiling a model', { prepare: addLargerModels }, (vs) => {
  it('draws the graph after a right-click', async () => {
    const { panel, milliseconds } = await vs().profile(MODEL);
    console.log(`      ${MODEL}: ${milliseconds} ms from the click to the painted graph`);
    const colors = colorCount(await seen(panel.locator(graph.canvas).first()));
    assert.ok(colors >= 6, `a graph coloured by latency has more than ${colors} colours`);
    await vs().screenshot('graph-dark');
  });

  it('shows every layer with the time that the command line predicts', async () => {
    const panel = await vs().webview(graph.painted);
    await compareWithCommandLine(vs(), panel, MODEL);
  });

  it('states totals with their units and their coverage', async () => {
    const panel = await vs().webview(graph.painted);
    const totals = (await panel.locator(graph.totals).textContent()) ?? '';
    for (const part of [/MAC/, /param/i, /\d\s*(ns|µs|ms|s)\b/, /\d\s*%/]) assert.match(totals, part);
  });

  it('explains a layer under the mouse', async () => {
    const panel = await vs().webview(graph.painted);
    const card = await hoverSomeLayer(vs(), panel);
    for (const part of [
      /cycles/i,
      /\d\s*(ns|µs|ms|s)\b/,
      /%/,
      /bound/i,
      /MAC/,
      /\d\s*([KMG]i)?B\b/,
      /utili[sz]ation/i,
    ]) {
      assert.match(card, part);
    }
    const { name } = (await shownNodes(panel)).find((node) => node.name !== '' && card.includes(node.name)) ?? {};
    assert.ok(name, `the card names its layer: ${card}`);
    await vs().screenshot('hover');
  });

  it('can be read and steered by keyboard', async () => {
    const panel = await vs().webview(graph.painted);
    await panel.locator(graph.nodes).focus();
    for (let step = 0; step < 3; step++) await vs().page.keyboard.press('ArrowDown');
    const selected = panel.locator(`${graph.node}[aria-selected=true]`);
    await selected.waitFor({ state: 'attached' });
    const [name = ''] = ((await selected.textContent()) ?? '').split(', ');
    await eventually(
      async () => (await panel.locator(graph.details).textContent()) ?? '',
      (details) => details.includes(name),
      `the details show ${name}`,
    );
  });

  it('annotates everything anew for other hardware', async () => {
    const panel = await vs().webview(graph.painted);
    const choices = await hardwareChoices(panel);
    for (const preset of [/V100/, /3090/, /3060/, /TX2/, /Nano/, /CPU/i]) {
      assert.ok(
        choices.some(({ label }) => preset.test(label)),
        `${preset} among ${choices.map(({ label }) => label).join(', ')}`,
      );
    }
    const before = (await panel.locator(graph.totals).textContent()) ?? '';
    const other = choices.find(({ label }) => /V100/.test(label));
    assert.ok(other);
    await setValue(panel.locator(graph.hardware), other.value);
    await eventually(
      async () => (await panel.locator(graph.totals).textContent()) ?? '',
      (totals) => totals !== before,
      'the totals change with the hardware',
    );
    await compareWithCommandLine(vs(), panel, MODEL);
  });

  for (const model of LARGER_MODELS) {
    it(`draws ${model} of the shared data`, async function () {
      if (!sharedPath(`data/models/${model}`)) this.skip();
      const { panel, milliseconds } = await vs().profile(model);
      console.log(`      ${model}: ${milliseconds} ms from the click to the painted graph`);
      await compareWithCommandLine(vs(), panel, model);
    });
  }

  it('causes no policy violation and no request to the outside', () => {
    assert.deepEqual(vs().complaints, []);
  });
});

describeInWorkbench('the explorer menu', { prepare: addUpperCase }, (vs) => {
  it('knows .ONNX in capitals', async () => {
    await vs().profile('UPPER.ONNX');
  });

  it('profiles every selected model', async () => {
    await vs()
      .row('shapes-resnet8.onnx')
      .click({ modifiers: ['ControlOrMeta'] });
    await vs()
      .row('shapes-vgg.onnx')
      .click({ modifiers: ['ControlOrMeta'] });
    await vs().chooseFromMenu('shapes-vgg.onnx', commands.profile);
    for (const model of ['shapes-resnet8.onnx', 'shapes-vgg.onnx']) {
      await vs().page.locator(vscode.tab, { hasText: model }).waitFor();
    }
  });
});

async function compareWithCommandLine(session: Session, panel: FrameLocator, model: string): Promise<void> {
  const layers = profileByCommandLine(path.join(session.workspace, model), await chosenHardware(panel));
  const shown = new Map((await shownNodes(panel)).map((node) => [`${node.name}, ${node.operator}`, node]));
  const total = layers.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0);
  for (const { name, operator, seconds } of layers) {
    const node = shown.get(`${name}, ${operator}`);
    assert.ok(node, `${name}, ${operator} is among the drawn nodes`);
    if (seconds === null || seconds === 0) continue;
    assert.ok(Math.abs(node.seconds / seconds - 1) < TIME_TOLERANCE, `${name}: ${node.seconds} s shown, ${seconds} s`);
    if (seconds / total > 0.001) {
      assert.ok(Math.abs(node.share - seconds / total) <= SHARE_TOLERANCE, `${name}: share ${node.share}`);
    }
  }
}

function addLargerModels(workspace: string): void {
  for (const model of LARGER_MODELS) {
    const file = sharedPath(`data/models/${model}`);
    if (file) fs.copyFileSync(file, path.join(workspace, model));
  }
}

function addUpperCase(workspace: string): void {
  fs.copyFileSync(path.join(workspace, MODEL), path.join(workspace, 'UPPER.ONNX'));
}

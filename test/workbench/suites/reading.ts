/** Reading a model: statistics of weights, search, highlights, pins, lines, graphs inside of nodes. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import type { FrameLocator } from 'playwright-core';
import { readNpy } from '../../../src/display/npy';
import { readModel } from '../../../src/formats/modelReader';
import { readTensor } from '../../../src/onnx/tensor';
import { constant, modelOf, proto } from '../../fixtures/onnxFiles';
import { describeInWorkbench, eventually, textOf } from '../driver';
import { selectedName } from '../panels';
import { graph } from '../selectors';
import { MODEL } from '../workspace';

const CONV = '/stem/stem.0/Conv';
const WEIGHT = 'onnx::Conv_89';
const LAST = '/layer1/Add';
const BRANCHES = 'branches.onnx';

const bar = '#reading-bar';
const weight = '.tensor:has(.statistics)';

export function reading(): void {
  describeInWorkbench('reading', (vs) => {
    let panel: FrameLocator;
    const press = (...keys: readonly string[]) => pressAll(vs().page.keyboard, keys);
    const search = async (text: string) => {
      await panel.locator(graph.nodes).focus();
      await press('/');
      await vs().page.keyboard.type(text);
    };
    const goTo = async (name: string) => {
      await search(name);
      await press('Enter');
      await eventually(
        () => selectedName(panel),
        (selected) => selected === name,
        `${name} is selected`,
      );
      await press('Escape');
    };
    const barSays = (pattern: RegExp) => panel.locator(bar, { hasText: pattern }).waitFor();

    before(async () => {
      ({ panel } = await vs().profile(MODEL));
    });

    it('shows what a weight holds, and saves it as a NumPy file', async () => {
      await goTo(CONV);
      const shown = panel.locator(weight, { hasText: WEIGHT });
      await shown.locator('.histogram').waitFor();
      const model = await readModel(vs().file(MODEL));
      const elements = await readTensor(constant(model, WEIGHT));
      const mean = elements.reduce((sum, value) => sum + value, 0) / elements.length;
      const [, written = ''] = /Mean(-?[\d.e-]+)/.exec(await textOf(shown)) ?? [];
      assert.ok(Math.abs(Number(written) / mean - 1) < 1e-3, `${written}, the mean is ${mean}`);
      await vs().screenshot('reading-statistics');
      await shown.locator('vscode-button', { hasText: 'Save as NumPy' }).click();
      const file = await vs().acceptSaveDialog();
      const saved = await eventually(
        async () => (fs.existsSync(file) ? readNpy(fs.readFileSync(file)) : undefined),
        (npy) => npy !== undefined,
        `${file} is written`,
      );
      assert.deepEqual(saved?.shape, constant(model, WEIGHT).shape);
      assert.deepEqual(Float64Array.from(saved?.values ?? [], Number), elements);
    });

    it('finds attributes, and steps through the results by F3', async () => {
      await search('kernel_shape=3,3');
      const hits = panel.locator('.search-hits [role=option]');
      await hits.filter({ hasText: 'kernel_shape=3,3' }).first().waitFor();
      const count = await hits.count();
      assert.ok(count > 3);
      await vs().screenshot('reading-search');
      await press('F3');
      const first = await selectedName(panel);
      await press('F3');
      assert.notEqual(await selectedName(panel), first);
      await press('Shift+F3');
      assert.equal(await selectedName(panel), first);
      await press('Escape');
    });

    it('highlights what is upstream and the paths between two nodes, until Escape', async () => {
      await goTo(LAST);
      await panel.locator(graph.nodes).focus();
      await press('u');
      await barSays(/\d+ nodes upstream of \/layer1\/Add/);
      await press('Escape', 'Escape');
      await goTo(LAST);
      await panel.locator(graph.nodes).focus();
      await press('p');
      await goTo(CONV);
      // Conv, Relu, then straight to the sum of the block, or through its two convolutions.
      await barSays(/shortest path 2 steps, 6 nodes on any path/);
      await vs().screenshot('reading-path');
      await panel.locator(graph.nodes).focus();
      for (let i = 0; i < 3 && !(await panel.locator(bar).isHidden()); i++) await press('Escape');
      assert.ok(await panel.locator(bar).isHidden());
    });

    it('keeps pinned nodes over a reload', async () => {
      await goTo(CONV);
      await panel.locator(graph.nodes).focus();
      await press('b');
      await panel.locator('.pin', { hasText: CONV }).waitFor();
      await vs().reload();
      panel = await vs().webview(graph.painted);
      await panel.locator('.pin', { hasText: CONV }).click();
      await eventually(
        () => selectedName(panel),
        (name) => name === CONV,
        'the pinned node is selected',
      );
      await panel.locator('.pin-close').click();
      assert.equal(await panel.locator('.pin').count(), 0);
    });

    it('says of a line which tensor it carries', async () => {
      const box = await panel.locator(graph.canvas).first().boundingBox();
      assert.ok(box);
      const card = panel.locator(graph.hoverCard, { hasText: 'read by' });
      await eventually(
        async () => {
          for (let y = 60; y < box.height - 60 && !(await card.isVisible()); y += 9) {
            await vs().page.mouse.move(box.x + box.width * 0.5, box.y + y);
            if ((await panel.locator(`${graph.canvas}.over-wire`).count()) === 0) continue;
            // A hand is never quite at rest.
            for (const aside of [1, 0, 1]) await vs().page.mouse.move(box.x + box.width * 0.5 + aside, box.y + y);
            await vs().page.waitForTimeout(400);
          }
          return card.isVisible();
        },
        (visible) => visible,
        'a line answers to the mouse',
      );
      const text = await textOf(card);
      assert.match(text, /Shape\d+(×\d+)+Typefloat32Size[\d.]+\s(KiB|MiB|B)/);
    });

    it('shows a graph inside of a node, and leads back to it', async () => {
      fs.writeFileSync(vs().file(BRANCHES), branches());
      ({ panel } = await vs().profile(BRANCHES));
      await goTo('choice');
      await panel.locator('.bodies vscode-button', { hasText: 'then_branch: 2 nodes' }).click();
      await panel.locator(graph.node, { hasText: 'inner exp' }).waitFor();
      assert.match(await textOf(panel.locator('.breadcrumbs')), /branches\.onnxchoice · then_branch/);
      await vs().screenshot('reading-body');
      await panel.locator(graph.nodes).focus();
      await press('o');
      await eventually(
        () => selectedName(panel),
        (name) => name === 'choice',
        'the node that was entered is selected again',
      );
      assert.equal(await panel.locator('.breadcrumbs').count(), 0);
    });
  });
}

async function pressAll(keyboard: { press(key: string): Promise<void> }, keys: readonly string[]): Promise<void> {
  for (const key of keys) await keyboard.press(key);
}

/** y is exp of relu of x where a condition holds, else −x. */
function branches(): Uint8Array {
  const node = (name: string, operator: string, input: string, output: string) =>
    proto().text(1, input).text(2, output).text(3, name).text(4, operator);
  const value = (name: string, type: number, ...sizes: number[]) => {
    const shape = proto();
    for (const size of sizes) shape.message(1, proto().int64(1, size));
    return proto()
      .text(1, name)
      .message(2, proto().message(1, proto().int64(1, type).message(2, shape)));
  };
  const branch = (name: string, graph: ReturnType<typeof proto>) =>
    proto().text(1, name).int64(20, 5).message(6, graph);
  const then = proto()
    .message(1, node('inner relu', 'Relu', 'x', 'r'))
    .message(1, node('inner exp', 'Exp', 'r', 'a'))
    .text(2, 'then')
    .message(12, value('a', 1, 2, 3));
  const otherwise = proto()
    .message(1, node('inner neg', 'Neg', 'x', 'b'))
    .text(2, 'else')
    .message(12, value('b', 1, 2, 3));
  const choice = node('choice', 'If', 'condition', 'y')
    .message(5, branch('then_branch', then))
    .message(5, branch('else_branch', otherwise));
  return modelOf(
    proto()
      .message(1, choice)
      .text(2, 'branches')
      .message(11, value('x', 1, 2, 3))
      .message(11, value('condition', 9))
      .message(12, value('y', 1, 2, 3)),
  );
}

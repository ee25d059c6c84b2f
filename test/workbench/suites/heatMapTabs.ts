/** What lies below the heat map: layers, methods, classes, saliency, metrics, feature maps, kernels; all of it by keyboard, too. */
import assert from 'node:assert/strict';
import type { FrameLocator } from 'playwright-core';
import { describeInWorkbench, eventually, setValue, textOf } from '../driver';
import { chooseClass, classOption, showGradCam } from '../panels';
import { canvasPixels, colorCount, difference, seen } from '../pixels';
import { cam } from '../selectors';
import { MODEL, maskOf, PICTURE } from '../workspace';

const METRIC_VALUE = 1;

export function heatMapTabs(): void {
  describeInWorkbench("the heat map's tabs", (vs) => {
    let panel: FrameLocator;
    const shown = (what: 'layer' | 'method' | 'class') => panel.locator(cam.root).getAttribute(`data-${what}`);
    const open = async (id: string): Promise<void> => {
      const tab = panel.locator(cam.tab(id));
      if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click();
    };
    const tiles = (tab: string, least: number) =>
      eventually(
        () => panel.locator(cam.tile(tab)).count(),
        (count) => count >= least,
        `${least} tiles of ${tab}`,
      );

    before(async () => {
      await vs().profile(MODEL);
      panel = await showGradCam(vs(), [PICTURE]);
    });

    it('show the map at every layer, of which the arrow keys choose', async () => {
      await open('layers');
      await tiles('layers', 10);
      const chosen = panel.locator(`${cam.tile('layers')}[aria-selected=true]`);
      const before = await shown('layer');
      assert.equal(await chosen.getAttribute('data-id'), before);
      await chosen.focus();
      await vs().page.keyboard.press('ArrowLeft');
      await eventually(
        () => shown('layer'),
        (layer) => layer !== before,
        'an earlier layer is explained',
      );
      await eventually(
        () => chosen.getAttribute('data-id'),
        (id) => id !== before,
        'and chosen in the strip',
      );
      await vs().page.keyboard.press('ArrowRight');
      await eventually(
        () => shown('layer'),
        (layer) => layer === before,
        'the last layer again',
      );
    });

    it('fuse several layers', async () => {
      await panel
        .locator(cam.tile('layers'))
        .nth(-3)
        .click({ modifiers: ['Control'] });
      await panel
        .locator(`${cam.tile('layers')}[aria-selected=true]`)
        .nth(1)
        .waitFor();
      await eventually(
        () => textOf(panel.locator(cam.facts)),
        (facts) => /mean of 2 layers/.test(facts),
        'it is said',
      );
      await panel.locator(cam.tile('layers')).last().click();
      await eventually(
        () => panel.locator(`${cam.tile('layers')}[aria-selected=true]`).count(),
        (count) => count === 1,
        'one layer again',
      );
    });

    it('compare the methods, the costly ones when asked', async () => {
      await open('methods');
      await tiles('methods', 15);
      const waiting = panel.locator(cam.tile('methods'), { hasText: 'not computed yet' });
      assert.ok((await waiting.count()) > 0, 'some run the model often');
      await panel.locator('#cam-methods-all').click();
      await eventually(
        () => waiting.count(),
        (count) => count === 0,
        'all are computed',
      );
      await panel.locator(`${cam.tile('methods')}[data-id=layercam]`).press('Enter');
      await eventually(
        () => shown('method'),
        (method) => method === 'layercam',
        'the chosen one is shown large',
      );
      await setValue(panel.locator(cam.method), 'gradcam');
      await eventually(
        () => shown('method'),
        (method) => method === 'gradcam',
        'Grad-CAM again',
      );
    });

    it('compare several classes', async () => {
      await chooseClass(panel, 'star');
      await classOption(panel, 'square').click({ modifiers: ['Control'] });
      await tiles('classes', 2);
      const titles = await panel.locator(`${cam.tile('classes')} .tile-title`).allTextContents();
      assert.deepEqual([...titles].sort(), ['square', 'star']);
      const [first, second] = await Promise.all(
        [0, 1].map((i) => canvasPixels(panel.locator(`${cam.tile('classes')} canvas`).nth(i))),
      );
      assert.ok(first && second && difference(first, second) > 5, 'their maps differ');
    });

    it('explain a probability, and keep to it for another class', async () => {
      if (await panel.locator(cam.more).isVisible()) await panel.locator(cam.more).click();
      await setValue(panel.locator(cam.target), 'probability');
      await eventually(
        () => textOf(panel.locator('.main figcaption')),
        (text) => /probability/i.test(text),
        'it is said',
      );
      await classOption(panel, 'square').click();
      await eventually(
        () => shown('class'),
        (index) => index !== null,
        'the class is another',
      );
      assert.match(await textOf(panel.locator('.main figcaption')), /probability/i);
      await setValue(panel.locator(cam.target), 'class');
      await eventually(
        () => textOf(panel.locator('.main figcaption')),
        (text) => !/probability/i.test(text),
        'no more',
      );
    });

    it('say what the automatic mode became, and take another', async () => {
      const mode = panel.locator(cam.mode);
      const label = () => textOf(mode.locator('option:checked'));
      assert.equal((await label()).trim(), 'Automatic: Reverse mode');
      await setValue(mode, 'forward');
      await eventually(label, (text) => text.startsWith('Forward mode'), 'forward mode was used');
      await setValue(mode, '');
      await eventually(label, (text) => text.startsWith('Automatic'), 'automatic again');
    });

    it('compare with another picture', async () => {
      await setValue(panel.locator(cam.target), 'embedding');
      const said = async () => /similarity to 02_x_disc\.png/.test(await textOf(panel.locator('.main figcaption')));
      await vs().pickUntil(said, ['02_x_disc.png']);
      await setValue(panel.locator(cam.target), 'class');
      await eventually(said, (still) => !still, 'a class again');
    });

    it('find the concepts of Deep Feature Factorization', async () => {
      await setValue(panel.locator(cam.method), 'dff');
      await panel.locator(cam.tab('concepts')).waitFor();
      await open('concepts');
      await tiles('concepts', 3);
      const texts = await panel.locator(`${cam.tile('concepts')} .tile-sub`).allTextContents();
      assert.ok(
        texts.every((text) => /^\w+ [−\d.]+ · \w+ [−\d.]+$/.test(text)),
        texts.join(' | '),
      );
      await panel.locator(cam.tile('concepts')).first().press('Enter');
      await panel.locator(`${cam.concept} canvas`).waitFor();
      await vs().screenshot('heat-map-concepts');
      await setValue(panel.locator(cam.method), 'gradcam');
      await eventually(
        () => shown('method'),
        (method) => method === 'gradcam',
        'Grad-CAM again',
      );
    });

    it('draw a contour, and add the colours', async () => {
      const lines = panel.locator(cam.lines);
      assert.equal(await lines.isVisible(), false);
      await setValue(panel.locator(cam.contour), '0.5');
      await lines.waitFor();
      await eventually(
        async () => colorCount(await canvasPixels(lines)),
        (colors) => colors > 1,
        'the line is drawn',
      );
      const mixed = await canvasPixels(panel.locator(cam.overlay));
      await setValue(panel.locator(cam.blend), 'additive');
      await eventually(
        async () => difference(mixed, await canvasPixels(panel.locator(cam.overlay))),
        (apart) => apart > 5,
        'added colours are brighter',
      );
      await setValue(panel.locator(cam.contour), '0');
      await setValue(panel.locator(cam.blend), 'alpha');
    });

    it('show saliency, one kind large', async () => {
      await open('saliency');
      await tiles('saliency', 6);
      await panel.locator(cam.tile('saliency')).first().press('Enter');
      assert.ok(colorCount(await canvasPixels(panel.locator(cam.saliency))) > 2);
    });

    it('measure the map, with a mask where there is one', async () => {
      await open('metrics');
      await panel.locator(cam.measure).click();
      await panel.locator(cam.metric).first().waitFor();
      const values = await panel.locator(`${cam.metric} td:nth-child(${METRIC_VALUE + 1})`).allTextContents();
      assert.ok(values.length >= 8 && values.every((value) => value !== '?'), values.join(' '));
      assert.ok((await panel.locator(cam.curve).count()) >= 2, 'curves of deletion and insertion');
      await panel.locator(cam.compare).click();
      const iou = panel.locator(cam.metric, { hasText: 'IoU' }).first();
      await vs().pickUntil(async () => (await iou.count()) > 0, [maskOf('square').split('/').at(-1) ?? '']);
      assert.match(await textOf(iou), /\d/);
      await vs().screenshot('heat-map-metrics');
    });

    for (const id of ['features', 'kernels'] as const) {
      it(`draw ${id}, which the arrow keys read`, async () => {
        await open(id);
        const grid = panel.locator(cam.grid(id));
        await eventually(
          async () => colorCount(await seen(grid)),
          (colors) => colors >= 4,
          `the ${id} are drawn`,
        );
        await grid.focus();
        await vs().page.keyboard.press('ArrowRight');
        await eventually(
          () => textOf(panel.locator(`#cam-panel-${id} .map-reading`)),
          (text) => /mean \|A\||L2 norm/.test(text),
          'what is under the mark is said',
        );
      });
    }

    it('are reached and changed by keyboard', async () => {
      await panel.locator(cam.chosenTab).focus();
      await vs().page.keyboard.press('ArrowRight');
      await eventually(
        () => textOf(panel.locator(cam.chosenTab)),
        (text) => text === 'Layers',
        'around to the first',
      );
      const outline = await panel
        .locator(cam.chosenTab)
        .evaluate((element: object) => Reflect.get(globalThis, 'getComputedStyle')(element).outlineStyle);
      assert.notEqual(outline, 'none', 'the focus is visible');
    });
  });
}

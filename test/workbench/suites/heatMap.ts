/** Palette → Show Grad-CAM → the map lies on the object of the class, and moves with the class. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import type { Locator } from 'playwright-core';
import { sharedPath } from '../../shared';
import { describeInWorkbench, eventually, setValue, textOf } from '../driver';
import {
  camPanel,
  classOption,
  energies,
  expectEnergyOn,
  showGradCam,
  showMapAlone,
  shownProbability,
} from '../panels';
import { canvasPixels, colorCount, decode, energyWhere } from '../pixels';
import { cam, commands, graph } from '../selectors';
import { DOG, IMAGENET, MOBILENET, MODEL, maskOf, OBJECTS, PICTURE, SEGMENTER } from '../workspace';

/** Values of the Samoyed's mask: what is neither is the blurred border between. */
const DOG_VALUE = 0;
const BACKGROUND_VALUE = 1;

export function heatMap(): void {
  describeInWorkbench('the heat map', (vs) => {
    const star = (): string => vs().file(maskOf('star'));
    const square = (): string => vs().file(maskOf('square'));

    it('opens from the palette for the profiled model', async () => {
      await vs().profile(MODEL);
      const panel = await showGradCam(vs(), [PICTURE]);
      assert.ok(colorCount(await canvasPixels(panel.locator(cam.overlay))) >= 6, 'the overlay is drawn');
      await vs().screenshot('heat-map');
    });

    it('lists the two objects of the picture as the most probable classes', async () => {
      const panel = await vs().webview(cam.class);
      const options = await panel.locator(cam.class).all();
      const probabilities = await Promise.all(options.map(shownProbability));
      const first = await Promise.all(options.slice(0, OBJECTS.length).map(textOf));
      for (const object of OBJECTS) assert.ok(first.join().includes(object), `${object} among ${first}`);
      for (const [i, probability] of probabilities.entries()) {
        assert.ok(
          probability >= 0 && probability <= (probabilities[i - 1] ?? 1),
          `most probable first: ${probabilities}`,
        );
      }
    });

    it('lies on the object of the class and moves when the class changes', async () => {
      const panel = await vs().webview(cam.class);
      await showMapAlone(panel);
      const forStar = await expectEnergyOn(panel, 'star', [star(), square()]);
      const forSquare = await expectEnergyOn(panel, 'square', [square(), star()]);
      console.log(`      energy on its object, on the other: star ${forStar}, square ${forSquare}`);
    });

    it('follows the target layer', async () => {
      const panel = await vs().webview(cam.class);
      const map = () => energies(panel, [star(), square()]);
      const before = await map();
      const layer = panel.locator(cam.layer);
      const chosen = await layer.evaluate((element: { value: string }) => element.value);
      const options = await layer.locator('option').all();
      const values = await Promise.all(options.map((option) => option.getAttribute('value')));
      const other = values.find((value) => value !== chosen);
      assert.ok(other, 'there is another layer to choose');
      for (const [next, same] of [
        [other, false],
        [chosen, true],
      ] as const) {
        await setValue(layer, next);
        await panel.locator(`${cam.root}[data-layer="${next}"]`).waitFor();
        await eventually(map, (now) => (now.join() === before.join()) === same, `the map is that of ${next}`);
      }
    });

    it('is saved as a PNG', async () => {
      const panel = await vs().webview(cam.class);
      const shown = await canvasPixels(panel.locator(cam.overlay));
      await panel.locator(cam.save).click();
      await panel.locator(cam.saveAs('PNG')).click();
      const file = await vs().acceptSaveDialog();
      assert.match(file, /images\/12_star_square-square-gradcam\.png$/);
      await eventually(async () => fs.existsSync(file) && fs.statSync(file).size > 0, Boolean, 'the file is written');
      assert.deepEqual(await decode(file), shown, 'the file has the pixels of the panel');
    });

    it("opens from an image's explorer menu, for a model of the user's choice", async () => {
      await vs().closeAllEditors();
      await vs().toggleFolder('images');
      await vs().chooseFromMenu('02_x_disc.png', commands.showGradCam);
      const panel = await camPanel(vs(), [MODEL]);
      assert.match(await textOf(panel.locator(cam.class).first()), /\b(x|disc)\b/);
      await vs().toggleFolder('images');
    });

    it("finds the dog with MobileNet v2 of the shared data, opened from the panel's toolbar", async function () {
      const mask = sharedPath('data/images/samoyed_mask.png');
      if (!mask) this.skip();
      await vs().closeAllEditors();
      if (!(await vs().row(MOBILENET).isVisible())) await vs().toggleFolder(IMAGENET);
      const { panel: graphPanel } = await vs().profile(MOBILENET);
      await graphPanel.locator(graph.showGradCam).click();
      const panel = await camPanel(vs(), [DOG, 'ImageNet']);
      assert.match(await textOf(panel.locator(cam.class).first()), /Samoyed/, 'the most probable class');
      await showMapAlone(panel);
      await classOption(panel, 'Samoyed').waitFor();

      const map = await canvasPixels(panel.locator(cam.overlay));
      // The overlay is as fine as it is shown.
      const values = (await decode(mask, map)).rgb;
      const crop = await seenPart(panel.locator(cam.seen));
      const isSeen = (pixel: number) =>
        crop((pixel % map.width) / map.width, Math.floor(pixel / map.width) / map.height);
      const dogShare = (picture: typeof map): number => {
        const energy = (value: number) => energyWhere(picture, (pixel) => isSeen(pixel) && values[3 * pixel] === value);
        return energy(DOG_VALUE) / (energy(DOG_VALUE) + energy(BACKGROUND_VALUE));
      };
      const ofMap = dogShare(map);
      const ofArea = dogShare({ ...map, rgb: new Uint8Array(map.rgb.length).fill(255) });
      console.log(
        `      the dog has ${(100 * ofArea).toFixed()} % of the area and ${(100 * ofMap).toFixed()} % of the map`,
      );
      assert.ok(ofMap > ofArea, 'the dog has more of the map than of the picture');
      await vs().screenshot('heat-map-dog');
    });

    it('explains the class of the pixel that is clicked, of a segmenter of the shared data', async function () {
      if (!sharedPath('data/oracle/unet_tiny/model.onnx')) this.skip();
      await vs().closeAllEditors();
      if (!(await vs().row(SEGMENTER).isVisible())) await vs().toggleFolder(IMAGENET);
      const { panel: graphPanel } = await vs().profile(SEGMENTER);
      await graphPanel.locator(graph.showGradCam).click();
      const panel = await camPanel(vs(), [PICTURE, 'as they are', 'ImageNet']);
      const segments = panel.locator(cam.segment);
      await segments.first().waitFor();
      const names = await segments.allTextContents();
      assert.ok(names.length > 1 && names.every((name) => /\d %$/.test(name)), names.join());
      const canvas = panel.locator(cam.overlay);
      const { width, height } = (await canvas.boundingBox()) ?? { width: 0, height: 0 };
      await canvas.click({ position: { x: width / 2, y: height / 2 } });
      const pressed = panel.locator(`${cam.segment}[aria-pressed=true]`);
      await pressed.waitFor();
      assert.match(await textOf(panel.locator('.main figcaption')), /its own pixels/);
      await vs().screenshot('heat-map-segments');
    });
  });
}

/** Tells the points (0–1 across, 0–1 down) that the network saw by the panel's outline of that part; without one, all. */
async function seenPart(outline: Locator): Promise<(x: number, y: number) => boolean> {
  if ((await outline.count()) === 0) return () => true;
  const style = (await outline.getAttribute('style')) ?? '';
  const part = (side: string): number => Number(new RegExp(`(?:^|[ ;])${side}: ?([\\d.]+)%`).exec(style)?.[1]) / 100;
  const [left, top, width, height] = ['left', 'top', 'width', 'height'].map(part);
  assert.ok(left !== undefined && top !== undefined && width && height, `the outline has a place: ${style}`);
  return (x, y) => x >= left && y >= top && x < left + width && y < top + height;
}

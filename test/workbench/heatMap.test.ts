/** Palette → Show Grad-CAM → the map lies on the object of the class, and moves with the class. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { sharedPath } from '../shared';
import { describeInWorkbench, eventually, setValue } from './driver';
import { camPanel, classOption, energies, expectEnergyOn, showGradCam, showMapAlone, shownProbability } from './panels';
import { canvasPixels, colorCount, decode, energyIn } from './pixels';
import { cam, commands } from './selectors';

const MODEL = 'shapes-resnet8.onnx';
const PICTURE = '12_star_square';
const OBJECTS = ['star', 'square'] as const;
const MOBILENET = 'mobilenet_v2_fp16weights.onnx';
const DOG = 'samoyed.png';

describeInWorkbench('the heat map', { prepare: addDog }, (vs) => {
  const masks = (first: string, second: string): [string, string] => [mask(first), mask(second)];
  const mask = (name: string): string => path.join(vs().workspace, `masks/${PICTURE}.mask-${name}.png`);

  it('opens from the palette for the profiled model', async () => {
    await vs().profile(MODEL);
    const panel = await showGradCam(vs(), [`${PICTURE}.png`, 'ImageNet']);
    assert.ok(colorCount(await canvasPixels(panel.locator(cam.overlay))) >= 6, 'the overlay is drawn');
    await vs().screenshot('heat-map');
  });

  it('lists the two objects of the picture as the most probable classes', async () => {
    const panel = await vs().webview(cam.class);
    const options = await panel.locator(cam.class).all();
    const probabilities = await Promise.all(options.map(shownProbability));
    const first = await Promise.all(options.slice(0, 2).map(async (option) => (await option.textContent()) ?? ''));
    for (const object of OBJECTS)
      assert.ok(
        first.some((text) => text.includes(object)),
        `${object} among ${first}`,
      );
    for (const [i, probability] of probabilities.entries()) {
      assert.ok(probability >= 0 && probability <= (probabilities[i - 1] ?? 1), 'most probable first');
    }
  });

  it('lies on the object of the class and moves when the class changes', async () => {
    const panel = await vs().webview(cam.class);
    await showMapAlone(panel);
    const star = await expectEnergyOn(panel, 'star', masks('star', 'square'));
    const square = await expectEnergyOn(panel, 'square', masks('square', 'star'));
    console.log(`      energy on its object, on the other: star ${star}, square ${square}`);
  });

  it('follows the target layer', async () => {
    const panel = await vs().webview(cam.class);
    const before = await energies(panel, masks('star', 'square'));
    const options = panel.locator(`${cam.layer} option, ${cam.layer} vscode-option`);
    const chosen = await panel.locator(cam.layer).evaluate((element: { value: string }) => element.value);
    const values = await options.evaluateAll((all: { value: string }[]) => all.map(({ value }) => value));
    const other = values.find((value) => value !== chosen);
    assert.ok(other !== undefined, 'there is another layer to choose');
    await setValue(panel.locator(cam.layer), other);
    await eventually(
      () => energies(panel, masks('star', 'square')),
      (now) => now.join() !== before.join(),
      'the map follows the layer',
    );
    await setValue(panel.locator(cam.layer), chosen);
  });

  it('is saved as a PNG', async () => {
    const panel = await vs().webview(cam.class);
    const file = path.join(vs().workspace, 'saved.png');
    await panel.locator(cam.save).click();
    await vs().saveAs(file);
    await eventually(async () => fs.existsSync(file) && fs.statSync(file).size > 0, Boolean, 'the file is written');
    const saved = await decode(file);
    assert.ok(saved.width >= 96 && saved.height >= 96, `${saved.width}×${saved.height}`);
  });

  it("opens from an image's explorer menu, for a model of the user's choice", async () => {
    await vs().run('View: Close All Editors');
    await vs().row('images').first().click();
    await vs().chooseFromMenu('02_x_disc.png', commands.showGradCam);
    const panel = await camPanel(vs(), [MODEL, 'ImageNet']);
    const first = await panel.locator(cam.class).first().textContent();
    assert.match(first ?? '', /\b(x|disc)\b/);
  });

  it('finds the dog with MobileNet v2 of the shared data', async function () {
    const dogMask = sharedPath('data/images/samoyed_mask.png');
    if (!dogMask) this.skip();
    await vs().run('View: Close All Editors');
    await vs().profile(MOBILENET);
    const panel = await showGradCam(vs(), [DOG, 'ImageNet']);
    await showMapAlone(panel);
    await classOption(panel, 'Samoyed|258').waitFor();
    const map = await canvasPixels(panel.locator(cam.overlay));
    const inside = await decode(dogMask, map);
    const everywhere = { ...inside, rgb: new Uint8Array(inside.rgb.length).fill(255) };
    const energyShare = energyIn(map, inside) / energyIn(map, everywhere);
    const areaShare = energyIn(everywhere, inside) / energyIn(everywhere, everywhere);
    console.log(
      `      the dog has ${(100 * areaShare).toFixed()} % of the area, ${(100 * energyShare).toFixed()} % of the map`,
    );
    assert.ok(energyShare > areaShare, 'the dog has more of the map than of the picture');
  });

  it('causes no policy violation and no request to the outside', () => {
    assert.deepEqual(vs().complaints, []);
  });
});

function addDog(workspace: string): void {
  const model = sharedPath(`data/models/${MOBILENET}`);
  const image = sharedPath(`data/images/${DOG}`);
  if (model) fs.copyFileSync(model, path.join(workspace, MOBILENET));
  if (image) fs.copyFileSync(image, path.join(workspace, DOG));
}

/** Several pictures, an animation, and the files that are made of a heat map. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import type { FrameLocator } from 'playwright-core';
import sharp from 'sharp';
import { readNpy } from '../../../src/display/npy';
import { describeInWorkbench, eventually, setValue, textOf } from '../driver';
import { camPanel, showGradCam } from '../panels';
import { cam, commands } from '../selectors';
import { ANIMATION, MODEL, PICTURE, PICTURES } from '../workspace';

export function heatMapFiles(): void {
  describeInWorkbench("the heat map's files", (vs) => {
    let panel: FrameLocator;
    const place = () => textOf(panel.locator(cam.place));
    /** Chooses from the menu what to save; the file's path. */
    const save = async (words: string): Promise<string> => {
      await panel.locator(cam.save).click();
      await panel.locator(cam.saveAs(words)).click();
      const file = await vs().acceptSaveDialog();
      await eventually(async () => fs.existsSync(file) && fs.statSync(file).size > 0, Boolean, `${file} is written`);
      return file;
    };

    before(async () => {
      await animate(
        ['04_triangle_star.png', PICTURE].map((name) => vs().file(`${PICTURES}/${name}`)),
        vs().file(ANIMATION),
      );
      await vs().profile(MODEL);
      panel = await showGradCam(vs(), [PICTURE]);
    });

    it('are the map as NPY and CSV, with the same numbers', async () => {
      const { shape, values } = readNpy(fs.readFileSync(await save('NPY')));
      const [height = 0, width = 0] = shape;
      const rows = fs
        .readFileSync(await save('CSV'), 'utf8')
        .trim()
        .split('\n');
      assert.equal(rows.length, height);
      const numbers = rows.flatMap((row) => row.split(',').map(Number));
      assert.deepEqual(Float32Array.from(numbers), values);
      assert.equal(values.length, width * height);
      assert.ok(numbers.every((value) => value >= 0 && value <= 1) && Math.max(...numbers) > 0.99);
    });

    it('are a report that needs nothing else', async () => {
      const page = fs.readFileSync(await save('HTML'), 'utf8');
      assert.match(page, /<html/);
      assert.match(page, new RegExp(PICTURE));
      assert.doesNotMatch(page, /(src|href)="(?!data:)/, 'no other file');
    });

    it('shows a folder of pictures, which buttons and arrow keys go through', async () => {
      await panel.locator(cam.severalImages).click();
      const isThere = () => panel.locator(cam.picture).first().isVisible();
      await vs().pickUntil(isThere, [PICTURES]);
      const before = await place();
      await panel.locator(cam.next).click();
      const after = await eventually(place, (now) => now !== before, 'the next picture');
      await panel.locator(`${cam.picture}[aria-selected=true]`).focus();
      await vs().page.keyboard.press('ArrowLeft');
      await eventually(place, (now) => now === before, 'the one before');
      assert.match(after, /^\d+ of \d+: /);
      await panel.locator(`${cam.picture} canvas`).first().waitFor();
      await vs().screenshot('heat-map-series');
    });

    it('plays an animation, and saves it under its maps', async () => {
      await vs().closeAllEditors();
      await vs().chooseFromMenu(ANIMATION, commands.showGradCam);
      panel = await camPanel(vs(), [MODEL]);
      await eventually(place, (now) => now.startsWith('1 of 2'), 'the first frame');
      await panel.locator(cam.play).click();
      await eventually(place, (now) => now.startsWith('2 of 2'), 'it plays');
      await panel.locator(cam.play).click();
      const { pages, height = 0, pageHeight = 0 } = await sharp(await save('GIF'), { animated: true }).metadata();
      assert.equal(pages, 2);
      assert.equal(height, 2 * pageHeight, 'two frames of one size');
    });

    it('opens again where it was left', async () => {
      await setValue(panel.locator(cam.method), 'layercam');
      await panel.locator(`${cam.root}[data-method=layercam]`).waitFor();
      await panel.locator(cam.tab('metrics')).click();
      const before = await place();
      await vs().reload();
      panel = await vs().webview(cam.class);
      assert.equal(await panel.locator(cam.root).getAttribute('data-method'), 'layercam');
      assert.equal(await textOf(panel.locator(cam.chosenTab)), 'Metrics');
      assert.equal(await place(), before);
      await setValue(panel.locator(cam.method), 'gradcam');
      await panel.locator(`${cam.root}[data-method=gradcam]`).waitFor();
    });
  });
}

/** An animated GIF of pictures of one size. */
async function animate(files: readonly string[], to: string): Promise<void> {
  const frames = await Promise.all(
    files.map((file) => sharp(file).removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true })),
  );
  const { width, height } = frames[0]?.info ?? { width: 0, height: 0 };
  const film = Buffer.concat(frames.map(({ data }) => data));
  await sharp(film, { raw: { width, height: height * frames.length, channels: 3, pageHeight: height } })
    .gif({ delay: frames.map(() => 200) })
    .toFile(to);
}

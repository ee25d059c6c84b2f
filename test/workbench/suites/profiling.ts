/** Explorer menu → Profile → the drawn graph: names, times, cycles, pixels, hover, hardware, keyboard. */
import assert from 'node:assert/strict';
import { sharedPath } from '../../shared';
import { assertClose, compareWithCommandLine, profileByCommandLine } from '../commandLine';
import { describeInWorkbench, eventually, textOf } from '../driver';
import {
  chooseHardware,
  chosenHardware,
  hardwareChoices,
  hoverSomeLayer,
  parseCount,
  shownLayers,
  tableColumn,
} from '../panels';
import { colorCount, seen } from '../pixels';
import { commands, graph, vscode } from '../selectors';
import { IMAGENET, MOBILENET, MODEL, SQUEEZENET, UPPER_CASE } from '../workspace';

export function profiling(): void {
  describeInWorkbench('profiling a model', (vs) => {
    it('draws the graph after a right-click', async () => {
      const { panel, milliseconds } = await vs().profile(MODEL);
      console.log(`      ${MODEL}: ${milliseconds} ms from the first click to the painted graph`);
      const colors = colorCount(await seen(panel.locator(graph.canvas).first()));
      assert.ok(colors >= 6, `a graph coloured by latency has more than ${colors} colours`);
      await vs().screenshot('graph-dark');
    });

    it('shows every layer with the time that the command line predicts', async () => {
      await compareWithCommandLine(await vs().webview(graph.painted), vs().file(MODEL));
    });

    it('lists every layer with the cycles that the command line predicts', async () => {
      const panel = await vs().webview(graph.painted);
      const layers = profileByCommandLine(vs().file(MODEL), await chosenHardware(panel));
      const shown = await tableColumn(panel, 'cycles');
      assert.equal(shown.size, layers.length);
      for (const { name, cycles, fusedInto, bound } of layers) {
        if (fusedInto !== undefined || bound === 'free') assert.equal(shown.get(name), '–', name);
        else assertClose(parseCount(shown.get(name) ?? ''), cycles ?? Number.NaN, `cycles of ${name}`);
      }
    });

    it('states totals with their units and their coverage', async () => {
      const panel = await vs().webview(graph.painted);
      const totals = await textOf(panel.locator(graph.totals));
      for (const part of [/\d\s*(ns|µs|ms|s)\b/, /\d\s*[kMGT]?MAC\b/, /\d\s*[kMGT]? params/, /\d\s*% of MACs costed/]) {
        assert.match(totals, part);
      }
      assert.match(totals, /bound:\s*[\w-]+ \d/);
    });

    it('explains a layer under the mouse, and all of it when it is clicked', async () => {
      const panel = await vs().webview(graph.painted);
      const card = await hoverSomeLayer(vs(), panel);
      await vs().screenshot('hover');
      // The split of its time, what bounds it, its work, its traffic, how busy it keeps the hardware.
      for (const part of [
        /\d\s*(ns|µs|ms|s)\b/,
        /\d\s*%/,
        /compute/,
        /on-chip/,
        /off-chip/,
        /launch/,
        /bound/i,
        /\d\s*[kMGT]?MAC/,
        /\d\s*([KMG]i)?B\b/,
        /utili[sz]ation/i,
      ]) {
        assert.match(card, part);
      }
      const layers = profileByCommandLine(vs().file(MODEL), await chosenHardware(panel));
      const layer = layers.find(({ name }) => card.includes(name));
      assert.ok(layer, `the card names its layer: ${card}`);
      const cycles = /([\d.,]+ ?[kMG]?) cycles/.exec(card)?.[1] ?? '';
      assertClose(parseCount(cycles), layer.cycles ?? Number.NaN, `cycles of ${layer.name}`);
      await vs().page.mouse.down();
      await vs().page.mouse.up();
      assert.match(layer.mapping, /tile/);
      await eventually(
        () => textOf(panel.locator(graph.details)),
        (details) => details.includes(layer.name) && details.includes(layer.mapping),
        `the details show the mapping ${layer.mapping}`,
      );
    });

    it('can be read and steered by keyboard', async () => {
      const panel = await vs().webview(graph.painted);
      await panel.locator(graph.nodes).focus();
      for (let step = 0; step < 3; step++) await vs().page.keyboard.press('ArrowDown');
      const selected = panel.locator(graph.selected);
      await selected.waitFor({ state: 'attached' });
      const [name = ''] = (await textOf(selected)).split(', ');
      await eventually(
        () => textOf(panel.locator(graph.details)),
        (details) => details.includes(name),
        `the details show ${name}`,
      );
      assert.match(
        await textOf(panel.locator(graph.hoverCard)),
        new RegExp(name),
        'focus opens the card as hover does',
      );
      await vs().page.keyboard.press('Enter');
      await panel.locator(`${graph.details}:focus`).waitFor();
    });

    it('annotates everything anew for other hardware', async () => {
      const panel = await vs().webview(graph.painted);
      const labels = (await hardwareChoices(panel)).map(({ label }) => label);
      for (const preset of [/V100/, /3090/, /3060/, /TX2/, /Nano/, /CPU/i]) {
        assert.ok(
          labels.some((label) => preset.test(label)),
          `${preset} among ${labels}`,
        );
      }
      const before = await shownLayers(panel);
      await chooseHardware(panel, /V100/);
      await compareWithCommandLine(panel, vs().file(MODEL));
      assert.notDeepEqual(await shownLayers(panel), before);
    });

    for (const model of [SQUEEZENET, MOBILENET]) {
      it(`draws ${model} of the shared data`, async function () {
        if (!sharedPath(`data/models/${model}`)) this.skip();
        if (!(await vs().row(model).isVisible())) await vs().toggleFolder(IMAGENET);
        const { panel, milliseconds } = await vs().profile(model);
        console.log(`      ${model}: ${milliseconds} ms from the click to the painted graph`);
        await compareWithCommandLine(panel, vs().file(`${IMAGENET}/${model}`));
      });
    }

    it('leaves a model that is merely opened to VS Code', async () => {
      await vs().closeAllEditors();
      await vs().row(MODEL).dblclick();
      await vs().page.locator(vscode.plainFile).first().waitFor();
      assert.equal(await vs().page.locator(vscode.webview).count(), 0);
    });

    it('is offered for .ONNX in capitals', async () => {
      await vs().profile(UPPER_CASE);
    });

    it('opens every selected model', async () => {
      await vs().closeAllEditors();
      const models = [MODEL, 'shapes-vgg.onnx'];
      for (const model of models) {
        await vs()
          .row(model)
          .click({ modifiers: ['ControlOrMeta'] });
      }
      await vs().chooseFromMenu('shapes-vgg.onnx', commands.profile);
      for (const model of models) await vs().page.locator(vscode.tab, { hasText: model }).waitFor();
    });
  });
}

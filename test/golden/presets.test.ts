import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Hardware } from '../../src/hardware/hardware';
import { overrideHardware, parseHardware } from '../../src/hardware/parse';
import { buildReport } from '../../src/latency/report';
import { inferShapes } from '../../src/operators/inferShapes';
import { root } from '../shared';
import { smallModel } from '../smallModel';

/**
 * What every preset predicts for the small model at batch 8: seconds, lower bound, joules. These are our own figures, pinned so that
 * no change of the engine or of a preset goes unnoticed; the tests beside `multicore` say why they are right.
 * (`cpu` as the file has it, not filled in from the machine that runs the tests.)
 */
const PINNED: readonly (readonly [id: string, mode: string, seconds: number, lowerBound: number, joules: number])[] = [
  ['a100', 'default', 0.00003218176494856264, 0.000032141053819384194, 0.0000166766208],
  ['a100', 'founding', 0.00004117695632462896, 0.00004037145119947431, 0.000084420736],
  ['cortex-a76', 'default', 0.000041525333333333334, 0.0000397192380952381, 0.0000176827008],
  ['cortex-a76', 'founding', 0.00007747709523809525, 0.00006958895238095238, 0.00008428384],
  ['cpu', 'default', 0.00001777322666666667, 0.00001719744, 0.0000158855808],
  ['cpu', 'founding', 0.000040609013333333336, 0.00003743114666666667, 0.000084366208],
  ['dpu-b4096-like', 'default', 0.000005132760416666667, 0.000005123541666666667, 0.000007817624],
  ['edge-tpu-like', 'default', 0.000178628, 0.000178628, 0.0000064047199999999996],
  ['ethos-u55-128', 'default', 0.000036966999999999994, 0.000036929, 0.000024138043199999996],
  ['ethos-u55-256', 'default', 0.000037003, 0.000036929, 0.0000250037232],
  ['eyeriss-v1', 'default', 0.0005056166666666666, 0.0005056166666666666, 0.000042441033599999996],
  ['gemmini-16x16', 'default', 0.0000124033125, 0.000012394249999999999, 0.000025442251199999998],
  ['h100', 'default', 0.00003214092001530808, 0.00003210422732477701, 0.0000166766208],
  ['h100', 'founding', 0.00004080725458608596, 0.000040163654176608264, 0.000084347776],
  ['jetson-nano', 'default', 0.0000422246177728013, 0.000042213680272801297, 0.0000158506368],
  ['jetson-nano', 'founding', 0.00006688103793431053, 0.0000638530279587405, 0.00008428384],
  ['jetson-tx2', 'default', 0.00003596917407550573, 0.0000359644839582528, 0.0000158506368],
  ['jetson-tx2', 'founding', 0.000051174111583558814, 0.000049865656487566034, 0.000084311296],
  ['jetson-xavier-nx', 'default', 0.000036132289299242425, 0.00003590220880681817, 0.000015967756799999996],
  ['jetson-xavier-nx', 'founding', 0.00005308693181818181, 0.00005085195075757575, 0.000084347776],
  ['nvdla-full', 'default', 0.000020512, 0.000011360000000000001, 0.0000401070336],
  ['nvdla-large', 'default', 0.000010256, 0.000005680000000000001, 0.0000213730176],
  ['nvdla-small', 'default', 0.0006556730000000001, 0.00010656899999999999, 0.0000202978176],
  ['rtx3060', 'default', 0.00003253671193855645, 0.00003250964547257282, 0.0000160007808],
  ['rtx3060', 'founding', 0.000042213379053335836, 0.00004144035050334521, 0.000084347776],
  ['rtx3090', 'default', 0.00003261494245014245, 0.00003255155422138837, 0.0000161328768],
  ['rtx3090', 'founding', 0.000041771124786324784, 0.0000405630577444236, 0.000084347776],
  ['scale-sim-default', 'default', 0.000010243, 5.602500000000001e-7, 0.0000458928576],
  ['tpu-v1', 'default', 0.000008058659663865546, 0.00000804857142857143, 0.000006098510400000001],
  ['v100', 'default', 0.00003225801142857143, 0.00003219353904761904, 0.0000164062848],
  ['v100', 'founding', 0.000041578758095238095, 0.00004076911238095238, 0.000084420736],
];

/** SCALE-Sim counts contractions only. */
const UNKNOWN_TO_SCALE_SIM = 1;

function inMode(preset: Hardware, mode: string): Hardware {
  return preset.engine === 'multicore' ? overrideHardware(preset, [`parity=${mode === 'founding'}`]) : preset;
}

describe('presets on the small model', () => {
  const directory = path.join(root, 'media/hardware');
  const model = smallModel();
  const shapes = inferShapes(model, { batch: 8 });

  for (const [id, mode, seconds, lowerBound, joules] of PINNED) {
    it(`${id}, ${mode} mode`, () => {
      const preset = parseHardware(fs.readFileSync(path.join(directory, `${id}.json`), 'utf8'), id);
      const { totals } = buildReport(model, shapes, inMode(preset, mode));
      const close = (actual: number, expected: number) => Math.abs(actual / expected - 1) < 1e-12;
      assert.ok(close(totals.seconds, seconds), `${totals.seconds} s, pinned ${seconds}`);
      assert.ok(
        close(totals.lowerBoundSeconds, lowerBound),
        `bound ${totals.lowerBoundSeconds} s, pinned ${lowerBound}`,
      );
      assert.ok(close(totals.energyJoules, joules), `${totals.energyJoules} J, pinned ${joules}`);
      assert.equal(totals.unknownNodes, preset.engine === 'scale-sim' ? UNKNOWN_TO_SCALE_SIM : 0);
    });
  }

  it('every preset is pinned, those of engine multicore in both modes', () => {
    const presets = fs.readdirSync(directory).filter((file) => file.endsWith('.json') && file !== 'schema.json');
    const wanted = presets.flatMap((file) => {
      const { engine } = JSON.parse(fs.readFileSync(path.join(directory, file), 'utf8'));
      const modes = engine === 'multicore' ? ['default', 'founding'] : ['default'];
      return modes.map((mode) => `${path.basename(file, '.json')} ${mode}`);
    });
    assert.deepEqual(PINNED.map(([id, mode]) => `${id} ${mode}`).sort(), wanted.sort());
  });
});

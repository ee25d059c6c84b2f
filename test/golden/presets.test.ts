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
  ['a100', 'default', 0.00003243303399884457, 0.00003234634491261967, 0.0000658409088],
  ['a100', 'founding', 0.00004117695632462896, 0.00004037145119947431, 0.000084420736],
  ['cortex-a76', 'default', 0.00004839885714285714, 0.00004839885714285714, 0.0000650727168],
  ['cortex-a76', 'founding', 0.00007747709523809525, 0.00006958895238095238, 0.00008428384],
  ['cpu', 'default', 0.0000261728, 0.0000261728, 0.0000650936448],
  ['cpu', 'founding', 0.000040609013333333336, 0.00003743114666666667, 0.000084366208],
  ['dpu-b4096-like', 'default', 0.000005992135416666667, 0.000005987500000000001, 0.000020144624],
  ['edge-tpu-like', 'default', 0.000009207148437499998, 0.000009192499999999999, 0.00001857176],
  ['ethos-u55-128', 'default', 0.000028810000000000004, 0.00002874, 0.000019447903999999998],
  ['ethos-u55-256', 'default', 0.000028814, 0.00002874, 0.000019705712],
  ['eyeriss-v1', 'default', 0.0003692666666666667, 0.0003692666666666667, 0.0000319094912],
  ['gemmini-16x16', 'default', 0.000010264312499999998, 0.000010256999999999999, 0.000020144624],
  ['h100', 'default', 0.00003226539524684271, 0.00003216275661632226, 0.0000658409088],
  ['h100', 'founding', 0.00004080725458608596, 0.000040163654176608264, 0.000084347776],
  ['jetson-nano', 'default', 0.000055044617772801295, 0.00005500110698289902, 0.0000650794368],
  ['jetson-nano', 'founding', 0.00006688103793431053, 0.0000638530279587405, 0.00008428384],
  ['jetson-tx2', 'default', 0.00004146652750934157, 0.00004143799123824249, 0.0000650794368],
  ['jetson-tx2', 'founding', 0.000051174111583558814, 0.000049865656487566034, 0.000084311296],
  ['jetson-xavier-nx', 'default', 0.00004254228929924242, 0.00004224129971590909, 0.0000651965568],
  ['jetson-xavier-nx', 'founding', 0.00005308693181818181, 0.00005085195075757575, 0.000084347776],
  ['nvdla-full', 'default', 0.0000277648, 0.0000193808, 0.00006488516480000001],
  ['nvdla-large', 'default', 0.000014088000000000001, 0.000009896, 0.0000337809248],
  ['nvdla-small', 'default', 0.000703585, 0.000186761, 0.0000327057248],
  ['rtx3060', 'default', 0.0000334483563830009, 0.00003333579269055212, 0.0000652295808],
  ['rtx3060', 'founding', 0.000042213379053335836, 0.00004144035050334521, 0.000084347776],
  ['rtx3090', 'default', 0.00003296557492877493, 0.000032808313529289135, 0.0000653616768],
  ['rtx3090', 'founding', 0.000041771124786324784, 0.0000405630577444236, 0.000084347776],
  ['scale-sim-default', 'default', 0.000010243, 5.602500000000001e-7, 0.0000458928576],
  ['tpu-v1', 'default', 0.000006357651260504202, 0.000006346621848739496, 0.00001857176],
  ['v100', 'default', 0.00003279717523809524, 0.000032720214285714287, 0.0000656350848],
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

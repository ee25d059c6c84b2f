import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
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
  ['cpu', 'default', 0.0000261728, 0.0000261728, 0.0000650936448],
  ['cpu', 'founding', 0.000040609013333333336, 0.00003743114666666667, 0.000084366208],
  ['jetson-nano', 'default', 0.000055044617772801295, 0.00005500110698289902, 0.0000650794368],
  ['jetson-nano', 'founding', 0.00006688103793431053, 0.0000638530279587405, 0.00008428384],
  ['jetson-tx2', 'default', 0.00004146652750934157, 0.00004143799123824249, 0.0000650794368],
  ['jetson-tx2', 'founding', 0.000051174111583558814, 0.000049865656487566034, 0.000084311296],
  ['rtx3060', 'default', 0.0000334483563830009, 0.00003333579269055212, 0.0000652295808],
  ['rtx3060', 'founding', 0.000042213379053335836, 0.00004144035050334521, 0.000084347776],
  ['rtx3090', 'default', 0.00003296557492877493, 0.000032808313529289135, 0.0000653616768],
  ['rtx3090', 'founding', 0.000041771124786324784, 0.0000405630577444236, 0.000084347776],
  ['v100', 'default', 0.00003279717523809524, 0.000032720214285714287, 0.0000656350848],
  ['v100', 'founding', 0.000041578758095238095, 0.00004076911238095238, 0.000084420736],
];

describe('presets on the small model', () => {
  const directory = path.join(root, 'media/hardware');
  const model = smallModel();
  const shapes = inferShapes(model, { batch: 8 });

  for (const [id, mode, seconds, lowerBound, joules] of PINNED) {
    it(`${id}, ${mode} mode`, () => {
      const preset = parseHardware(fs.readFileSync(path.join(directory, `${id}.json`), 'utf8'), id);
      const { totals } = buildReport(model, shapes, overrideHardware(preset, [`parity=${mode === 'founding'}`]));
      const close = (actual: number, expected: number) => Math.abs(actual / expected - 1) < 1e-12;
      assert.ok(close(totals.seconds, seconds), `${totals.seconds} s, pinned ${seconds}`);
      assert.ok(
        close(totals.lowerBoundSeconds, lowerBound),
        `bound ${totals.lowerBoundSeconds} s, pinned ${lowerBound}`,
      );
      assert.ok(close(totals.energyJoules, joules), `${totals.energyJoules} J, pinned ${joules}`);
      assert.equal(totals.unknownNodes, 0);
    });
  }

  it('every preset is pinned in both modes', () => {
    const presets = fs.readdirSync(directory).filter((file) => file.endsWith('.json') && file !== 'schema.json');
    const wanted = presets.flatMap((file) =>
      ['default', 'founding'].map((mode) => `${path.basename(file, '.json')} ${mode}`),
    );
    assert.deepEqual(PINNED.map(([id, mode]) => `${id} ${mode}`).sort(), wanted.sort());
  });
});

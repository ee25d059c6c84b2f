/** What the extension host does for a panel that opens a model, step by step. */
import path from 'node:path';
import { readModel } from '../../../src/formats/modelReader';
import type { Hardware } from '../../../src/hardware/hardware';
import { loadPresets } from '../../../src/hardware/presets';
import { type Opened, reportOn, Trials } from '../../../src/host/trial';
import { inferShapes } from '../../../src/operators/inferShapes';
import type { GraphOpening } from '../../../src/protocol/graphPanel';
import { buildScene } from '../../../src/scene/scene';
import { warningsOf } from '../../../src/scene/warnings';
import { root } from '../../shared';
import type { HostTimes } from './times';

const PRESET = 'jetson-tx2';

let presets: ReturnType<typeof loadPresets> | undefined;

/** Presets are read once in an editor's life. */
async function preset(): Promise<Hardware> {
  presets ??= loadPresets(path.join(root, 'media/hardware'));
  const value = (await presets).get(PRESET);
  if (!value) throw new Error(`there is no preset ${PRESET}`);
  return value;
}

export async function openModel(file: string): Promise<{ readonly opening: GraphOpening; readonly times: HostTimes }> {
  const hardware = preset();
  await hardware;
  const laps = [performance.now()];
  const lap = () => laps.push(performance.now());
  const model = await readModel(file);
  lap();
  const shapes = inferShapes(model, { batch: 1 });
  lap();
  const scene = buildScene(model, shapes, path.basename(file));
  lap();
  const opened: Opened = { model, shapes, scene, batch: 1, elementType: undefined };
  const trials = new Trials({
    opened: async () => opened,
    hardware: async () => ({ id: PRESET, value: await hardware, warnings: [] }),
    build: async () => opened,
  });
  const report = reportOn(await trials.current());
  lap();
  const [read = 0, ofShapes = 0, ofScene = 0, ofReport = 0] = laps.slice(1).map((now, i) => now - (laps[i] ?? now));
  return {
    opening: {
      scene: scene.data,
      report,
      hardware: [],
      batch: 1,
      bindings: [],
      inside: [],
      warnings: warningsOf(model, shapes),
      runBlocked: '',
    },
    times: { read, shapes: ofShapes, scene: ofScene, report: ofReport },
  };
}

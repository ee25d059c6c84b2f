import assert from 'node:assert/strict';
import path from 'node:path';
import type { Hardware } from '../../src/hardware/hardware';
import { overrideHardware } from '../../src/hardware/parse';
import { loadPresets } from '../../src/hardware/presets';
import type { HardwareInUse } from '../../src/host/hardwareInUse';
import { type Opened, reportOn, type TrialSources, Trials } from '../../src/host/trial';
import { inferShapes } from '../../src/operators/inferShapes';
import { BATCH_KNOB } from '../../src/protocol/graphPanel';
import { buildScene } from '../../src/scene/scene';
import { TX2 } from '../reports';
import { root } from '../shared';
import { smallModel } from '../smallModel';

const presetNamed = async (name: string): Promise<Hardware> => {
  const presets = await loadPresets(path.join(root, 'media/hardware'));
  return presets.get(name) ?? assert.fail(name);
};

/** A door that tests open. */
class Door {
  open: () => void = () => {};
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

const model = smallModel();

function openedAt(batch: number): Opened {
  const shapes = inferShapes(model, { batch });
  return { model, shapes, scene: buildScene(model, shapes, 'small'), batch, elementType: undefined };
}

/** What the editor would answer, slowly where a test has shut a door. */
class FakeSources implements TrialSources {
  readonly fast: HardwareInUse = { id: 'fast', value: overrideHardware(TX2, ['frequency=2e9']), warnings: [] };
  inUse: HardwareInUse = { id: 'tx2', value: TX2, warnings: [] };
  door: Door | undefined;
  builds = 0;
  readonly #opened = openedAt(1);

  async opened(): Promise<Opened> {
    return this.#opened;
  }

  async hardware(): Promise<HardwareInUse> {
    return this.inUse;
  }

  async build(batch: number): Promise<Opened> {
    this.builds++;
    await this.door?.opened;
    return openedAt(batch);
  }
}

describe('trials', () => {
  it('keep what is in force, and answer the same trial as long as nothing is different', async () => {
    const trials = new Trials(new FakeSources());
    const before = await trials.current();
    assert.equal(before.hardware, TX2);
    assert.equal(before.report, before.preset.report);
    const changed = await trials.put({ frequency: 1e9 });
    assert.equal(changed.hardware.frequency, 1e9);
    assert.equal(await trials.current(), changed);
    assert.equal(await trials.put({ frequency: 1e9 }), changed);
    assert.equal(reportOn(changed).revision, changed.revision);
    assert.notEqual(changed.revision, before.revision);
    assert.equal(reportOn(changed).whatIf.preset.seconds, before.report.totals.seconds);
  });

  it('stay as they were when a value is not possible', async () => {
    const trials = new Trials(new FakeSources());
    const changed = await trials.put({ frequency: 1e9 });
    await assert.rejects(trials.put({ frequency: -1 }), /frequency/);
    assert.equal(await trials.current(), changed);
  });

  it('of changes made for one hardware nothing is left when another is chosen in the middle of them', async () => {
    const sources = new FakeSources();
    const trials = new Trials(sources);
    await trials.current();
    sources.door = new Door();
    const late = trials.put({ frequency: 1e9, [BATCH_KNOB]: 4 });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(sources.builds, 1, 'under way');

    sources.inUse = sources.fast;
    trials.revise(() => ({}));
    const chosen = await trials.current();
    assert.equal(chosen.hardware.frequency, 2e9);
    sources.door.open();
    assert.equal(await late, chosen, 'the answer is what is in force');
    assert.equal(await trials.current(), chosen);
  });

  it('a newer trial wins, whichever is done first', async () => {
    const sources = new FakeSources();
    const trials = new Trials(sources);
    sources.door = new Door();
    const older = trials.put({ [BATCH_KNOB]: 4 });
    await new Promise((resolve) => setImmediate(resolve));
    const newer = await trials.put({ frequency: 1e9 });
    sources.door.open();
    assert.equal(await older, newer);
    assert.equal((await trials.current()).opened.batch, 1);
  });

  it('while a slider moves a quick answer, at rest the whole search', async () => {
    const sources = new FakeSources();
    sources.inUse = { id: 'gemmini', value: await presetNamed('gemmini-16x16'), warnings: [] };
    const trials = new Trials(sources);
    const changes = { frequency: 0.7e9 };
    const moving = await trials.put(changes, true);
    assert.ok(moving.moving && Number.isNaN(reportOn(moving).totals.unfusedSeconds));
    assert.equal(await trials.current(), moving);
    const rest = await trials.put(changes);
    assert.ok(!rest.moving && rest.revision > moving.revision);
    assert.ok(reportOn(rest).totals.unfusedSeconds >= rest.report.totals.seconds);
    // Both searches know the preset's mappings or better ones: what only runs slower cannot look faster.
    const before = rest.preset.report.totals.seconds;
    const [quick, full] = [moving.report.totals.seconds, rest.report.totals.seconds];
    assert.ok(quick > before && full > before && Math.abs(quick / full - 1) < 0.05, `${before} ${quick} ${full}`);
    assert.equal(await trials.put(changes, true), rest, 'what is known is not asked for again');
  });

  it('two who ask at once for the same get the same trial', async () => {
    const trials = new Trials(new FakeSources());
    const [a, b] = await Promise.all([trials.current(), trials.current()]);
    assert.equal(a.revision, b.revision);
  });

  it('a network at another batch is inferred once', async () => {
    const sources = new FakeSources();
    const trials = new Trials(sources);
    await trials.put({ [BATCH_KNOB]: 4 });
    const { opened } = await trials.put({ [BATCH_KNOB]: 4, frequency: 1e9 });
    assert.equal(opened.batch, 4);
    assert.equal(sources.builds, 1);
    assert.deepEqual(opened.shapes.infos.get('x')?.shape?.[0], 4);
  });
});

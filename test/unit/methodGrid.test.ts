import assert from 'node:assert/strict';
import path from 'node:path';
import { Explainer } from '../../src/cam/explain/explainer';
import { methodGrid } from '../../src/cam/explain/methodGrid';
import { METHODS } from '../../src/cam/methods';
import { readModel } from '../../src/formats/modelReader';
import type { CamTile } from '../../src/protocol/camPanel';
import { relativeError } from '../npy';
import { useRuntime } from '../runtime';
import { root } from '../shared';

const sample = (name: string): string => path.join(root, 'sample', name);

describe('Method grid', () => {
  const runtime = useRuntime();
  const open = async (model: string) => {
    const explainer = await Explainer.open(runtime(), await readModel(sample(model)));
    return { explainer, subject: await explainer.subject(sample('images/00_ring_checker.png')) };
  };

  it('every method once; the costly ones say what they would cost until they are asked for', async () => {
    const { explainer, subject } = await open('shapes-resnet8.onnx');
    const question = { classIndex: 1 };
    const told: CamTile[] = [];
    const tiles = await methodGrid(explainer, subject, question, { onTile: (tile) => told.push(tile) });
    assert.deepEqual(
      tiles.map(({ id }) => id),
      Object.values(METHODS).map(({ id }) => id),
    );
    assert.deepEqual(told, tiles);
    const unasked = tiles.filter(({ cost }) => cost !== undefined);
    assert.deepEqual(
      unasked.map(({ id, cost, map }) => [id, cost, map]),
      [
        ['ablationcam', { whole: 0, tail: 64 }, undefined],
        ['scorecam', { whole: 64, tail: 0 }, undefined],
      ],
    );
    for (const { id, raw } of tiles.filter(({ cost }) => cost === undefined)) {
      const alone = await explainer.explain(subject, { ...question, method: id });
      assert.ok(raw && relativeError(raw.values, alone.raw.values) < 1e-5, id);
    }
    await explainer.release();
  });

  it('all of them when asked for, with progress; the strongest channels only', async () => {
    const { explainer, subject } = await open('shapes-resnet8.onnx');
    const totals = new Set<number>();
    const question = { channels: 8, onProgress: (_: number, total: number) => totals.add(total) };
    const tiles = await methodGrid(explainer, subject, question, { costly: true });
    assert.ok(tiles.every(({ map }) => map));
    assert.ok(totals.has(8), `${[...totals]}`);
    const said = 'Score-CAM tried the 8 strongest of 64 channels: ask for all of them for the exact map.';
    assert.equal(tiles.find(({ id }) => id === 'scorecam')?.note, said);
    const alone = await explainer.explain(subject, { method: 'scorecam', channels: 8 });
    assert.ok(alone.note.endsWith(said), alone.note);
    assert.equal(
      (await explainer.explain(subject, { method: 'scorecam', channels: 'all' })).note.includes('strongest'),
      false,
    );
    await explainer.release();
  });

  it('a method that does not fit says why, and the others go on', async () => {
    const { explainer, subject } = await open('shapes-vgg.onnx');
    const tiles = await methodGrid(explainer, subject);
    const without = tiles.filter(({ map, cost }) => !map && !cost);
    assert.deepEqual(
      without.map(({ id }) => id),
      ['cam'],
    );
    assert.match(without[0]?.note ?? '', /^CAM needs a layer that is followed by global average pooling/);
    await explainer.release();
  });

  it('a cancel ends all', async () => {
    const { explainer, subject } = await open('shapes-resnet8.onnx');
    const controller = new AbortController();
    const onTile = (): void => controller.abort();
    await assert.rejects(methodGrid(explainer, subject, { signal: controller.signal }, { onTile }), /^AbortError: /);
    await explainer.release();
  });
});

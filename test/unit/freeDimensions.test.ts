import assert from 'node:assert/strict';
import type { Model, Node, ValueInfo } from '../../src/graph/graph';
import { inferShapes, type ShapeOptions, SizeError } from '../../src/operators/inferShapes';
import { float32, list, messages, model } from '../sketch';

describe('freeDimensions', () => {
  const relu = (...inputs: ValueInfo[]): Model => model({ nodes: [['y', 'Relu', 'x']], inputs });

  it('takes an open first size for the batch, 1 where nobody asks for another', () => {
    for (const open of ['N', 'batch_size', 'unk__12', null, 0, -1]) {
      const opened = relu(float32('x', open, 3, 8, 8));
      assert.deepEqual(inferShapes(opened).infos.get('y')?.shape, [1, 3, 8, 8]);
      assert.deepEqual(inferShapes(opened, { batch: 4 }).infos.get('y')?.shape, [4, 3, 8, 8]);
      assert.deepEqual(inferShapes(opened).freeDimensions, []);
    }
  });

  it('names other open sizes, and binds them everywhere', () => {
    const opened = model({
      nodes: [['y', 'Add', 'x z']],
      inputs: [float32('x', 'N', 3, 'h', null), float32('z', 'N', 3, 'h', 1)],
    });
    assert.deepEqual(inferShapes(opened).freeDimensions, ['h', 'x[3]']);
    assert.deepEqual(inferShapes(opened).infos.get('y')?.shape, [1, 3, 'h', null]);
    const bindings = new Map([
      ['h', 8],
      ['x[3]', 9],
    ]);
    const bound = inferShapes(opened, { bindings });
    assert.deepEqual(bound.infos.get('y')?.shape, [1, 3, 8, 9]);
    assert.deepEqual(bound.freeDimensions, ['h', 'x[3]']);
  });

  it('takes sizes from whole shapes, for other inputs too', () => {
    const opened = model({
      nodes: [['y', 'Add', 'x z']],
      inputs: [float32('x', 'N', 'h'), float32('z', 'N', 'h')],
    });
    const { infos } = inferShapes(opened, { inputShapes: new Map([['x', [2, 5]]]) });
    assert.deepEqual(infos.get('z')?.shape, [2, 5]);
  });

  it('replaces a fixed batch on request, and forgets what the file declares inside', () => {
    const fixed = model({
      nodes: [['y', 'Relu', 'x']],
      inputs: [float32('x', 1, 3, 8, 8)],
      outputs: [float32('y', 1, 3, 8, 8)],
    });
    const { infos, problems } = inferShapes(fixed, { batch: 2 });
    assert.deepEqual(infos.get('y')?.shape, [2, 3, 8, 8]);
    assert.deepEqual(problems, []);
    assert.deepEqual(inferShapes(fixed).infos.get('y')?.shape, [1, 3, 8, 8]);
  });

  it('reports a Reshape that has the batch written into it', () => {
    const hard = model({
      nodes: [
        ['flat', 'Reshape', 'x target'],
        ['y', 'Relu', 'flat'],
      ],
      inputs: [float32('x', 1, 2, 3, 4)],
      constants: [list('target', 1, 24)],
    });
    const { infos, problems, work } = inferShapes(hard, { batch: 2 });
    assert.deepEqual(messages(problems), ['cannot reshape [2,2,3,4] (48 elements) to [1,24] (24 elements)']);
    assert.deepEqual(infos.get('flat'), {});
    assert.equal(work(hard.graph.nodes[1] as Node), undefined);
  });

  it('tells which sizes stay open', () => {
    const opened = model({ nodes: [['y', 'Relu', 'x']], inputs: [float32('x', 'N', 'h', null)] });
    assert.deepEqual(inferShapes(opened).openDimensions, ['h', 'x[2]']);
    assert.deepEqual(inferShapes(opened, { bindings: new Map([['h', 8]]) }).openDimensions, ['x[2]']);
    assert.deepEqual(inferShapes(opened, { inputShapes: new Map([['x', [1, 2, 3]]]) }).openDimensions, []);
  });

  it('refuses sizes that no tensor has, other ranks, and two batches', () => {
    const fixed = relu(float32('x', 1, 3, 8, 8));
    const shaped = (...shape: number[]) => ({ inputShapes: new Map([['x', shape]]) });
    const cases: readonly (readonly [ShapeOptions, RegExp])[] = [
      [shaped(-1, 3, 8, 8), /a size of 'x' must be a whole number from 1, not -1/],
      [shaped(1.5, 3, 8, 8), /not 1\.5/],
      [shaped(0, 3, 8, 8), /not 0/],
      [shaped(1, 3, 2 ** 60, 8), /must be a whole number/],
      [shaped(1, 3, 64), /the input 'x' has 4 dimensions, not 3 \(1×3×64\)/],
      [{ batch: 0 }, /the batch must be a whole number from 1, not 0/],
      [{ batch: 2.5 }, /not 2\.5/],
      [{ bindings: new Map([['h', Number.NaN]]) }, /'h' must be a whole number from 1, not NaN/],
      [{ batch: 2, ...shaped(4, 3, 8, 8) }, /the batch is 2, but the shape of 'x' starts with 4/],
    ];
    for (const [options, message] of cases) {
      assert.throws(
        () => inferShapes(fixed, options),
        (error) => error instanceof SizeError && message.test(error.message),
      );
    }
    assert.deepEqual(inferShapes(fixed, { batch: 4, ...shaped(4, 3, 8, 8) }).infos.get('y')?.shape, [4, 3, 8, 8]);
    const named = relu(float32('x', 'N', 3));
    assert.throws(() => inferShapes(named, { batch: 2, bindings: new Map([['N', 4]]) }), /the batch is 2, but 'N'/);
  });
});

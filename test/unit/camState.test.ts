import assert from 'node:assert/strict';
import { type CamState, parseState } from '../../src/host/camState';
import { literalGlob } from '../../src/host/glob';

describe('the state of a heat-map panel', () => {
  const state: CamState = {
    ...{ model: 'file:///m.onnx', image: 'file:///1.png', images: ['file:///1.png'], frame: 0, truth: 'file:///t.xml' },
    ...{ classIndex: 3, layers: ['a', 'b'], fuse: 'max', method: 'gradcam', channels: 'all', eigen: false, leak: 0.1 },
  };
  const parsed = (saved: object) => parseState({ restore: JSON.stringify(saved) });

  it('comes back as it was kept', () => {
    assert.deepEqual(parsed(state), state);
    const targets: readonly CamState['target'][] = [
      { kind: 'box', anchor: 1, part: 'class', index: 2, output: 'scores' },
      { kind: 'element', output: 'y', index: [0, 3] },
      { kind: 'embedding', reference: [0.5, 1], name: 'cat.png' },
      { kind: 'classes', indices: [1, 2] },
    ];
    for (const target of targets) assert.deepEqual(parsed({ ...state, target }), { ...state, target });
  });

  it('is not ours when a field is not what it should be', () => {
    const broken = [
      ...[{ image: 7 }, { model: undefined }, { images: 'file:///1.png' }, { frame: -1 }, { classIndex: '3' }],
      ...[{ layers: [1] }, { fuse: 'sum' }, { channels: 'many' }, { eigen: 1 }, { mode: {} }, { target: 'class' }],
      ...[{ target: { kind: 'box', anchor: 1, part: 'whole' } }, { target: { kind: 'pixel' } }],
      ...[{ target: { kind: 'mask' } }, { target: { kind: 'element', output: 'y', index: [0.5] } }],
    ];
    for (const field of broken) assert.equal(parsed({ ...state, ...field }), undefined, JSON.stringify(field));
    for (const other of [undefined, null, 3, {}, { restore: 3 }, { restore: '{' }]) {
      assert.equal(parseState(other), undefined);
    }
  });

  it('names that hold signs of a pattern are searched for as they are', () => {
    assert.equal(literalGlob('cat 1'), 'cat 1');
    assert.equal(literalGlob('a[1]{2},*?'), 'a[[]1[]][{]2[}][,][*][?]');
  });
});

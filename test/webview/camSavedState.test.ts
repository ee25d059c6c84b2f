import assert from 'node:assert/strict';
import { DEFAULT_VIEW, parseState, type SavedState, withHostView } from '../../webview/cam/savedState';

const STATE: SavedState = {
  restore: '{"model":"a.onnx"}',
  classIndex: 7,
  layer: 'relu5',
  method: 'layercam',
  eigen: true,
  view: { opacity: 0.3, colorMap: 'cividis', shown: 'map', signed: true },
};

describe('cam saved state', () => {
  it('comes back as it was saved', () => {
    assert.deepEqual(parseState(JSON.parse(JSON.stringify(STATE))), STATE);
  });

  it('is dropped when it is not ours', () => {
    for (const state of [undefined, null, 3, 'x', {}, { ...STATE, classIndex: '7' }, { ...STATE, method: 2 }]) {
      assert.equal(parseState(state), undefined);
    }
  });

  it('falls back where a choice no longer exists', () => {
    const odd = { ...STATE, view: { opacity: 7, colorMap: 'magma', shown: 'x', signed: 'yes' } };
    assert.deepEqual(parseState(odd)?.view, DEFAULT_VIEW);
    assert.deepEqual(parseState({ ...STATE, view: undefined })?.view, DEFAULT_VIEW);
  });

  it('takes the host’s choices where they make sense', () => {
    assert.deepEqual(withHostView(DEFAULT_VIEW, { opacity: 0.9, colorMap: 'grey' }), {
      ...DEFAULT_VIEW,
      opacity: 0.9,
      colorMap: 'grey',
    });
    assert.deepEqual(withHostView(DEFAULT_VIEW, { opacity: Number.NaN, colorMap: '?' }), DEFAULT_VIEW);
  });
});

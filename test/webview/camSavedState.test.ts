import assert from 'node:assert/strict';
import { blendOf, DEFAULT_VIEW, parseState, type SavedState, withHostView } from '../../webview/cam/savedState';

const STATE: SavedState = {
  restore: '{"model":"a.onnx"}',
  view: {
    ...{ opacity: 0.3, colorMap: 'cividis', blend: 'additive', shown: 'map', signed: true, contour: 0.4 },
    ...{ tab: 'metrics', compared: [3, 7] },
  },
};

describe('cam saved state', () => {
  it('comes back as it was saved', () => {
    assert.deepEqual(parseState(JSON.parse(JSON.stringify(STATE))), STATE);
  });

  it('is dropped when it is not ours', () => {
    for (const state of [undefined, null, 3, 'x', {}, { ...STATE, restore: 7 }, { view: STATE.view }]) {
      assert.equal(parseState(state), undefined);
    }
  });

  it('falls back where a choice no longer exists', () => {
    const odd = {
      ...STATE,
      view: {
        opacity: 7,
        colorMap: 'magma',
        blend: 'x',
        shown: 'x',
        signed: 'yes',
        contour: -1,
        tab: 3,
        compared: 'x',
      },
    };
    assert.deepEqual(parseState(odd)?.view, DEFAULT_VIEW);
    assert.deepEqual(parseState({ ...STATE, view: undefined })?.view, DEFAULT_VIEW);
  });

  it('takes the host’s choices where they make sense', () => {
    assert.deepEqual(withHostView(DEFAULT_VIEW, { opacity: 0.9, colorMap: 'grey' }), {
      ...DEFAULT_VIEW,
      opacity: 0.9,
      colorMap: 'grey',
    });
    const added = withHostView(DEFAULT_VIEW, { opacity: 0.5, colorMap: 'turbo', blend: 'additive' });
    assert.equal(added.blend, 'additive');
    assert.equal(blendOf(added), 'additive');
    assert.equal(blendOf({ ...added, signed: true }), 'alpha', 'a diverging palette is white in the middle');
    assert.deepEqual(withHostView(DEFAULT_VIEW, { opacity: Number.NaN, colorMap: '?' }), DEFAULT_VIEW);
  });
});

import assert from 'node:assert/strict';
import { readState } from '../../webview/viewState';

describe('viewState', () => {
  const full = {
    tab: 'layers',
    metric: 'bound',
    selected: 'conv1',
    place: { name: 'conv1', dx: 1, dy: -2, scale: 0.5 },
    paneWidth: 300,
    dismissed: ['a warning'],
  };

  it('reads back what was written', () => {
    assert.deepEqual(readState(JSON.parse(JSON.stringify(full))), full);
  });

  it('takes the defaults for everything that is missing or of another kind', () => {
    const defaults = {
      tab: 'graph',
      metric: 'latency',
      selected: undefined,
      place: undefined,
      paneWidth: undefined,
      dismissed: [],
    };
    for (const stored of [undefined, null, 'text', 7, {}, { tab: 1, metric: 'gone', place: { name: 'x', dx: 0 } }]) {
      assert.deepEqual(readState(stored), defaults);
    }
    assert.equal(readState({ ...full, place: { ...full.place, scale: 0 } }).place, undefined);
  });
});

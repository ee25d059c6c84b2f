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
    whatIfOpen: true,
    trial: { hardwareId: 'v100', changes: { frequency: 2e9, dataflow: 'ws' } },
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
      whatIfOpen: false,
      trial: undefined,
    };
    for (const stored of [undefined, null, 'text', 7, {}, { tab: 1, metric: 'gone', place: { name: 'x', dx: 0 } }]) {
      assert.deepEqual(readState(stored), defaults);
    }
    for (const trial of [{}, 'v100', { hardwareId: 'v100' }, { hardwareId: 1, changes: {} }]) {
      assert.equal(readState({ ...full, trial }).trial, undefined);
    }
    assert.deepEqual(readState({ trial: { hardwareId: 'x', changes: { a: 1, b: null } } }).trial?.changes, { a: 1 });
    assert.equal(readState({ ...full, place: { ...full.place, scale: 0 } }).place, undefined);
  });
});

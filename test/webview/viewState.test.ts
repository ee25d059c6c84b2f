import assert from 'node:assert/strict';
import { readState } from '../../webview/viewState';

describe('viewState', () => {
  const full = {
    tab: 'layers',
    metric: 'bound',
    selected: 'conv1',
    place: { name: 'conv1', dx: 1, dy: -2, scale: 0.5 },
    expanded: { levels: 2, toggled: ['layer1/layer1.0'] },
    paneWidth: 300,
    dismissed: ['a warning'],
    pins: [{ name: 'conv1', place: 0 }],
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
      expanded: { levels: 'auto', toggled: [] },
      paneWidth: undefined,
      dismissed: [],
      pins: [],
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
    for (const expanded of [null, { levels: 'some', toggled: [] }, { levels: -1, toggled: [] }, { levels: 1 }]) {
      assert.deepEqual(readState({ ...full, expanded }).expanded, defaults.expanded);
    }
    assert.deepEqual(readState({ expanded: { levels: 'all', toggled: ['a', 1] } }).expanded.toggled, ['a']);
    assert.deepEqual(readState({ pins: [{ name: 'a', place: 1 }, { name: 'b' }, 'c', null] }).pins, [
      { name: 'a', place: 1 },
    ]);
    assert.equal(readState({ ...full, place: { ...full.place, scale: 0 } }).place, undefined);
  });
});

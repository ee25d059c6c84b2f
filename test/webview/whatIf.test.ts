import assert from 'node:assert/strict';
import type { Knob } from '../../src/protocol/graphPanel';
import { Newest } from '../../webview/model/newest';
import {
  changesOf,
  difference,
  labelOf,
  placeOf,
  rangeOf,
  STEPS,
  shownUnit,
  valueAt,
  withValue,
} from '../../webview/model/whatIf';

const knob = (change: Partial<Knob>): Knob => ({
  ...{ key: 'x', unit: '', value: 8, preset: 8, low: 1, high: 1e5, integer: false, minor: false },
  ...change,
});
const clock = knob({ key: 'frequency', unit: 'Hz', value: 1.3e9, preset: 1.3e9, low: 5e6, high: 2e10 });

describe('what-if sliders', () => {
  it('go around the preset in equal ratios: the middle of the way is the preset', () => {
    const range = rangeOf(clock);
    assert.deepEqual(range, { low: 1.3e9 / 4, high: 1.3e9 * 4, log: true });
    assert.equal(placeOf(range, 1.3e9), STEPS / 2);
    assert.equal(valueAt(range, STEPS / 2, clock), 1.3e9);
    // Three quarters of the way from 1/4 to 4 in equal ratios is 2.
    assert.equal(valueAt(range, (3 * STEPS) / 4, clock), 2.6e9);
    assert.deepEqual([valueAt(range, 0, clock), valueAt(range, STEPS, clock)], [1.3e9 / 4, 1.3e9 * 4]);
  });

  it('stay within what a file may have, and hold what was typed beyond their reach', () => {
    assert.equal(rangeOf({ ...clock, high: 2e9 }).high, 2e9);
    assert.equal(rangeOf({ ...clock, value: 1e10 }).high, 1e10);
    assert.equal(rangeOf({ ...clock, value: 1e8 }).low, 1e8);
  });

  it('give whole numbers where only those mean something, and let a size of 1 grow', () => {
    const pes = knob({ key: 'n_pes', value: 1, preset: 1, integer: true });
    const range = rangeOf(pes);
    assert.deepEqual(range, { low: 1, high: 256, log: true });
    const values = Array.from({ length: STEPS + 1 }, (_, place) => valueAt(range, place, pes));
    assert.ok(values.every(Number.isInteger));
    assert.ok(values.every((value, i) => i === 0 || value >= (values[i - 1] ?? 0)));
    assert.deepEqual([values[0], values[STEPS]], [1, 256]);
  });

  it('are even where a value may be 0', () => {
    const share = knob({ value: 0.5, preset: 0, low: 0, high: 1 });
    assert.deepEqual(rangeOf(share), { low: 0, high: 1, log: false });
    assert.equal(placeOf(rangeOf(share), 0.5), STEPS / 2);
    assert.equal(valueAt(rangeOf(share), STEPS / 4, share), 0.25);
  });

  it('show a number in the unit of its preset', () => {
    assert.deepEqual(shownUnit(clock), { name: 'GHz', size: 1e9 });
    assert.deepEqual(shownUnit({ ...clock, preset: 921e6 }), { name: 'MHz', size: 1e6 });
    assert.deepEqual(shownUnit(knob({ unit: 'B', preset: 65536 })), { name: 'KiB', size: 1024 });
    assert.deepEqual(shownUnit(knob({ unit: 's', preset: 8e-6 })), { name: 'µs', size: 1000 ** -2 });
    assert.deepEqual(shownUnit(knob({ unit: '', preset: 128 })), { name: '', size: 1 });
  });

  it('name fields and their parts', () => {
    assert.equal(labelOf('frequency'), 'Frequency');
    assert.equal(labelOf('global_buffer.input'), 'Global buffer, input');
    assert.equal(labelOf('some_new_key'), 'Some new key');
  });
});

describe('what-if changes', () => {
  const preset = { seconds: 1, energyJoules: 1, unknownNodes: 0, batch: 1 };

  it('are what differs from the preset; going back to it leaves none', () => {
    const choices = [{ key: 'dataflow', value: 'os', preset: 'ws', choices: ['ws', 'os'] }];
    const whatIf = { knobs: [clock, knob({ value: 4 })], choices, preset };
    assert.deepEqual(changesOf(whatIf), { x: 4, dataflow: 'os' });
    assert.deepEqual(withValue({ x: 4 }, 'frequency', 2e9, 1.3e9), { x: 4, frequency: 2e9 });
    assert.deepEqual(withValue({ x: 4 }, 'x', 8, 8), {});
  });

  it('are told as a difference', () => {
    // 14.2 / 18.1 = 0.7845
    assert.equal(difference(18.1, 14.2), '−22 %');
    assert.equal(difference(100, 103.2), '+3.2 %');
    assert.equal(difference(10, 41), '×4.1');
    assert.equal(difference(5, 5), '±0 %');
    assert.equal(difference(Number.NaN, 5), '');
  });
});

describe('newest', () => {
  it('asks one at a time and leaves out what was overtaken', async () => {
    const asked: number[] = [];
    let answer = (): void => {};
    const newest = new Newest<number>((question) => {
      asked.push(question);
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
    const all = [1, 2, 3, 4].map((question) => newest.put(question));
    assert.deepEqual(asked, [1]);
    answer();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(asked, [1, 4]);
    answer();
    await Promise.all(all);
    const again = newest.put(5);
    answer();
    await again;
    assert.deepEqual(asked, [1, 4, 5]);
  });
});

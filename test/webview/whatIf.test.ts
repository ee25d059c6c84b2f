import assert from 'node:assert/strict';
import type { Knob } from '../../src/protocol/graphPanel';
import { Newest } from '../../webview/model/newest';
import {
  changesOf,
  difference,
  labelOf,
  placeOf,
  rangeOf,
  readValue,
  STEPS,
  shownUnit,
  stepped,
  valueAt,
  withValue,
  writtenValue,
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

  it('show values with their units', () => {
    assert.equal(writtenValue(clock, 1.3e9), '1.3 GHz');
    assert.equal(writtenValue(clock, 650e6), '0.65 GHz');
    assert.equal(writtenValue(knob({ unit: 'B', preset: 524288 }), 524288), '512 KiB');
    assert.equal(writtenValue(knob({}), 8), '8');
  });

  it('read what is typed in any unit of the kind', () => {
    const memory = knob({ unit: 'B', preset: 524288 });
    const bandwidth = knob({ unit: 'B/s', preset: 59.7e9 });
    const launch = knob({ unit: 's', preset: 8e-6 });
    for (const [one, text, value] of [
      [clock, '1.5', 1.5e9],
      [clock, '1.5 GHz', 1.5e9],
      [clock, ' 1500mhz ', 1.5e9],
      [clock, '1.5g', 1.5e9],
      [clock, '2e9 Hz', 2e9],
      [bandwidth, '100 gb/s', 1e11],
      [bandwidth, '1 TB/s', 1e12],
      [memory, '1 MiB', 2 ** 20],
      [memory, '64', 65536],
      [memory, '65536 B', 65536],
      [memory, '64 kB', 64000],
      [launch, '10 us', 1e-5],
      [launch, '10 µs', 1e-5],
      [launch, '0.01 ms', 1e-5],
      [knob({}), '1,024', 1024],
    ] as const) {
      const read = readValue(text, one) ?? Number.NaN;
      assert.ok(Math.abs(read / value - 1) < 1e-12, `${text}: ${read}, not ${value}`);
    }
  });

  it('take no other unit and no other text', () => {
    for (const text of ['', 'fast', '1.3 GB/s', '1.3 kg', '1.2.3', '--1', 'NaN', 'Infinity'])
      assert.equal(readValue(text, clock), undefined, text);
    assert.equal(readValue('8 M', knob({})), undefined);
    assert.equal(readValue('8 MHz', knob({ unit: 's', preset: 8e-6 })), undefined);
  });

  it('come back to the preset exactly where its digits are typed', () => {
    const odd = knob({ unit: 'Hz', preset: 1.3000000001e9, value: 2e9 });
    assert.equal(readValue(writtenValue(odd, odd.preset), odd), odd.preset);
  });

  it('go on with the arrow keys until the value is another one', () => {
    const pes = knob({ key: 'n_pes', value: 2, preset: 2, integer: true });
    const range = rangeOf(pes);
    let place = placeOf(range, 2);
    const values = [1, 2, 3].map(() => {
      place = stepped(range, pes, place, 1);
      return valueAt(range, place, pes);
    });
    assert.deepEqual(values, [3, 4, 5]);
    assert.equal(valueAt(range, stepped(range, pes, place, -1), pes), 4);
    assert.equal(stepped(range, pes, STEPS, 1), STEPS);
    assert.equal(stepped(range, pes, 10, -40), 0);
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
    const choices = [{ key: 'dataflow', value: 'os', preset: 'ws', choices: ['ws', 'os'], minor: false }];
    const whatIf = { knobs: [clock, knob({ value: 4 })], choices, note: '', preset };
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

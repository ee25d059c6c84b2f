import assert from 'node:assert/strict';
import {
  atLeast,
  bytes,
  count,
  counted,
  joules,
  percent,
  printable,
  seconds,
  shape,
  significant,
  whole,
} from '../../src/display/format';

describe('format', () => {
  const table = (write: (value: number) => string, rows: readonly (readonly [number, string])[]): void => {
    for (const [value, text] of rows) assert.equal(write(value), text, String(value));
  };

  it('significant keeps three digits, no exponent below 10²¹, and groups thousands', () => {
    table(significant, [
      [0, '0'],
      [1.234, '1.23'],
      [12.34, '12.3'],
      [123.4, '123'],
      [1234, '1,234'],
      [-0.012345, '-0.0123'],
      [1e-7, '0.0000001'],
      [123_456_789_012, '123,456,789,012'],
      [-1.2345e36, '-1.23e+36'],
      [Number.NaN, '?'],
      [Number.POSITIVE_INFINITY, '?'],
    ]);
  });

  it('count, seconds, bytes and joules choose the unit', () => {
    table(
      (value) => count(value, 'MAC'),
      [
        [4.089e9, '4.09 GMAC'],
        [999, '999 MAC'],
        [0, '0 MAC'],
        [Number.NaN, '?'],
      ],
    );
    assert.equal(count(25_600_000), '25.6 M');
    table(seconds, [
      [0.0141, '14.1 ms'],
      [2, '2 s'],
      [3.2e-7, '320 ns'],
      [4.5e-6, '4.5 µs'],
      [0, '0 s'],
      [Number.NaN, '?'],
    ]);
    table(bytes, [
      [512, '512 B'],
      [1536, '1.5 KiB'],
      [97.8 * 2 ** 20, '97.8 MiB'],
      [Number.NaN, '?'],
    ]);
    table(joules, [
      [0.0123, '12.3 mJ'],
      [7e-12, '7 pJ'],
    ]);
  });

  it('percent takes fractions and never rounds something to nothing', () => {
    table(percent, [
      [0.089, '8.9 %'],
      [1, '100 %'],
      [0, '0 %'],
      [0.0004, '<0.1 %'],
      [Number.NaN, '?'],
    ]);
  });

  it('shape writes free and unknown sizes', () => {
    assert.equal(shape([1, 64, 112, 112]), '1×64×112×112');
    assert.equal(shape(['N', 3, null]), 'N×3×?');
    assert.equal(shape([]), 'scalar');
    assert.equal(shape(undefined), '?');
  });

  it('whole keeps every digit', () => {
    table(whole, [
      [25_557_032, '25,557,032'],
      [2 ** 70, '1.18e+21'],
      [Number.NaN, '?'],
    ]);
  });

  it('a sum that leaves something out is a lower bound, an unknown one stays unknown', () => {
    const texts = [2, 0, Number.NaN].flatMap((value) => [
      atLeast(value, seconds, true),
      atLeast(value, seconds, false),
    ]);
    assert.deepEqual(texts, ['≥ 2 s', '2 s', '?', '0 s', '?', '?']);
  });

  it('what a terminal would obey is not printed', () => {
    assert.equal(printable('a\u001b[2Jb\u009bc\u202ed\u2066e\nf'), 'a [2Jb c d e f');
    assert.equal(printable('Größe ×2 层'), 'Größe ×2 层');
  });

  it('counts in the singular and the plural', () => {
    assert.equal(counted(1, 'tile'), '1 tile');
    assert.equal(counted(0, 'tile'), '0 tiles');
    assert.equal(counted(2048, 'tile'), '2,048 tiles');
    assert.equal(counted(2, 'axis', 'axes'), '2 axes');
  });
});

import assert from 'node:assert/strict';
import { readNpy, writeNpy } from '../../src/display/npy';

/** A file as numpy.lib.format 1.0 describes it, written out by hand. */
function file(header: string, data: readonly number[]): Uint8Array {
  const bytes = [...`\x93NUMPY\x01\x00${String.fromCharCode(header.length & 0xff, header.length >> 8)}${header}`];
  return Uint8Array.from([...bytes.map((character) => character.charCodeAt(0)), ...data]);
}

describe('npy', () => {
  it('reads little-endian numbers', () => {
    const int64 = readNpy(
      file("{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }\n", [
        1,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        ...new Array(8).fill(255),
      ]),
    );
    assert.deepEqual(int64, { shape: [2], values: BigInt64Array.of(1n, -1n) });
    const float32 = readNpy(file("{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n", [0, 0, 0x80, 0x3f]));
    assert.deepEqual(float32, { shape: [], values: Float32Array.of(1) });
  });

  it('puts column-major arrays in row-major order', () => {
    // [[0, 1, 2], [3, 4, 5]] by columns.
    const { shape, values } = readNpy(
      file("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n", [0, 3, 1, 4, 2, 5]),
    );
    assert.deepEqual(
      [shape, [...values]],
      [
        [2, 3],
        [0, 1, 2, 3, 4, 5],
      ],
    );
  });

  it('writes what NumPy writes', () => {
    // numpy.save of numpy.arange(6, dtype='f4').reshape(2, 3): header padded with blanks to a multiple of 64, then the data.
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".padEnd(0x75);
    const values = Float32Array.of(0, 1, 2, 3, 4, 5);
    const expected = file(`${header}\n`, [...new Uint8Array(values.buffer)]);
    assert.deepEqual(writeNpy(values, [2, 3]), expected);
    assert.equal(expected.length, 128 + 24);
    assert.deepEqual(readNpy(writeNpy(values.subarray(1, 3), [2])), { shape: [2], values: Float32Array.of(1, 2) });
  });

  it('says what it cannot read', () => {
    assert.throws(() => readNpy(Uint8Array.of(1, 2, 3)), /not a \.npy file/);
    assert.throws(() => readNpy(file("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }\n", [])), /type '<c8'/);
    assert.throws(
      () => readNpy(file("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", [0, 0, 0, 0])),
      /cut off/,
    );
  });
});

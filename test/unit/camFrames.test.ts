import assert from 'node:assert/strict';
import { CamFrames } from '../../src/host/camFrames';
import type { CamOpening, CamResult } from '../../src/protocol/camPanel';

/** Only what counts for the bound. */
function opening(bytes: number): CamOpening {
  const map = { width: 1, height: 1, values: new Float32Array(1) };
  const picture = { width: 1, height: 1, rgba: new Uint8Array(bytes - 8), seen: { x: 0, y: 0, width: 1, height: 1 } };
  const result: Partial<CamResult> = { map, raw: map };
  return { restore: '', picture, view: { opacity: 1, colorMap: 'grey' }, result: result as CamResult };
}

describe('cam frames', () => {
  it('are kept until they are too many bytes, the latest longest', () => {
    const frames = new CamFrames();
    const half = opening(2 ** 27);
    frames.put('a', half);
    frames.put('b', opening(2 ** 27 - 1));
    assert.equal(frames.get('a'), half);
    frames.put('a', half);
    frames.put('c', opening(16));
    assert.deepEqual(
      ['a', 'b', 'c'].map((name) => frames.get(name) !== undefined),
      [true, false, true],
      'a was put again after b',
    );
    frames.clear();
    assert.equal(frames.get('a'), undefined);
  });
});

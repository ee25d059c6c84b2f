import assert from 'node:assert/strict';
import { segmentsIn } from '../../src/cam/detection/segments';
import type { CamLogits } from '../../src/cam/layers/target';

const base = { tensor: 'y', head: 'none' } as const;

describe('segments', () => {
  it('gives every pixel its best class, for channels first and last', () => {
    // Three classes on 1×2 pixels: class 2 wins the first, class 0 the second.
    const first: CamLogits = { ...base, shape: [1, 3, 1, 2], classAxis: 1, classes: 3 };
    const last: CamLogits = { ...base, shape: [1, 2, 2, 3], classAxis: 3, classes: 3 };
    assert.equal(segmentsIn(Float32Array.of(1, 9, 2, 8, 3, 7), first), undefined, 'a row is no picture');
    const pixels = [
      [1, 2, 3],
      [9, 8, 7],
      [0, 5, 5],
      [0, 0, 0],
    ];
    const best = Uint16Array.of(2, 0, 1, 0);
    assert.deepEqual(segmentsIn(Float32Array.from(pixels.flat()), last), { width: 2, height: 2, classes: best });
    const planes = [0, 1, 2].flatMap((c) => pixels.map((scores) => scores[c] ?? Number.NaN));
    const nchw: CamLogits = { ...first, shape: [1, 3, 2, 2] };
    assert.deepEqual(segmentsIn(Float32Array.from(planes), nchw), { width: 2, height: 2, classes: best });
  });

  it('has none for a classifier', () => {
    const logits: CamLogits = { ...base, shape: [1, 10], classAxis: 1, classes: 10 };
    assert.equal(segmentsIn(new Float32Array(10), logits), undefined);
  });
});

import assert from 'node:assert/strict';
import { coarserAfter, drawnShare } from '../../webview/cam/resolution';

describe('cam resolution', () => {
  it('is no finer than what is shown, and never finer than the picture', () => {
    assert.equal(drawnShare(1000, 500), 0.5);
    assert.equal(drawnShare(1000, 4000), 1);
  });

  it('is coarser in motion, down to an eighth', () => {
    assert.equal(drawnShare(1000, 1000, 2), 0.5);
    assert.equal(drawnShare(1000, 500, 8), 1 / 8);
  });

  it('leaves small pictures, and what is not laid out yet, whole', () => {
    assert.equal(drawnShare(64, 32, 8), 1);
    assert.equal(drawnShare(1000, 0), 1);
  });

  it('follows how long the last picture took', () => {
    const next = (milliseconds: readonly number[]) => milliseconds.reduce(coarserAfter, 1);
    assert.equal(next([3]), 1);
    assert.equal(next([20]), 2);
    assert.equal(next([20, 20, 20, 20, 20]), 8);
    assert.equal(next([20, 20, 0.5]), 2);
    assert.equal(next([0.5]), 1);
  });
});

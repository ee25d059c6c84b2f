import assert from 'node:assert/strict';
import { segmentAt } from '../../webview/cam/segments';

const SEGMENTS = { width: 2, height: 2, classes: Uint16Array.of(0, 7, 8, 9) };
/** The network saw the middle of a picture of 40×20. */
const PICTURE = { seen: { x: 10, y: 0, width: 20, height: 20 } };

describe('cam segments', () => {
  it('finds the class of a place through the crop', () => {
    const at = (x: number, y: number) => segmentAt({ x, y }, PICTURE, SEGMENTS);
    assert.deepEqual([at(10, 0), at(29.9, 0), at(10, 19.9), at(25, 15)], [0, 7, 8, 9]);
  });

  it('says nothing of what the network did not see, and of models that segment nothing', () => {
    for (const x of [9.9, 30]) assert.equal(segmentAt({ x, y: 5 }, PICTURE, SEGMENTS), undefined);
    assert.equal(segmentAt({ x: 15, y: 5 }, PICTURE, undefined), undefined);
  });
});

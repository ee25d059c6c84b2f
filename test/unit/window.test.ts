import assert from 'node:assert/strict';
import type { Attribute, Shape } from '../../src/graph/graph';
import { windowAttributes, windowAxes, windowOutput } from '../../src/operators/window';
import { int, ints, string } from '../operatorCase';

type Attributes = Readonly<Record<string, Attribute>>;

function nodeOf(operator: string, attributes: Attributes, inputs: number) {
  const names = Array.from({ length: inputs }, (_, index) => `x${index}`);
  const map = new Map(Object.entries(attributes));
  return { id: 0, name: '', operator, domain: '', inputs: names, outputs: ['y'], attributes: map };
}

describe('sliding windows', () => {
  const output = (attributes: Attributes, sizes: Shape): Shape =>
    windowOutput(windowAttributes(nodeOf('Conv', attributes, 2)), sizes);
  const pads = (attributes: Attributes, ...sizes: number[]) =>
    windowAxes(windowAttributes(nodeOf('Conv', attributes, 2)), sizes).map(({ begin, end }) => [begin, end]);

  it('count outputs as published networks do', () => {
    // AlexNet: 227, 11×11, stride 4 → 55. ResNet: 224, 7×7, stride 2, pads 3 → 112, then 3×3, stride 2, pads 1 → 56.
    assert.deepEqual(output({ kernel_shape: ints(11, 11), strides: ints(4, 4) }, [227, 227]), [55, 55]);
    const stem = { kernel_shape: ints(7, 7), strides: ints(2, 2), pads: ints(3, 3, 3, 3) };
    assert.deepEqual(output(stem, [224, 224]), [112, 112]);
    const pool = { kernel_shape: ints(3, 3), strides: ints(2, 2), pads: ints(1, 1, 1, 1) };
    assert.deepEqual(output(pool, [112, 112]), [56, 56]);
    // A window of 3 dilated by 2 spans 5.
    assert.deepEqual(output({ kernel_shape: ints(3), dilations: ints(2) }, [9]), [5]);
  });

  it('round up in ceil mode, unless the last window starts beyond the input', () => {
    const ceil = { ceil_mode: int(1) };
    assert.deepEqual(output({ kernel_shape: ints(3), strides: ints(2), ...ceil }, [6]), [3]);
    assert.deepEqual(output({ kernel_shape: ints(3), strides: ints(2) }, [6]), [2]);
    assert.deepEqual(output({ kernel_shape: ints(1), strides: ints(3), ...ceil }, [3]), [1]);
    assert.deepEqual(output({ kernel_shape: ints(2), strides: ints(3), pads: ints(0, 1), ...ceil }, [3]), [1]);
  });

  it('pad to the same size, the odd one at the end for SAME_UPPER', () => {
    const same = (auto_pad: string) => ({ kernel_shape: ints(2, 3), strides: ints(1, 2), auto_pad: string(auto_pad) });
    assert.deepEqual(output(same('SAME_UPPER'), [5, 6]), [5, 3]);
    assert.deepEqual(pads(same('SAME_UPPER'), 5, 6), [
      [0, 1],
      [0, 1],
    ]);
    assert.deepEqual(pads(same('SAME_LOWER'), 5, 6), [
      [1, 0],
      [1, 0],
    ]);
  });

  it('keep a symbol where they keep the size', () => {
    assert.deepEqual(output({ kernel_shape: ints(3, 3), pads: ints(1, 0, 1, 0) }, ['h', 'w']), ['h', null]);
    const same = { kernel_shape: ints(3, 3), strides: ints(1, 2), auto_pad: string('SAME_UPPER') };
    assert.deepEqual(output(same, ['h', 8]), ['h', 4]);
  });

  it('say what is wrong', () => {
    assert.throws(() => output({ kernel_shape: ints(5) }, [3]), /window of 5 does not fit an input of 3/);
    assert.throws(() => output({ kernel_shape: ints(3, 3), strides: ints(1) }, [9, 9]), /strides has 1 entries; 2/);
    assert.throws(() => output({ kernel_shape: ints(3) }, [9, 9]), /kernel of 1 axes .* 2 spatial axes/);
    assert.throws(() => output({ kernel_shape: ints(3), auto_pad: string('MAYBE') }, [9]), /auto_pad 'MAYBE'/);
    assert.throws(() => output({ kernel_shape: ints(3), strides: ints(0) }, [9]), /strides \[0\] must be at least 1/);
    assert.throws(() => output({}, [9]), /kernel_shape is missing/);
  });
});

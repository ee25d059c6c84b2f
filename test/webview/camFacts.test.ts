import assert from 'node:assert/strict';
import type { CamResult } from '../../src/protocol/camPanel';
import { className, facts, fileName, matchingClasses, targetName, times } from '../../webview/cam/facts';

const RESULT: CamResult = {
  modelName: 'net.onnx',
  imageName: 'two dogs.jpg',
  classes: [
    { index: 254, name: 'pug, pug-dog', probability: 0.7, logit: 9 },
    { index: 281, name: '', probability: 0.2, logit: 7 },
  ],
  targetClass: 254,
  about: [254],
  layer: 'relu5',
  layers: [
    { tensor: 'relu1', label: 'first', shape: '64×56×56' },
    { tensor: 'relu5', label: 'last', shape: '512×7×7' },
  ],
  method: 'gradcam',
  methodTitle: 'Grad-CAM',
  eigen: false,
  methods: [{ id: 'gradcam', title: 'Grad-CAM', needs: 'gradients', smooth: true }],
  mode: 'reverse',
  raw: { width: 2, height: 1, values: Float32Array.of(-4, 2) },
  map: { width: 2, height: 2, values: Float32Array.of(0, 1, 0, 1) },
  allZero: false,
  selfCheck: 1.84e-6,
  milliseconds: { load: 320, plainForward: 12.3, run: 12.9 },
  note: '',
  preprocessing: '224×224 RGB',
};

function fact(result: CamResult, label: string): string | undefined {
  return facts(result).find((one) => one.label === label)?.value;
}

describe('cam facts', () => {
  it('says layer, shape, mode, check and times', () => {
    assert.equal(fact(RESULT, 'Target layer'), 'last · 512×7×7');
    assert.equal(fact(RESULT, 'Map'), '1×2, Grad-CAM, reverse mode');
    assert.equal(fact(RESULT, 'Self-check'), 'gradient within 1.8e-6 of a finite difference');
    assert.equal(fact(RESULT, 'Time'), 'plain 12.3 ms · with Grad-CAM 12.9 ms · ×1.05 · model loaded in 320 ms');
  });

  it('says which layers were fused, and how good an approximation is', () => {
    const fused = { ...RESULT, fused: { layers: ['relu1', 'relu5'], fuse: 'mean' } } as const;
    assert.equal(fact(fused, 'Target layer'), 'mean of 2 layers: first, last');
    assert.equal(fact(RESULT, 'Approximate'), undefined);
    assert.equal(fact({ ...RESULT, relativeError: 0.02 }, 'Approximate'), 'relative error 2.0e-2 against reverse mode');
    assert.equal(fact({ ...RESULT, errorBound: 0.02 }, 'Approximate'), 'at most 2.0e-2 off, by its own estimate');
  });

  it('does not invent what it was not told', () => {
    assert.equal(fact({ ...RESULT, selfCheck: Number.NaN }, 'Self-check'), 'not made');
    assert.equal(fact({ ...RESULT, unchecked: 'made for classes only' }, 'Self-check'), 'made for classes only');
    // NaN crosses to a webview as null.
    assert.equal(fact({ ...RESULT, selfCheck: JSON.parse('null') }, 'Self-check'), 'not made');
    assert.equal(fact({ ...RESULT, layer: 'other' }, 'Target layer'), 'other · ?');
    assert.match(times({ load: Number.NaN, plainForward: Number.NaN, run: 3 }), /^plain \? · with Grad-CAM 3 ms · ×\?/);
  });

  it('names classes without labels by their number', () => {
    assert.deepEqual(RESULT.classes.map(className), ['pug, pug-dog', 'class 281']);
  });

  it('suggests a file name that every file system takes', () => {
    assert.equal(fileName(RESULT), 'two-dogs-pug-gradcam');
    assert.equal(fileName({ ...RESULT, method: 'gradcam++', eigen: true }), 'two-dogs-pug-gradcam-plus-plus-eigen');
    assert.equal(fileName({ ...RESULT, imageName: 'Ünï/1.PNG', targetClass: 281 }), 'Ünï-1-class-281-gradcam');
  });

  it('says what was explained where it is no class', () => {
    assert.equal(targetName(RESULT), 'pug, pug-dog');
    const box = {
      ...RESULT,
      target: { kind: 'box', anchor: 17, part: 'class' },
      targetTitle: 'box 17, person',
    } as const;
    assert.equal(targetName(box), 'box 17, person');
    assert.equal(fileName(box), 'two-dogs-box-17-gradcam');
  });

  it('filters by name and number, and offers a number that is not listed', () => {
    const indices = (filter: string): readonly number[] =>
      matchingClasses(RESULT.classes, filter).map(({ index }) => index);
    assert.deepEqual(indices('  '), [254, 281]);
    assert.deepEqual(indices('PUG'), [254]);
    assert.deepEqual(indices('281'), [281]);
    assert.deepEqual(indices('7'), [7]);
    assert.deepEqual(indices('zebra'), []);
  });
});

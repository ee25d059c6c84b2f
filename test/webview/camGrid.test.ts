import assert from 'node:assert/strict';
import type { FeaturePage, KernelPage } from '../../src/protocol/mapPage';
import { mapFacts, pageFacts, pagePlace } from '../../webview/cam/gridFacts';

const features: FeaturePage = {
  ...{ width: 2, height: 2, planes: 1, values: new Float32Array(8), labels: ['7', '2'], strengths: [1.5, 0] },
  ...{ strengthName: 'mean |A|', first: 0, total: 512, range: [-2, 3], signed: false },
  ranges: [
    [-2, 3],
    [0, 0],
  ],
  ...{ tensor: 't', label: 'conv', shape: [1, 512, 2, 2], dead: 1, kind: 'maps' },
  statistics: [
    { min: -2, max: 3, mean: 0.5, meanMagnitude: 1.5, zeros: 0.25 },
    { min: 0, max: 0, mean: 0, meanMagnitude: 0, zeros: 1 },
  ],
};

const kernels: KernelPage = {
  ...{ width: 3, height: 3, planes: 1, values: new Float32Array(18), labels: ['5←2', '0←1'], strengths: [2, 1] },
  ...{ strengthName: 'L2 norm', first: 2, total: 2048, range: [-1, 1], signed: true },
  ranges: [
    [-0.25, 1],
    [0, 1],
  ],
  ...{ node: 'conv', operator: 'Conv', tensor: 'w', shape: [64, 32, 3, 3], groups: 1, kind: 'pairs', outputs: 64 },
  output: undefined,
};

describe('cam grid', () => {
  it('says which maps a page shows', () => {
    assert.equal(pageFacts(features), 'channels 1–2 of 512, strongest first; 1 channel of 512 zero everywhere');
    assert.equal(pageFacts({ ...features, kind: 'vector', total: 2 }), 'elements all 2, strongest first');
    assert.equal(pageFacts(kernels), 'Conv, kernels output←input: 3–4 of 2,048, strongest first');
    assert.equal(pagePlace({ first: 0, labels: [], total: 0 }), 'none of 0');
    assert.equal(pagePlace({ first: 0, labels: ['0'], total: 1 }), '1');
  });

  it('says what is known of a map', () => {
    assert.equal(mapFacts(features, 0), 'channel 7 · mean |A| 1.5 · -2 to 3 · 25 % zeros');
    assert.equal(mapFacts(features, 1), 'channel 2 · mean |A| 0 · value 0 · zero everywhere');
    assert.equal(mapFacts({ ...features, kind: 'vector' }, 0), 'element 7 · mean |A| 1.5 · -2 to 3');
    assert.equal(mapFacts(kernels, 0), 'kernel 5←2 · L2 norm 2 · -0.25 to 1');
    assert.equal(mapFacts({ ...kernels, kind: 'rgb', labels: ['5'] }, 0), 'output 5 · L2 norm 2 · -0.25 to 1');
    assert.equal(mapFacts(kernels, 2), '');
  });
});

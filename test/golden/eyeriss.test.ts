import assert from 'node:assert/strict';
import { needsShared } from '../shared';
import { eyerissCases } from '../truth/eyeriss';

describe('row-stationary closed form against the Eyeriss chip', () => {
  before(function () {
    needsShared(this);
  });

  for (const [network, layers] of [
    ['alexnet', 5],
    ['vgg16', 13],
  ] as const) {
    it(`${network}: every layer's latency within 6 %`, () => {
      const cases = eyerissCases(network);
      assert.equal(cases.length, layers);
      for (const { layer, milliseconds, silicon } of cases) {
        const error = milliseconds / silicon.processing_latency_ms - 1;
        assert.ok(Math.abs(error) < 0.06, `${layer}: ${milliseconds} ms, chip ${silicon.processing_latency_ms} ms`);
      }
    });

    it(`${network}: global-buffer traffic within 4 %, but for AlexNet's CONV3 as printed`, () => {
      for (const { layer, bufferMB, silicon } of eyerissCases(network)) {
        if (layer === 'CONV3') {
          assert.ok(Math.abs(bufferMB - 69.2) < 0.05, `${bufferMB} MB`);
          continue;
        }
        assert.ok(
          Math.abs(bufferMB / silicon.glb_MB - 1) < 0.04,
          `${layer}: ${bufferMB} MB, chip ${silicon.glb_MB} MB`,
        );
      }
    });
  }

  it('active PEs of AlexNet', () => {
    for (const { layer, cost, silicon } of eyerissCases('alexnet')) {
      assert.equal(cost.activePes, silicon.active_PEs, layer);
    }
  });

  it('VGG-16’s first blocks are bound by partial sums', () => {
    for (const { layer, cost } of eyerissCases('vgg16').slice(0, 4)) {
      assert.ok(cost.sums > cost.compute && cost.sums > cost.inputs, layer);
    }
  });
});

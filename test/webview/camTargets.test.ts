import assert from 'node:assert/strict';
import type { CamModeOption } from '../../src/protocol/camPanel';
import { costText, methodLabel, modeLabel } from '../../webview/cam/choices';
import { valueText } from '../../webview/cam/metricText';
import { boxChoice, elementAt, forClass } from '../../webview/cam/targetChoice';

describe('cam choices', () => {
  it('say what they cost', () => {
    assert.equal(costText({ whole: 0, tail: 0 }), '');
    assert.equal(costText({ whole: 1, tail: 64 }), '1 run and 64 runs behind the layer');
    const score = { id: 'scorecam', title: 'Score-CAM', needs: 'runs', smooth: false } as const;
    assert.equal(methodLabel({ ...score, cost: { whole: 64, tail: 0 } }), 'Score-CAM · 64 runs');
    assert.equal(methodLabel({ ...score, needs: 'gradients' }), 'Score-CAM');
  });

  it('say what a mode can do, or why it cannot', () => {
    const mode: CamModeOption = { id: 'forward', title: 'Forward mode', runs: 49, allClasses: true };
    assert.equal(modeLabel(mode), 'Forward mode · 49 runs, every class at once');
    assert.equal(modeLabel({ ...mode, refuses: 'no rule for Foo' }), 'Forward mode · no rule for Foo');
  });
});

describe('cam targets', () => {
  it('keep their kind for another class where they are of a class', () => {
    assert.deepEqual(forClass(undefined, 4), { classIndex: 4 });
    const probability = { kind: 'probability', index: 4 } as const;
    assert.deepEqual(forClass({ kind: 'probability', index: 1 }, 4), { classIndex: 4, target: probability });
    assert.deepEqual(forClass({ kind: 'box', anchor: 3, part: 'class' }, 4), { classIndex: 4 });
  });

  it('of a box: the class that its label says, or where it lies', () => {
    const box = { x: 0, y: 0, width: 1, height: 1, class: 4, score: 0.4, name: 'dog', anchor: 7, output: 'scores' };
    const of = { kind: 'box', anchor: 7, output: 'scores' };
    assert.deepEqual(boxChoice(box, 'class'), { ...of, part: 'class', index: 4 });
    assert.deepEqual(boxChoice(box, 'coordinates'), { ...of, part: 'coordinates' });
  });

  it('read the place of an element', () => {
    const output = { name: 'y', shape: [1, 10] };
    assert.deepEqual(elementAt('0, 3', output), { kind: 'element', output: 'y', index: [0, 3] });
    for (const text of ['3', '0, 10', '0, x', '0, -1', '0, 1.5', '']) {
      assert.throws(() => elementAt(text, output), /'y' is 1×10: give 2 numbers from 0/);
    }
  });
});

describe('cam metrics', () => {
  it('are written in their unit, and unknown is not 0', () => {
    assert.equal(valueText({ value: 0.5, unit: 'fraction' }), '50 %');
    assert.equal(valueText({ value: -0.25, unit: 'fraction' }), '−25 %');
    assert.equal(valueText({ value: 1, unit: 'yes/no' }), 'yes');
    assert.equal(valueText({ value: 0.1234, unit: 'score' }), '0.123');
    // NaN crosses to a webview as null.
    for (const value of [Number.NaN, null]) assert.equal(valueText({ value, unit: 'score' }), '?');
  });
});

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { CamTarget, TargetPlan } from '../../src/cam/camTarget';
import { aboutClasses, camTarget, parseTarget, TARGETS } from '../../src/cam/targets';
import type { TargetChoice } from '../../src/protocol/camPanel';
import { root } from '../shared';
import { planFor } from '../targets';

const values = (...numbers: number[]): Float32Array => Float32Array.from(numbers);

/** The derivative by every element as central differences; their error is of the order of the step's square. */
function differences(target: CamTarget, at: Float32Array, shape: readonly number[]): Float32Array {
  const step = 2 ** -10;
  return at.map((_, i) => {
    const score = (sign: number): number =>
      target.at(
        at.map((value, j) => (i === j ? value + sign * step : value)),
        shape,
      ).score;
    return (score(1) - score(-1)) / (2 * step);
  });
}

function assertNear(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, title: string): void {
  assert.equal(actual.length, expected.length, title);
  for (const [i, one] of Array.from(expected).entries()) {
    const difference = Math.abs((actual[i] ?? Number.NaN) - one);
    assert.ok(difference <= tolerance, `${title}[${i}]: ${actual[i]}, expected ${one}`);
  }
}

const pixels = planFor({ outputs: { y: { shape: [1, 3, 2, 2] } } }, { head: 'none' });
const scores = planFor({ outputs: { y: { shape: [1, 4] }, z: { shape: [1, 2, 3] } } });
const independent = planFor({ outputs: { y: { shape: [1, 4] } } }, { head: 'sigmoid' });
const boxes = planFor({ outputs: { y: { shape: [1, 83, 7] } } });

describe('targets: what is differentiated', () => {
  it('every file of src/cam/targets is registered under its name, and says its kind', () => {
    const files = fs.readdirSync(path.join(root, 'src/cam/targets')).map((file) => path.basename(file, '.ts'));
    assert.deepEqual(Object.keys(TARGETS).sort(), files.sort());
    for (const [name, { kind }] of Object.entries(TARGETS)) assert.equal(name, `${kind}Target`);
  });

  describe('the derivative agrees with differences of the score', () => {
    const logits = values(0.5, -1.25, 2, 0.75);
    // Class 0 is best at two pixels, class 1 and 2 at one each.
    const map = values(2, 1.5, -1, 0.25, 1, 0.5, 3, 0.125, 0, 0.75, -2, 1.75);
    const reference = [0.5, 1, -2, 0.25];
    const CASES: readonly (readonly [TargetChoice, TargetPlan, Float32Array])[] = [
      [{ kind: 'class' }, scores, logits],
      [{ kind: 'class', index: 1 }, scores, logits],
      [{ kind: 'class', index: 0 }, pixels, map],
      [{ kind: 'classes', indices: [1, 3], weights: [1, -0.5] }, scores, logits],
      [{ kind: 'classes', indices: [0, 2] }, pixels, map],
      [{ kind: 'probability' }, scores, logits],
      [{ kind: 'probability', index: 1 }, scores, logits],
      [{ kind: 'probability', index: 1 }, independent, logits],
      [{ kind: 'probability', index: 0 }, pixels, map],
      [{ kind: 'residual', index: 3 }, scores, logits],
      [{ kind: 'residual', index: 3 }, independent, logits],
      [{ kind: 'mask', index: 2 }, pixels, map],
      [{ kind: 'mask', index: 2, pixels: [1, 0, 0.5, 0] }, pixels, map],
      [{ kind: 'embedding', reference }, scores, logits],
      [{ kind: 'element', output: 'y', index: [0, 2] }, scores, logits],
    ];
    for (const [choice, plan, at] of CASES) {
      it(`${JSON.stringify(choice)}, ${plan.logits.head}, ${plan.logits.shape.join('×')}`, () => {
        const target = camTarget(choice, plan);
        const { shape } = plan.logits;
        assertNear(target.at(at, shape).cotangent, differences(target, at, shape), 1e-6, target.title);
      });
    }

    it('a box of YOLOv5: objectness times class, and coordinates', () => {
      const plan = planFor({ outputs: { y: { shape: [1, 1344 * 3, 8] } }, size: [256, 256] });
      const at = new Float32Array(1344 * 3 * 8);
      at.set([100, 90, 30, 20, 0.5, 0.25, 0.75, 0.125], 17 * 8);
      const score = camTarget({ kind: 'box', anchor: 17, part: 'class' }, plan).at(at, []);
      assert.equal(score.score, 0.375);
      assert.deepEqual([...score.cotangent.subarray(17 * 8, 18 * 8)], [0, 0, 0, 0, 0.75, 0, 0.5, 0]);
      const named = camTarget({ kind: 'box', anchor: 17, part: 'class', index: 2 }, plan).at(at, []);
      assert.deepEqual([...named.cotangent.subarray(17 * 8, 18 * 8)], [0, 0, 0, 0, 0.125, 0, 0, 0.5]);
      const place = camTarget({ kind: 'box', anchor: 17, part: 'coordinates' }, plan).at(at, []);
      assert.equal(place.score, 240);
      assert.deepEqual([...place.cotangent.subarray(17 * 8, 18 * 8)], [1, 1, 1, 1, 0, 0, 0, 0]);
      assert.equal(place.cotangent.filter((one) => one !== 0).length, 4);
      const width = camTarget({ kind: 'box', anchor: 17, part: 'coordinates', index: 2 }, plan).at(at, []);
      assert.deepEqual([...width.cotangent.subarray(17 * 8, 18 * 8)], [0, 0, 1, 0, 0, 0, 0, 0]);
    });
  });

  describe('worked by hand', () => {
    it('probability: softmax of (0, ln 3) is (1/4, 3/4)', () => {
      const plan = planFor({ outputs: { y: { shape: [1, 2] } } });
      const { score, cotangent } = camTarget({ kind: 'probability', index: 1 }, plan).at(
        values(0, Math.log(3)),
        [1, 2],
      );
      assertNear([score, ...cotangent], [0.75, -3 / 16, 3 / 16], 1e-7, 'probability');
      const residual = camTarget({ kind: 'residual', index: 1 }, plan).at(values(0, Math.log(3)), [1, 2]);
      assertNear(
        [residual.score, ...residual.cotangent],
        [Math.log(3) + Math.log(0.75), -0.25, 1.25],
        1e-6,
        'residual',
      );
    });

    it('score and log probability stay numbers where the probability is none', () => {
      const plan = planFor({ outputs: { y: { shape: [1, 2] } } });
      const at = values(0, 800);
      const { score, cotangent } = camTarget({ kind: 'residual', index: 0 }, plan).at(at, [1, 2]);
      assertNear([score, ...cotangent], [-800, 2, -1], 1e-6, 'softmax');
      const alone = camTarget({ kind: 'residual', index: 0 }, independent).at(values(-800, 0, 0, 0), [1, 4]);
      assertNear([alone.score, ...alone.cotangent], [-1600, 2, 0, 0, 0], 1e-6, 'sigmoid');
    });

    it('a sigmoid head: the other classes do not matter', () => {
      const { score, cotangent } = camTarget({ kind: 'probability', index: 0 }, independent).at(
        values(Math.log(3), 5, 6, 7),
        [1, 4],
      );
      assertNear([score, ...cotangent], [0.75, 3 / 16, 0, 0, 0], 1e-7, 'probability');
    });

    it('embedding: the cosine of (3, 4) and (4, 3) is 24/25', () => {
      const plan = planFor({ outputs: { y: { shape: [1, 2] } } });
      const target = camTarget({ kind: 'embedding', reference: [4, 3] }, plan);
      const { score, cotangent } = target.at(values(3, 4), [1, 2]);
      assertNear([score, ...cotangent], [0.96, (4 - 2.88) / 25, (3 - 3.84) / 25], 1e-7, 'cosine');
    });

    it('several classes: what tells two apart, and more weight for one', () => {
      const { score, cotangent } = camTarget({ kind: 'classes', indices: [0, 2], weights: [2, -1] }, scores).at(
        values(5, 7, 11, 13),
        [1, 4],
      );
      assert.deepEqual([score, ...cotangent], [-1, 2, 0, -1, 0]);
    });

    it('pixels: a class has those where it is best, the first of equals; all where it is best at none', () => {
      const map = values(1, 1, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0);
      const seed = (choice: TargetChoice) => [...camTarget(choice, pixels).at(map, [1, 3, 2, 2]).cotangent];
      assert.deepEqual(seed({ kind: 'mask', index: 0 }), [1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
      assert.deepEqual(seed({ kind: 'class', index: 1 }), [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
      assert.deepEqual(seed({ kind: 'mask', index: 2 }), [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
      assert.deepEqual(
        seed({ kind: 'mask', index: 1, pixels: [1, 0, 0, 0.5] }),
        [0, 0, 0, 0, 1, 0, 0, 0.5, 0, 0, 0, 0],
      );
    });

    it('classes on the last axis: the most probable has the greatest mean over positions', () => {
      const plan = planFor({ outputs: { y: { shape: [1, 2, 3] } } }, { classAxis: 2 });
      const { cotangent } = camTarget({ kind: 'class' }, plan).at(values(5, 4, 0, 0, 4, 0), [1, 2, 3]);
      // Means 2.5, 4 and 0: class 1, which is best at the second position only.
      assert.deepEqual([...cotangent], [0, 0, 0, 0, 1, 0]);
    });

    it('an element of another output', () => {
      const target = camTarget({ kind: 'element', output: 'z', index: [0, 1, 2] }, scores);
      const { score, cotangent } = target.at(values(1, 2, 3, 4, 5, 6), [1, 2, 3]);
      assert.deepEqual([target.of, target.title, score, ...cotangent], ['z', 'z[0, 1, 2]', 6, 0, 0, 0, 0, 0, 1]);
    });
  });

  it('speaks for the classes that count for it, for none where it is no class', () => {
    const about: readonly (readonly [TargetChoice, readonly number[]])[] = [
      [{ kind: 'class', index: 3 }, [3]],
      [{ kind: 'mask', index: 2 }, [2]],
      [{ kind: 'classes', indices: [1, 7, 1], weights: [1, -1, 2] }, [1]],
      [{ kind: 'classes', indices: [4, 2] }, [4, 2]],
      [{ kind: 'box', anchor: 5, part: 'class', index: 9 }, []],
      [{ kind: 'element', output: 'y', index: [0, 1] }, []],
      [{ kind: 'embedding', reference: [1] }, []],
    ];
    for (const [choice, classes] of about) assert.deepEqual(aboutClasses(choice), classes);
  });

  it('says what it misses', () => {
    const REFUSED: readonly (readonly [TargetChoice, TargetPlan, RegExp])[] = [
      [{ kind: 'class', index: 4 }, scores, /^Error: there is no class 4; this model has 4, numbered from 0$/],
      [{ kind: 'probability', index: -1 }, scores, /there is no class -1/],
      [{ kind: 'classes', indices: [] }, scores, /there are 0 classes and 0 weights/],
      [{ kind: 'classes', indices: [1, 2], weights: [1] }, scores, /2 classes and 1 weights/],
      [
        { kind: 'mask', index: 0 },
        scores,
        /gives one score per class for the whole picture, no pixels; choose the class/,
      ],
      [{ kind: 'mask', index: 0, pixels: [1] }, pixels, /the mask has 1 pixels, the model's output 4 \(1×3×2×2\)/],
      [{ kind: 'mask', index: 0, pixels: [0, 0, 0, 0] }, pixels, /the mask has no pixels/],
      [{ kind: 'mask', index: 0, pixels: [1, Number.NaN, 0, 0] }, pixels, /holds what is no number/],
      [{ kind: 'embedding', reference: [1, Number.POSITIVE_INFINITY] }, scores, /no finite number/],
      [{ kind: 'embedding', reference: [0, 0] }, scores, /is zero/],
      [{ kind: 'element', output: 'q', index: [0] }, scores, /no tensor 'q'; its outputs are 'y', 'z'$/],
      [{ kind: 'element', output: 'y', index: [0, 4] }, scores, /'y' is 1×4; it has no element \[0, 4\]/],
      [{ kind: 'element', output: 'y', index: [0] }, scores, /has no element \[0\]/],
      [{ kind: 'box', anchor: 0, part: 'class' }, scores, /\('y' 1×4, 'z' 1×2×3\) are no known detector's/],
    ];
    for (const [choice, plan, message] of REFUSED) {
      assert.throws(() => camTarget(choice, plan), message, JSON.stringify(choice));
    }
    const integers = planFor({ outputs: { y: { shape: [1, 4] }, n: { shape: [1], type: 'int64' } } });
    assert.throws(
      () => camTarget({ kind: 'element', output: 'n', index: [0] }, integers),
      /'n' holds int64 numbers, which have no gradient; choose an output of real numbers$/,
    );
    const embedding = camTarget({ kind: 'embedding', reference: [1, 2] }, scores);
    assert.throws(() => embedding.at(values(1, 2, 3), [1, 3]), /has 2 numbers, the output 3 \(1×3\)/);
    assert.throws(() => camTarget({ kind: 'box', anchor: 7, part: 'class' }, boxes), /no known detector's/);
  });

  describe('read from text', () => {
    const read = (text: string): Promise<TargetChoice> => parseTarget(text, async (file) => [file.length, 2]);

    it('every kind', async () => {
      const CASES: Readonly<Record<string, TargetChoice>> = {
        'class:5': { kind: 'class', index: 5 },
        'classes:1,2': { kind: 'classes', indices: [1, 2], weights: [1, 1] },
        'classes:1*0.5,2*-1': { kind: 'classes', indices: [1, 2], weights: [0.5, -1] },
        'probability:3': { kind: 'probability', index: 3 },
        'residual:3': { kind: 'residual', index: 3 },
        'box:17': { kind: 'box', anchor: 17, part: 'class' },
        'box:17:class:4': { kind: 'box', anchor: 17, part: 'class', index: 4 },
        'box:17:coordinates': { kind: 'box', anchor: 17, part: 'coordinates' },
        'box:17:coordinates:2': { kind: 'box', anchor: 17, part: 'coordinates', index: 2 },
        'mask:3': { kind: 'mask', index: 3 },
        'mask:3:a:b.npy': { kind: 'mask', index: 3, pixels: [7, 2] },
        'embedding:cat.npy': { kind: 'embedding', reference: [7, 2] },
        'element:OUT[0,3]': { kind: 'element', output: 'OUT', index: [0, 3] },
        'element:age[]': { kind: 'element', output: 'age', index: [] },
        'element:a:b[1][2]': { kind: 'element', output: 'a:b[1]', index: [2] },
      };
      for (const [text, choice] of Object.entries(CASES)) assert.deepEqual(await read(text), choice, text);
    });

    it('and wrong ones are refused with how to write them', async () => {
      const CASES: Readonly<Record<string, RegExp>> = {
        'klass:5': /^Error: there is no target 'klass'; choose one of class, classes, /,
        'class:x': /^Error: 'x' is no whole number from 0; write class:N$/,
        class: /'' is no whole number from 0/,
        'class:-1': /'-1' is no whole number/,
        'classes:1,,2': /'' is no whole number/,
        'classes:1*': /'1\*' is no list of classes; write classes:N,M/,
        'box:1:size': /'1:size' names no box; write box:N/,
        'mask:1.5': /'1.5' is no whole number/,
        'embedding:': /name the file of the reference; write embedding:FILE.npy/,
        'element:OUT': /'OUT' names no element; write element:OUTPUT\[0,3\]/,
        'element:OUT[0,]': /'' is no whole number/,
      };
      for (const [text, message] of Object.entries(CASES)) await assert.rejects(read(text), message, text);
    });
  });
});

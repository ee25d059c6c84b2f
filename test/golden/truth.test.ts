import assert from 'node:assert/strict';
import fs from 'node:fs';
import { needsShared } from '../shared';
import { computeFigures, PAGE_FILE, pageOf, storedFigures } from '../truth/accuracy';
import { figuresOf } from '../truth/comparison';

const RECORD = 'npm run truth records it';

describe('accuracy', () => {
  it('figures of a comparison by hand', () => {
    const rows = [
      { name: 'a', predicted: 9, truth: 10 },
      { name: 'b', predicted: 5, truth: 5 },
      { name: 'c', predicted: 3, truth: 2 },
    ];
    const words = { id: 'x', title: '', source: '', target: '', why: '' };
    const figures = figuresOf({ ...words, rows, tolerance: 0.25 });
    const expected = { rows: 3, equal: 1, meanError: 0.2, maxError: 0.5, worst: 'c', outside: 'c +50 %' };
    assert.deepEqual(figures, { ...words, ...expected });
  });

  it('the page is made of the stored figures', () => {
    assert.equal(fs.readFileSync(PAGE_FILE, 'utf8'), pageOf(storedFigures()), `docs/accuracy.md is stale: ${RECORD}`);
  });

  describe('held against the shared truths', () => {
    before(function () {
      needsShared(this);
    });

    it('no figure is worse than the stored one', function () {
      this.timeout(60_000);
      const computed = new Map(computeFigures().map((figures) => [figures.id, figures]));
      const stored = storedFigures();
      assert.deepEqual(
        [...computed.keys()],
        stored.map(({ id }) => id),
        `other comparisons than stored: ${RECORD}`,
      );
      for (const before of stored) {
        const now = computed.get(before.id) ?? assert.fail(before.id);
        const what = `${before.id}: ${JSON.stringify(now)}`;
        assert.ok(now.rows >= before.rows && now.equal >= before.equal, what);
        assert.ok(now.meanError <= before.meanError && now.maxError <= before.maxError, what);
        if (now.meanError < before.meanError) console.log(`      ${before.id} is better than stored: ${RECORD}`);
      }
    });
  });
});

import assert from 'node:assert/strict';
import { needsShared } from '../shared';
import { timeloopCases } from '../truth/timeloop';

describe('given mappings against timeloop-model', () => {
  before(function () {
    needsShared(this);
  });

  it('weights, outputs and compute of all 30 rows, with either halo', () => {
    for (const halo of ['refetch', 'sliding'] as const) {
      const cases = timeloopCases(halo);
      assert.equal(cases.length, 30);
      for (const { name, counts, truth } of cases) {
        const { computeCycles, dramReads, dramWrites, bufferReads, bufferWrites } = counts;
        const ours = [
          dramReads.weight,
          bufferReads.weight,
          dramReads.output,
          dramWrites,
          bufferReads.output,
          bufferWrites,
        ];
        assert.equal(computeCycles, truth.comp, `${name}: compute cycles`);
        assert.deepEqual(ours, [truth.dW, truth.gW, truth.dOr, truth.dOu, truth.gOr, truth.gOu], name);
        // What comes in from off chip is what fills the buffer.
        assert.deepEqual([dramReads.weight, dramReads.output], [truth.gWf, truth.gOf], name);
        assert.equal(truth.dI, truth.gIf);
      }
    }
  });

  it('inputs fetched whole: 22 of 30 rows equal; in the others neighbours overlap and Timeloop fetches less', () => {
    const different = timeloopCases('refetch').flatMap(({ counts, truth }, row) => {
      if (counts.dramReads.input === truth.dI) return [];
      assert.ok(counts.dramReads.input > truth.dI);
      return [row];
    });
    assert.deepEqual(different, [3, 7, 10, 12, 16, 20, 23, 25]);
  });

  it('inputs whose overlap is kept: 29 of 30 rows equal', () => {
    const different = timeloopCases('sliding').flatMap(({ counts, truth }, row) =>
      counts.dramReads.input === truth.dI ? [] : [row],
    );
    assert.deepEqual(different, [3]);
  });

  it('row 3: Timeloop counts one input row less at each step to the next filter row', () => {
    // 256 channels of 15 columns; 13 tiles of one output row for each of 3 filter rows, which lie outside them. Consecutive tiles
    // never share a row (rows 12 + r and r + 1), yet Timeloop counts 37 rows, as if tile 1, row r + 1, were the last.
    const { counts, truth } = timeloopCases('sliding')[3] ?? assert.fail('no row 3');
    assert.equal(counts.dramReads.input, 256 * 15 * 3 * 13);
    assert.equal(truth.dI, 256 * 15 * (3 * 13 - 2));
  });

  it('inputs from the buffer to the array: all 30 rows, the overlap kept in the registers', () => {
    for (const { name, counts, truth } of timeloopCases('sliding')) {
      assert.equal(counts.bufferReads.input, truth.gI, name);
    }
  });
});

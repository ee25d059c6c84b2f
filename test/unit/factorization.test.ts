import assert from 'node:assert/strict';
import { factorize } from '../../src/cam/maths/factorization';
import { greatestDifference } from '../npy';

/** Numbers in [0, 1): a linear congruential generator with the constants of Numerical Recipes. */
function generator(): () => number {
  let state = 7;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const LAYER = { channels: 24, height: 6, width: 7 };
const PIXELS = LAYER.height * LAYER.width;

/** The maps of planted parts: places [k][pixels] times embeddings [k][channels]. */
function planted(places: readonly Float64Array[], embeddings: readonly Float64Array[], offset = 0): Float32Array {
  return Float32Array.from({ length: LAYER.channels * PIXELS }, (_, i) => {
    const parts = places.map((place, k) => (place[i % PIXELS] ?? 0) * (embeddings[k]?.[Math.floor(i / PIXELS)] ?? 0));
    return parts.reduce((a, b) => a + b, offset);
  });
}

const sparse = (length: number, random: () => number): Float64Array =>
  Float64Array.from({ length }, () => (random() < 0.4 ? random() : 0));

describe('Non-negative factorisation', () => {
  it('by hand: two objects that do not overlap are two concepts', () => {
    // Channel 0 sees the left pixel with strength 2, channels 1 and 2 the right one with 3 and 1; the middle holds half of the right.
    const activations = Float32Array.of(2, 0, 0, 0, 1.5, 3, 0, 0.5, 1);
    const { concepts, residual } = factorize({ layer: { channels: 3, height: 1, width: 3 }, activations }, 5);
    assert.equal(concepts.length, 2);
    assert.ok(residual < 1e-7);
    const [right, left] = concepts;
    assert.ok(right && left);
    assert.ok(greatestDifference(right.map, [0, 0.5, 1]) < 1e-6, `${right.map}`);
    assert.ok(greatestDifference(right.embedding, [0, 3, 1]) < 1e-6, `${right.embedding}`);
    assert.ok(greatestDifference(left.map, [1, 0, 0]) < 1e-6, `${left.map}`);
    assert.ok(greatestDifference(left.embedding, [2, 0, 0]) < 1e-6, `${left.embedding}`);
  });

  it('finds what was planted, also above a floor', () => {
    const random = generator();
    const embeddings = [0, 1, 2].map(() => sparse(LAYER.channels, random));
    // Each is somewhere alone, and somewhere not: then the parts are unique (Donoho and Stodden, NIPS 2003).
    const places = [0, 1, 2].map((k) =>
      sparse(PIXELS, random).map((value, i) => (i < 3 ? Number(i === k) : i === 3 ? 0 : value)),
    );
    for (const offset of [0, -5]) {
      const { concepts, residual } = factorize({ layer: LAYER, activations: planted(places, embeddings, offset) }, 3);
      assert.ok(residual < 1e-3, `${residual}`);
      for (const [k, place] of places.entries()) {
        const greatest = Math.max(...place);
        const wanted = place.map((value) => value / greatest);
        const errors = concepts.map(({ map }) => greatestDifference(map, wanted));
        assert.ok(Math.min(...errors) < 0.01, `place ${k}: ${errors}`);
        const embedding = embeddings[k]?.map((value) => value * greatest + offset) ?? [];
        const distances = concepts.map((concept) => greatestDifference(concept.embedding, embedding));
        assert.ok(Math.min(...distances) < 0.02, `embedding ${k}: ${distances}`);
      }
    }
  });

  it('more concepts leave less; never negative, at most 1, and the same every time', () => {
    const random = generator();
    const activations = Float32Array.from({ length: LAYER.channels * PIXELS }, () => Math.max(0, random() - 0.5));
    let before = 1;
    for (const count of [1, 2, 4, 8]) {
      const { concepts, residual } = factorize({ layer: LAYER, activations }, count);
      assert.ok(residual < before, `${count}: ${residual} of ${before}`);
      before = residual;
      for (const { map, embedding } of concepts) {
        assert.ok(map.every((value) => value >= 0 && value <= 1));
        assert.ok(embedding.every((value) => value >= 0));
      }
      assert.deepEqual(factorize({ layer: LAYER, activations }, count).concepts, concepts);
    }
  });

  it('constant maps have no concepts', () => {
    const activations = new Float32Array(LAYER.channels * PIXELS).fill(3);
    assert.deepEqual(factorize({ layer: LAYER, activations }, 5), { concepts: [], residual: 0 });
  });
});

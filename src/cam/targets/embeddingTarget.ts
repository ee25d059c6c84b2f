import { dot, type TargetKind } from '../camTarget';

const USAGE = 'embedding:FILE.npy or, of another picture, embedding:FILE.png';

/** The cosine similarity of an output to a reference vector v: v·r / (|v| |r|), with ∂/∂v = r / (|v| |r|) − cos · v / |v|². */
export const embeddingTarget: TargetKind<'embedding'> = {
  kind: 'embedding',
  usage: USAGE,
  async parse(text, readNumbers) {
    if (text === '') throw new Error(`name the file of the reference; write ${USAGE}`);
    return { kind: 'embedding', reference: await readNumbers(text) };
  },
  fits: () => true,
  target({ reference, name, output }) {
    const length = Math.sqrt(dot(reference, reference));
    if (!(length > 0 && length < Number.POSITIVE_INFINITY)) {
      throw new Error('the reference embedding is zero, or holds what is no finite number; no direction is like it');
    }
    return {
      title: `similarity to ${name ?? 'an embedding'}`,
      ...(output !== undefined && { of: output }),
      at(values, shape) {
        if (values.length !== reference.length) {
          throw new Error(
            `the reference embedding has ${reference.length} numbers, the output ${values.length} (${shape.join('×')})`,
          );
        }
        const own = Math.sqrt(dot(values, values));
        if (own === 0) throw new Error('the embedding of this picture is zero, so nothing is like it');
        const score = dot(values, reference) / (own * length);
        const cotangent = values.map((v, i) => (reference[i] ?? Number.NaN) / (own * length) - (score * v) / own ** 2);
        return { score, cotangent };
      },
    };
  },
};

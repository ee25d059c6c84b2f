import assert from 'node:assert/strict';
import fs from 'node:fs';
import type { Model, Tensor } from '../../src/graph/graph';
import { ProtoWriter } from '../../src/onnx/protoWriter';
import { inferShapes } from '../../src/operators/inferShapes';
import { warningsOf } from '../../src/scene/warnings';
import { modelOfTensors, TemporaryFolder } from '../fixtures/onnxFiles';
import { float32, type Sketch, model as sketched, weights } from '../sketch';

const warningsFor = (model: Model): readonly string[] => warningsOf(model, inferShapes(model));
const relu: Sketch = { inputs: [float32('x', 1, 3)], nodes: [['y', 'Relu', 'x']], outputs: [{ name: 'y' }] };
const withWeights = (...constants: readonly Tensor[]): Model => sketched({ ...relu, constants });

describe('warnings', () => {
  const files = new TemporaryFolder();

  it('are none where the numbers cover everything', () => {
    const bytes = new Uint8Array(12);
    assert.deepEqual(warningsFor(withWeights({ ...weights('w', 3), location: { kind: 'bytes', bytes } })), []);
  });

  it('name the first weight that is not to be had, and count the others', () => {
    const missing = { kind: 'missing', reason: "the file 'w.bin' is missing" } as const;
    const gone = withWeights({ ...weights('w', 3), location: missing }, { ...weights('v', 2), location: missing });
    assert.deepEqual(warningsFor(gone), ["w: the file 'w.bin' is missing (and one more weight)"]);
  });

  it('say of a file that its external data is too short', async () => {
    const entry = (key: string, value: string): ProtoWriter => new ProtoWriter().text(1, key).text(2, value);
    const tensor = new ProtoWriter().packedInt64s(1, [4]).int64(2, 1).text(8, 'w');
    tensor.message(13, entry('location', 'w.bin')).message(13, entry('length', '8')).int64(14, 1);
    const file = files.write('external.onnx', modelOfTensors(tensor));
    fs.writeFileSync(file.replace('external.onnx', 'w.bin'), new Uint8Array(8));
    const [warning = '', ...more] = warningsFor(await files.read(fs.readFileSync(file), 'external.onnx'));
    assert.match(warning, /^w: .*8 bytes/);
    assert.deepEqual(more, []);
  });

  it('tell of an operator set newer than the last one known', () => {
    const at = (opset: number): Model => ({ ...sketched(relu), opsets: new Map([['', opset]]) });
    assert.deepEqual(warningsFor(at(24)), []);
    assert.match(warningsFor(at(25)).join(), /^opset 25 is newer than 24/);
  });

  it('say what is made of a size of 0', () => {
    const zero = sketched({ ...relu, inputs: [float32('x', 0, 0)] });
    const sentence = (size: string, as: string): string =>
      `the file gives ${size} the size 0, and nothing can be said of an empty tensor: it is taken as ${as}`;
    assert.deepEqual(warningsFor(zero), [sentence('x[0]', '1'), sentence('x[1]', 'open')]);
    const shapes = inferShapes(zero, { batch: 2, bindings: new Map([['x[1]', 5]]) });
    assert.deepEqual(warningsOf(zero, shapes), [sentence('x[0]', '2'), sentence('x[1]', '5')]);
    assert.deepEqual(warningsFor(sketched({ ...relu, inputs: [float32('x', -1, null)] })), []);
  });

  it('list four problems and count the rest', () => {
    const nodes = Array.from({ length: 6 }, (_, index) => [`y${index}`, `Mystery${index}`, 'x'] as const);
    const warnings = warningsFor(sketched({ inputs: [float32('x', 1)], nodes }));
    assert.equal(warnings.length, 5);
    assert.equal(warnings[4], '… and 2 more of the kind');
  });
});

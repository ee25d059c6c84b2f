import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { readers, readModel } from '../../src/formats/modelReader';
import { ModelFormatError } from '../../src/graph/modelFormatError';
import { encodeModel } from '../fixtures/encodeModel';
import { ABS_MODEL, TemporaryFolder } from '../fixtures/onnxFiles';
import { root } from '../shared';

const files = new TemporaryFolder();

describe('formats/modelReader', () => {
  it('has every format of the folder in its registry', () => {
    const folder = fs.readdirSync(path.join(root, 'src/formats')).map((file) => path.basename(file, '.ts'));
    const names = readers.map(({ name }) => name.toLowerCase());
    assert.deepEqual(names.toSorted(), folder.filter((name) => name !== 'modelReader').toSorted());
  });

  it('says what a file is that it cannot read', async () => {
    const cases: [content: Uint8Array | string, expected: RegExp][] = [
      ['', /empty/],
      ['<!DOCTYPE html><html><body>Not found</body></html>', /web page/],
      ['version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n', /Git LFS pointer.*git lfs pull/],
      ['PK\x03\x04archive/data.pkl', /zip archive.*PyTorch/],
      [Buffer.from('80027d7100', 'hex'), /pickle.*PyTorch/],
      [Buffer.from('1c0000004f52544d00000000', 'hex'), /onnxruntime \.ort file/],
      [Buffer.from('1c00000054464c3300000000', 'hex'), /TensorFlow Lite/],
      [Buffer.from('\x40\0\0\0\0\0\0\0{"__metadata__":{}}', 'latin1'), /safetensors/],
      ['<ir_version: 8, opset_import: ["" : 17]>\nagraph (float[N] x) => (float[N] y) { y = Abs(x) }', /text form/],
      ['ir_version: 8\nproducer_name: "x"\n', /text form/],
      ['{"nodes": []}', /JSON/],
      ['just some text', /text file/],
      [new Uint8Array(100), /zeros/],
    ];
    for (const [content, expected] of cases) {
      await assert.rejects(files.read(content), (error) => {
        assert(error instanceof ModelFormatError);
        assert.match(error.message, expected);
        assert.match(error.message, /^model\.onnx is .*at byte 0/);
        return true;
      });
    }
  });

  it('refuses files of other formats, folders and missing files', async () => {
    await assert.rejects(
      files.read('PK\x03\x04', 'weights.pt'),
      /weights\.pt is a zip archive.*must be ONNX \(\.onnx\)/,
    );
    await assert.rejects(readModel(files.path), /is a folder; choose a model file/);
    await assert.rejects(readModel(path.join(files.path, 'none.onnx')), /none\.onnx does not exist/);
  });

  it('names the file where its parts contradict', async () => {
    const nodes = [
      { operator: 'Relu', inputs: ['a'], outputs: ['b'] },
      { operator: 'Relu', inputs: ['b'], outputs: ['a'] },
    ];
    const cyclic = files.read(encodeModel({ nodes, outputs: [{ name: 'b', type: 'float32' }] }), 'cyclic.onnx');
    await assert.rejects(cyclic, (error) => {
      return error instanceof ModelFormatError && /^cyclic\.onnx: Node .* lies on a cycle/.test(error.message);
    });
  });

  it('recognises ONNX without its extension', async () => {
    assert.equal((await files.read(ABS_MODEL, 'model.bin')).format, 'ONNX');
  });

  it('stops when aborted', async () => {
    const file = files.write('abort.onnx', ABS_MODEL);
    await assert.rejects(readModel(file, AbortSignal.abort(new Error('enough'))), /enough/);
  });
});

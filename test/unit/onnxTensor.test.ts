import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { readModel } from '../../src/formats/modelReader';
import { nodeLabel, type Tensor } from '../../src/graph/graph';
import type { ProtoWriter } from '../../src/onnx/protoWriter';
import { readTensor } from '../../src/onnx/tensor';
import {
  constant,
  countReads,
  delimitedHeader,
  float32,
  modelOf,
  modelOfTensors,
  proto,
  TemporaryFolder,
} from '../fixtures/onnxFiles';

const files = new TemporaryFolder();

describe('onnx/tensorProto, tensors', () => {
  /** Fields: dims, data_type, name. */
  const tensor = (name: string, type: number, ...dims: number[]): ProtoWriter => {
    const fields = proto().int64(2, type).text(8, name);
    for (const dim of dims) fields.int64(1, dim);
    return fields;
  };

  it('reads data from raw_data and from every typed field, packed, in pieces or single', async () => {
    const model = await files.read(
      modelOfTensors(
        tensor('raw', 1, 2).bytes(9, float32(1, -2)),
        tensor('float_data', 1, 2).packedFloats(4, [1, -2]),
        tensor('float single', 1, 2).float(4, 1).float(4, -2),
        tensor('float pieces', 1, 3).packedFloats(4, [1]).packedFloats(4, [-2]).float(4, 3),
        tensor('double_data', 11, 1).bytes(10, new Uint8Array(Float64Array.of(0.1).buffer)),
        tensor('int64_data', 7, 3).packedInt64s(7, [-1, 300, 2 ** 53]),
        tensor('int64 single', 7, 2).int64(7, -1).int64(7, 300),
        tensor('int64 pieces', 7, 2).packedInt64s(7, [-1]).packedInt64s(7, [300]),
        tensor('uint64_data', 13, 1).packedInt64s(11, [2 ** 53]),
        tensor('uint32_data', 12, 2).packedInt64s(11, [4_000_000_000, 5]),
        tensor('int32_data', 6, 2).packedInt64s(5, [-7, 1 << 30]),
        tensor('int8 in int32_data', 3, 3).packedInt64s(5, [-128, 127, -1]),
        tensor('uint8 in int32_data', 2, 2).packedInt64s(5, [200, 255]),
        tensor('int16 in int32_data', 5, 2).packedInt64s(5, [-30_000, 3]),
        tensor('bool in int32_data', 9, 2).packedInt64s(5, [1, 0]),
        tensor('float16 in int32_data', 10, 2).packedInt64s(5, [0x3c00, 0xc000]),
        tensor('bfloat16 in int32_data', 16, 1).packedInt64s(5, [0x3fc0]),
        tensor('int4 in int32_data', 22, 3).packedInt64s(5, [0xf1, 0x07]),
        tensor('scalar', 7).packedInt64s(7, [42]),
        tensor('none', 7, 0),
        tensor('empty raw_data', 7, 1).bytes(9, new Uint8Array(0)).packedInt64s(7, [9]),
      ),
    );
    const expected: Record<string, number[]> = {
      raw: [1, -2],
      float_data: [1, -2],
      'float single': [1, -2],
      'float pieces': [1, -2, 3],
      double_data: [0.1],
      int64_data: [-1, 300, 2 ** 53],
      'int64 single': [-1, 300],
      'int64 pieces': [-1, 300],
      uint64_data: [2 ** 53],
      uint32_data: [4_000_000_000, 5],
      int32_data: [-7, 1 << 30],
      'int8 in int32_data': [-128, 127, -1],
      'uint8 in int32_data': [200, 255],
      'int16 in int32_data': [-30_000, 3],
      'bool in int32_data': [1, 0],
      'float16 in int32_data': [1, -2],
      'bfloat16 in int32_data': [1.5],
      'int4 in int32_data': [1, -1, 7],
      scalar: [42],
      none: [],
      'empty raw_data': [9],
    };
    for (const [name, values] of Object.entries(expected)) {
      const read = constant(model, name);
      assert.deepEqual(read.values, values, name);
      assert.deepEqual([...(await readTensor(read))], values, name);
      assert.deepEqual([...(await readTensor(read, 1))], values.slice(0, 1), name);
    }
    assert.equal(constant(model, 'float_data').location.kind, 'file');
    assert.equal(constant(model, 'int64_data').location.kind, 'varints');
  });

  it('reads strings, complex and sparse tensors', async () => {
    const values = tensor('s', 1, 2).packedFloats(4, [5, 6]);
    const indices = tensor('', 7, 2).packedInt64s(7, [1, 7]);
    const sparse = proto().message(1, values).message(2, indices).packedInt64s(3, [3, 3]);
    const graph = proto()
      .message(5, tensor('words', 8, 2).text(6, 'cat').text(6, 'dog'))
      .message(5, tensor('z', 14, 1).packedFloats(4, [1, -1]))
      .message(15, sparse);
    const model = await files.read(modelOf(graph));
    assert.deepEqual(constant(model, 'words').location, { kind: 'strings', values: ['cat', 'dog'] });
    await assert.rejects(readTensor(constant(model, 'words')), /holds strings/);
    assert.equal(constant(model, 'z').values, undefined);
    assert.deepEqual([...(await readTensor(constant(model, 'z')))], [1, -1]);
    const read0 = constant(model, 's');
    assert.deepEqual([read0.shape, read0.sparse, read0.values], [[3, 3], true, undefined]);
    assert.deepEqual([...(await readTensor(read0))], [5, 6]);
    assert.equal(model.weightBytes, 8 + 8 + 16);
  });

  it('decodes up to 1,024 elements at once and leaves larger constants on disk', async () => {
    const zeros = (count: number): Uint8Array => new Uint8Array(4 * count);
    const model = await files.read(
      modelOfTensors(tensor('small', 1, 1024).bytes(9, zeros(1024)), tensor('large', 1, 1025).bytes(9, zeros(1025))),
    );
    assert.equal(constant(model, 'small').values?.length, 1024);
    assert.equal(constant(model, 'large').values, undefined);
    assert.equal(model.weightBytes, 4 * 2049);
  });

  it('says why data is not to be had', async () => {
    const model = await files.read(
      modelOfTensors(
        tensor('none', 1, 2),
        tensor('short', 1, 4).bytes(9, float32(1)),
        tensor('varints', 7, 5000).packedInt64s(7, [1]),
      ),
    );
    assert.deepEqual(constant(model, 'none').location, { kind: 'missing', reason: 'the file holds no data for it' });
    await assert.rejects(readTensor(constant(model, 'short')), /'short'.*4 bytes where its shape needs 16/);
    await assert.rejects(readTensor(constant(model, 'varints')), /'varints' holds 8 bytes where 5000 elements/);
  });

  it('opens a sparse file of 1.5 GB with a few small reads', async () => {
    const length = 1_500_000_000;
    const shape = [length / 4];
    const head = tensor('w', 1, ...shape).finish();
    const raw = delimitedHeader(9, length);
    const tail = proto()
      .message(1, proto().text(4, 'Relu').text(1, 'w').text(2, 'y').text(3, 'last'))
      .message(12, proto().text(1, 'y'))
      .finish();
    const initializer = delimitedHeader(5, head.length + raw.length + length);
    const graphHeader = delimitedHeader(7, initializer.length + head.length + raw.length + length + tail.length);
    const start = Buffer.concat([proto().int64(1, 8).finish(), graphHeader, initializer, head, raw]);
    const file = files.write('large.onnx', start);
    const handle = fs.openSync(file, 'r+');
    fs.writeSync(handle, tail, 0, tail.length, start.length + length);
    fs.writeSync(handle, float32(7), 0, 4, start.length);
    fs.closeSync(handle);

    const { result, reads, bytes } = await countReads(() => readModel(file));
    assert.equal(result.weightBytes, length);
    assert.deepEqual(result.graph.nodes.map(nodeLabel), ['last']);
    assert.deepEqual(constant(result, 'w').location, { kind: 'file', path: file, offset: start.length, length });
    assert(reads <= 4, `${reads} reads`);
    assert(bytes <= 2 * 65_536, `${bytes} bytes`);
    assert.deepEqual([...(await readTensor(constant(result, 'w'), 3))], [7, 0, 0]);
    fs.rmSync(file);
  });
});

describe('onnx/tensorProto, external data', () => {
  const model = (entries: Readonly<Record<string, string>>, elements = 2): Uint8Array => {
    const tensor = proto().int64(2, 1).int64(1, elements).text(8, 'w').int64(14, 1);
    for (const [key, value] of Object.entries(entries)) tensor.message(13, proto().text(1, key).text(2, value));
    return modelOfTensors(tensor);
  };
  const weight = async (entries: Readonly<Record<string, string>>, elements?: number): Promise<Tensor> =>
    constant(await files.read(model(entries, elements), 'ext/model.onnx'), 'w');
  const reason = async (entries: Readonly<Record<string, string>>, elements?: number): Promise<string> => {
    const { location } = await weight(entries, elements);
    assert.equal(location.kind, 'missing');
    return location.kind === 'missing' ? location.reason : '';
  };

  before(() => {
    files.write('ext/w.bin', float32(1, 2, 3, 4));
    files.write('ext/deep/w.bin', float32(5, 6));
    files.write('outside.bin', float32(1, 2));
    fs.symlinkSync(path.join(files.path, 'outside.bin'), path.join(files.path, 'ext/link.bin'));
    fs.symlinkSync(path.join(files.path, 'ext/w.bin'), path.join(files.path, 'ext/inner.bin'));
    fs.symlinkSync(files.path, path.join(files.path, 'ext/folder'));
  });

  it('resolves location, offset and length against the folder of the model', async () => {
    assert.deepEqual((await weight({ location: 'w.bin', offset: '4', length: '8' })).values, [2, 3]);
    assert.deepEqual((await weight({ location: 'w.bin', offset: '8' })).values, [3, 4]);
    assert.deepEqual((await weight({ location: './deep/w.bin' })).values, [5, 6]);
    assert.deepEqual((await weight({ location: 'deep/../inner.bin' })).values, [1, 2]);
  });

  it('refuses what lies outside the folder', async () => {
    const refused = [
      '../outside.bin',
      path.join(files.path, 'ext/w.bin'),
      'C:\\w.bin',
      'link.bin',
      'folder/outside.bin',
    ];
    for (const location of refused) assert.match(await reason({ location }), /lies outside the model's folder/);
  });

  it('says what is wrong with files and ranges', async () => {
    assert.equal(await reason({ location: 'no.bin' }), "the file 'no.bin' is missing");
    assert.equal(await reason({ location: 'deep' }), "'deep' is not a file");
    assert.equal(await reason({}), 'its external data names no file');
    assert.match(
      await reason({ location: 'w.bin', offset: '12', length: '8' }),
      /16 bytes, but the data ends at byte 20/,
    );
    assert.match(await reason({ location: 'w.bin', offset: '-4' }), /no valid range/);
    assert.match(await reason({ location: 'w.bin', offset: 'x' }), /no valid range/);
    assert.match(await reason({ location: 'w.bin', length: '4' }), /4 bytes where its shape needs 8/);
  });
});

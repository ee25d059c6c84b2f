import assert from 'node:assert/strict';
import fs from 'node:fs';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { dataTypeCode } from '../../src/graph/dataTypes';
import type { Attribute, DataType } from '../../src/graph/graph';
import { decodeElements } from '../../src/onnx/elements';
import { encodeAppendix } from '../../src/onnx/writer';
import { encodeModel, type ModelToWrite } from '../fixtures/encodeModel';
import { ABS_MODEL, float32 } from '../fixtures/onnxFiles';
import { needsShared, shared } from '../shared';

type Feeds = Readonly<Record<string, OrtTensor>>;

/** What onnxruntime computes: every output's elements. */
async function run(model: Uint8Array, feeds: Feeds = {}): Promise<Record<string, number[]>> {
  const session = await InferenceSession.create(model, { logSeverityLevel: 3 });
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Array.from(data, Number)]));
}

const vector = (...values: number[]): OrtTensor => new OrtTensor('float32', Float32Array.from(values), [values.length]);
const int = (value: number): Attribute => ({ type: 'int', value });

describe('onnx/writer', () => {
  it('writes a model that onnxruntime runs', async () => {
    const model = encodeModel({
      nodes: [
        { operator: 'Mul', inputs: ['x', 'two'], outputs: ['a'] },
        {
          operator: 'LeakyRelu',
          name: 'act',
          inputs: ['a'],
          outputs: ['y'],
          attributes: { alpha: { type: 'float', value: 0.5 } },
        },
        { operator: 'ReduceSum', inputs: ['y', 'axes'], outputs: ['sum'], attributes: { keepdims: int(0) } },
      ],
      initializers: [
        { name: 'two', type: 'float32', shape: [], data: float32(2) },
        { name: 'axes', type: 'int64', shape: [1], data: new Uint8Array(BigInt64Array.of(-1n).buffer) },
      ],
      inputs: [{ name: 'x', type: 'float32', shape: ['n'] }],
      outputs: [
        { name: 'y', type: 'float32', shape: [null] },
        { name: 'sum', type: 'float32', shape: [] },
      ],
    });
    assert.deepEqual(await run(model, { x: vector(1, -2, 3) }), { y: [2, -2, 6], sum: [6] });
  });

  it('writes every kind of attribute as onnxruntime reads it', async () => {
    const indices = new Uint8Array(BigInt64Array.of(2n, 0n).buffer);
    const model = encodeModel({
      nodes: [
        {
          operator: 'Constant',
          inputs: [],
          outputs: ['floats'],
          attributes: { value_floats: { type: 'floats', value: [1.5, -2] } },
        },
        {
          operator: 'Constant',
          inputs: [],
          outputs: ['ints'],
          attributes: { value_ints: { type: 'ints', value: [-1, 2 ** 40, 2 ** 63, -(2 ** 63)] } },
        },
        {
          operator: 'Constant',
          inputs: [],
          outputs: ['tensor'],
          attributes: {
            value: {
              type: 'tensor',
              value: { name: '', type: 'int64', shape: [2], location: { kind: 'bytes', bytes: indices } },
            },
          },
        },
        {
          operator: 'Einsum',
          inputs: ['floats', 'floats'],
          outputs: ['string'],
          attributes: { equation: { type: 'string', value: 'i,i->' } },
        },
        {
          operator: 'Constant',
          inputs: [],
          outputs: ['words'],
          attributes: { value_strings: { type: 'strings', value: ['a', 'b', 'a'] } },
        },
        {
          operator: 'StringNormalizer',
          inputs: ['words'],
          outputs: ['strings'],
          attributes: { stopwords: { type: 'strings', value: ['b'] }, locale: { type: 'string', value: 'C' } },
        },
        { operator: 'Shape', inputs: ['strings'], outputs: ['left'] },
      ],
      outputs: ['floats', 'ints', 'tensor', 'string', 'left'].map((name) => ({ name })),
    });
    assert.deepEqual(await run(model), {
      floats: [1.5, -2],
      ints: [-1, 2 ** 40, Number(2n ** 63n - 1n), -(2 ** 63)],
      tensor: [2, 0],
      string: [1.5 * 1.5 + 4],
      left: [2],
    });
  });

  it('writes bodies of control flow', async () => {
    const branch = (name: string, operator: string, constants: Uint8Array): Attribute => ({
      type: 'graph',
      value: {
        name,
        nodes: [{ id: 0, name: '', domain: '', operator, inputs: ['x', 'c'], outputs: [name], attributes: new Map() }],
        inputs: [],
        outputs: [{ name, type: 'float32' }],
        constants: new Map([
          ['c', { name: 'c', type: 'float32', shape: [], location: { kind: 'bytes', bytes: constants } }],
        ]),
        declared: new Map(),
      },
    });
    const attributes = { then_branch: branch('t', 'Add', float32(10)), else_branch: branch('e', 'Mul', float32(4)) };
    const model = encodeModel({
      nodes: [{ operator: 'If', inputs: ['condition'], outputs: ['y'], attributes }],
      inputs: [
        { name: 'condition', type: 'bool', shape: [] },
        { name: 'x', type: 'float32', shape: [1] },
      ],
      outputs: [{ name: 'y' }],
    });
    const when = (value: boolean): Feeds => ({ condition: new OrtTensor('bool', [value], []), x: vector(5) });
    assert.deepEqual(await run(model, when(true)), { y: [15] });
    assert.deepEqual(await run(model, when(false)), { y: [20] });
  });

  it('appends to a file that another program wrote', async () => {
    const appendix = encodeAppendix({
      nodes: [
        { operator: 'Sub', inputs: ['y', 'evo/one'], outputs: ['evo/less'] },
        {
          operator: 'Gather',
          inputs: ['evo/less', 'evo/index'],
          outputs: ['evo/picked'],
          attributes: { axis: int(3) },
        },
      ],
      initializers: [{ name: 'evo/one', type: 'float32', shape: [1], data: float32(1) }],
      inputs: [{ name: 'evo/index', type: 'int64', shape: [1] }],
      outputs: [{ name: 'evo/picked', type: 'float32' }],
    });
    const x0 = new OrtTensor(
      'float32',
      Float32Array.from({ length: 540 }, (_, index) => -index),
      [1, 6, 9, 10],
    );
    const index = new OrtTensor('int64', BigInt64Array.of(4n), [1]);
    const outputs = await run(Buffer.concat([ABS_MODEL, appendix]), { x0, 'evo/index': index });
    assert.deepEqual(Object.keys(outputs), ['y', 'evo/picked']);
    assert.deepEqual(
      outputs['evo/picked'],
      Array.from({ length: 54 }, (_, row) => 10 * row + 4 - 1),
    );
  });

  it('appends to a trained network without changing what it answers', async function () {
    needsShared(this);
    const original = fs.readFileSync(shared('data/oracle/resnet8/model.onnx'));
    const appendix = encodeAppendix({
      nodes: [{ operator: 'ReduceMax', inputs: ['output'], outputs: ['evo/max'], attributes: { keepdims: int(0) } }],
      outputs: [{ name: 'evo/max', type: 'float32', shape: [] }],
    });
    const input = new OrtTensor(
      'float32',
      Float32Array.from({ length: 27_648 }, (_, i) => Math.sin(i)),
      [1, 3, 96, 96],
    );
    const before = await run(original, { input });
    const after = await run(Buffer.concat([original, appendix]), { input });
    assert.deepEqual(after, { ...before, 'evo/max': [Math.max(...Object.values(before).flat())] });
  });

  it('refuses what it cannot write', () => {
    const attempt = (attribute: Attribute) => (): Uint8Array =>
      encodeAppendix({ nodes: [{ operator: 'Any', inputs: [], outputs: ['y'], attributes: { a: attribute } }] });
    assert.throws(attempt({ type: 'other', value: 'type' }), /'a' of kind 'other' cannot be written/);
    const location = { kind: 'missing', reason: 'its file was deleted' } as const;
    const absent = { name: 'w', type: 'float32', shape: [1], location } as const;
    assert.throws(
      attempt({ type: 'tensor', value: absent }),
      /data of tensor 'w' is not to be had: its file was deleted/,
    );
  });
});

describe('onnx/elements', () => {
  /** The elements as onnxruntime's Cast to float32 sees them. */
  const cast = async (type: DataType, count: number, data: Uint8Array): Promise<number[]> => {
    const model: ModelToWrite = {
      irVersion: 13,
      opsets: { '': 25 },
      nodes: [{ operator: 'Cast', inputs: ['w'], outputs: ['y'], attributes: { to: int(dataTypeCode('float32')) } }],
      initializers: [{ name: 'w', type, shape: [count], data }],
      outputs: [{ name: 'y', type: 'float32' }],
    };
    const { y = [] } = await run(encodeModel(model));
    return y;
  };
  const everyByte = Uint8Array.from({ length: 256 }, (_, index) => index);
  const everyPair = new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, index) => index).buffer);
  const cases: readonly [DataType, number, Uint8Array][] = [
    ['uint8', 256, everyByte],
    ['int8', 256, everyByte],
    ['bool', 2, Uint8Array.of(0, 1)],
    ['uint16', 65_536, everyPair],
    ['int16', 65_536, everyPair],
    ['float16', 65_536, everyPair],
    ['bfloat16', 65_536, everyPair],
    ['int32', 64, everyByte],
    ['uint32', 64, everyByte],
    ['int64', 32, everyByte],
    ['uint64', 32, everyByte],
    ['float64', 32, everyByte],
    ['float32', 64, everyByte],
    ['float8e4m3fn', 256, everyByte],
    ['float8e4m3fnuz', 256, everyByte],
    ['float8e5m2', 256, everyByte],
    ['float8e5m2fnuz', 256, everyByte],
    ['uint4', 511, everyByte],
    ['int4', 511, everyByte],
    ['float8e8m0', 256, everyByte],
    ['uint2', 1024, everyByte],
    ['int2', 1024, everyByte],
  ];
  for (const [type, count, data] of cases) {
    it(`decodes ${type} as onnxruntime does`, async () => {
      assert(type !== 'string');
      const ours = [...Float32Array.from(decodeElements(type, data, new Float64Array(count)))];
      assert.deepEqual(ours, await cast(type, count, data));
    });
  }

  it('decodes float4e2m1 as the OCP Microscaling specification 1.0 lists it', () => {
    const positive = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
    const packed = Uint8Array.of(0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe);
    assert.deepEqual(decodeElements('float4e2m1', packed, new Array<number>(16)), [
      ...positive,
      ...positive.map((value) => -value),
    ]);
  });
});

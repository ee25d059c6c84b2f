import assert from 'node:assert/strict';
import { functionKey, type Tensor } from '../../src/graph/graph';
import type { ProtoWriter } from '../../src/onnx/protoWriter';
import { encodeAppendix } from '../../src/onnx/writer';
import { encodeModel } from '../fixtures/encodeModel';
import { ABS_MODEL, float32, modelOf, proto, TemporaryFolder } from '../fixtures/onnxFiles';

const files = new TemporaryFolder();

describe('onnx/reader', () => {
  it('reads what PyTorch wrote', async () => {
    const { graph, ...model } = await files.read(ABS_MODEL);
    assert.equal(model.irVersion, 7);
    assert.equal(model.producer, 'pytorch 1.13.0');
    assert.deepEqual([...model.opsets], [['', 13]]);
    assert.equal(graph.name, 'torch_jit');
    assert.deepEqual(graph.inputs, [{ name: 'x0', type: 'float32', shape: [1, 6, 9, 10] }]);
    assert.deepEqual(graph.outputs, [{ name: 'y', type: 'float32', shape: [1, 6, 9, 10] }]);
    assert.deepEqual(graph.nodes, [
      { id: 0, name: '/Abs', operator: 'Abs', domain: '', inputs: ['x0'], outputs: ['y'], attributes: new Map() },
    ]);
  });

  it('reads every kind of attribute', async () => {
    const tensor: Tensor = {
      name: 't',
      type: 'float32',
      shape: [2],
      location: { kind: 'bytes', bytes: float32(1, 2) },
    };
    const body = (await files.read(ABS_MODEL)).graph;
    const model = await files.read(
      encodeModel({
        nodes: [
          {
            operator: 'Any',
            domain: 'test',
            inputs: [],
            outputs: ['y'],
            attributes: {
              int: { type: 'int', value: -3 },
              long: { type: 'int', value: 2 ** 62 },
              float: { type: 'float', value: 0.5 },
              string: { type: 'string', value: 'Grüße' },
              ints: { type: 'ints', value: [1, -1, 2 ** 31] },
              floats: { type: 'floats', value: [0.25, -2] },
              strings: { type: 'strings', value: ['a', ''] },
              tensor: { type: 'tensor', value: tensor },
              graph: { type: 'graph', value: body },
              graphs: { type: 'graphs', value: [body, body] },
              none: { type: 'ints', value: [] },
            },
          },
        ],
        opsets: { test: 1 },
      }),
    );
    const attributes = model.graph.nodes[0]?.attributes;
    const value = (name: string): unknown => attributes?.get(name)?.value;
    assert.equal(value('int'), -3);
    assert.equal(value('long'), 2 ** 62);
    assert.equal(value('float'), 0.5);
    assert.equal(value('string'), 'Grüße');
    assert.deepEqual(value('ints'), [1, -1, 2 ** 31]);
    assert.deepEqual(value('floats'), [0.25, -2]);
    assert.deepEqual(value('strings'), ['a', '']);
    assert.deepEqual(value('none'), []);
    const read0 = attributes?.get('tensor');
    assert(read0?.type === 'tensor');
    assert.deepEqual(read0.value.values, [1, 2]);
    const graph = attributes?.get('graph');
    assert(graph?.type === 'graph');
    assert.deepEqual(graph.value, body);
    const graphs = attributes?.get('graphs');
    assert(graphs?.type === 'graphs');
    assert.deepEqual(graphs.value, [body, body]);
  });

  it('reads unpacked lists, attributes without a type (IR 1), references and kinds it does not interpret', async () => {
    const attribute = (name: string, fields: ProtoWriter): ProtoWriter =>
      proto().text(1, name).encoded(fields.finish());
    const node = proto()
      .text(4, 'Any')
      .text(2, 'y')
      .message(5, attribute('kernel', proto().int64(8, 3).int64(8, 5)))
      .message(5, attribute('scales', proto().float(7, 1.5).float(7, 2.5).int64(20, 6)))
      .message(5, attribute('axis', proto().int64(3, -1)))
      .message(5, attribute('outer', proto().text(21, 'alpha').int64(20, 1)))
      .message(5, attribute('type', proto().message(14, proto()).int64(20, 13)))
      .message(5, attribute('new', proto().int64(20, 99)));
    const { graph } = await files.read(modelOf(proto().message(1, node)));
    assert.deepEqual(Object.fromEntries(graph.nodes[0]?.attributes ?? []), {
      kernel: { type: 'ints', value: [3, 5] },
      scales: { type: 'floats', value: [1.5, 2.5] },
      axis: { type: 'int', value: -1 },
      outer: { type: 'reference', value: 'alpha' },
      type: { type: 'other', value: 'type' },
      new: { type: 'other', value: 'type 99' },
    });
  });

  it('reads declared types: symbolic, unknown and absent sizes, other than tensors', async () => {
    const dims = proto()
      .message(1, proto().text(2, 'batch'))
      .message(1, proto().int64(1, 3))
      .message(1, proto())
      .message(1, proto().int64(1, -1));
    const tensor = (fields: ProtoWriter): ProtoWriter => proto().message(1, fields);
    const info = (name: string, type?: ProtoWriter): ProtoWriter => {
      const value = proto().text(1, name);
      return type ? value.message(2, type) : value;
    };
    const { graph } = await files.read(
      modelOf(
        proto()
          .message(11, info('a', tensor(proto().int64(1, 10).message(2, dims))))
          .message(11, info('b', tensor(proto().int64(1, 1))))
          .message(11, info('c', tensor(proto().int64(1, 7).message(2, proto()))))
          .message(11, info('d', proto().message(4, proto().message(1, tensor(proto().int64(1, 1))))))
          .message(11, info('e'))
          .message(13, info('inner', tensor(proto().int64(1, 9)))),
      ),
    );
    assert.deepEqual(graph.inputs, [
      { name: 'a', type: 'float16', shape: ['batch', 3, null, null] },
      { name: 'b', type: 'float32' },
      { name: 'c', type: 'int64', shape: [] },
      { name: 'd' },
      { name: 'e' },
    ]);
    assert.deepEqual([...graph.declared], [['inner', { type: 'bool' }]]);
  });

  it('reads local functions, overloads, metadata and documentation', async () => {
    const entry = (key: string, value: string): ProtoWriter => proto().text(1, key).text(2, value);
    const local = proto()
      .text(1, 'Twice')
      .text(10, 'mine')
      .text(13, 'v2')
      .text(4, 'x')
      .text(5, 'y')
      .text(6, 'alpha')
      .message(11, proto().text(1, 'beta').float(2, 0.5).int64(20, 1))
      .message(7, proto().text(4, 'Add').text(1, 'x').text(1, 'x').text(2, 'y').text(7, 'ai.onnx'))
      .message(9, proto().text(1, 'ai.onnx').int64(2, 18));
    const node = proto()
      .text(4, 'Twice')
      .text(7, 'mine')
      .text(8, 'v2')
      .text(2, 'z')
      .text(6, 'doubles')
      .message(9, entry('scope', 'net.0'));
    const model = await files.read(
      modelOf(
        proto().message(1, node).text(10, 'the graph').message(16, entry('stage', 'eval')),
        proto().message(25, local).message(14, entry('k', 'v')).text(2, 'me').text(3, '2'),
      ),
    );
    const twice = model.functions.get(functionKey('mine', 'Twice', 'v2'));
    assert(twice);
    assert.deepEqual(twice.attributes, ['alpha', 'beta']);
    assert.deepEqual([...twice.defaults], [['beta', { type: 'float', value: 0.5 }]]);
    assert.deepEqual([...twice.opsets], [['', 18]]);
    assert.equal(twice.body.nodes[0]?.domain, '');
    assert.deepEqual([twice.body.inputs, twice.body.outputs], [[{ name: 'x' }], [{ name: 'y' }]]);
    const [caller] = model.graph.nodes;
    assert.deepEqual(
      [caller?.doc, caller?.overload, [...(caller?.metadata ?? [])]],
      ['doubles', 'v2', [['scope', 'net.0']]],
    );
    assert.equal(model.graph.doc, 'the graph');
    assert.deepEqual([...(model.graph.metadata ?? [])], [['stage', 'eval']]);
    assert.equal(model.producer, 'me 2');
    assert.deepEqual([...model.metadata], [['k', 'v']]);
  });

  it('merges the pieces of a model, as protobuf does', async () => {
    const appendix = encodeAppendix({
      nodes: [{ operator: 'Neg', inputs: ['y'], outputs: ['evo/neg'] }],
      outputs: [{ name: 'evo/neg', type: 'float32' }],
      opsets: { 'com.microsoft': 1 },
    });
    const { graph, opsets } = await files.read(Buffer.concat([ABS_MODEL, appendix]));
    assert.deepEqual(
      graph.nodes.map(({ operator }) => operator),
      ['Abs', 'Neg'],
    );
    assert.deepEqual(
      graph.outputs.map(({ name }) => name),
      ['y', 'evo/neg'],
    );
    assert.deepEqual(
      [...opsets],
      [
        ['', 13],
        ['com.microsoft', 1],
      ],
    );
  });

  it('knows the first operator set where a file imports none', async () => {
    const { opsets } = await files.read(proto().int64(1, 1).message(7, proto().text(2, 'old')).finish());
    assert.deepEqual([...opsets], [['', 1]]);
  });

  it('shows invalid UTF-8 replaced and cuts enormous texts', async () => {
    const node = proto()
      .text(4, 'Relu')
      .text(2, 'y')
      .bytes(3, Uint8Array.from([0x61, 0xff, 0x62]))
      .message(5, proto().text(1, 'blob').bytes(4, Buffer.alloc(3_000_000, 'x')).int64(20, 3));
    const long = 'ä'.repeat(100_000);
    const { graph } = await files.read(modelOf(proto().message(1, node).text(2, long)));
    assert.equal(graph.nodes[0]?.name, 'a\ufffdb');
    assert.equal(graph.name, long);
    const blob = graph.nodes[0]?.attributes.get('blob')?.value;
    assert.match(String(blob), /^x{1024}… \(3,000,000 bytes\)$/);
  });
});

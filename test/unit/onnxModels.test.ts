import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { readModel } from '../../src/formats/modelReader';
import type { Attribute, Graph, Model, Node, Tensor, ValueInfo } from '../../src/graph/graph';
import { functionKey } from '../../src/graph/graph';
import { elementBytes } from '../../src/graph/typedArray';
import { readTensor } from '../../src/onnx/tensor';
import { constant, TemporaryFolder } from '../fixtures/onnxFiles';
import { needsShared, shared, sharedPath } from '../shared';

const files = new TemporaryFolder();

/** Every ONNX file of the shared data. */
function modelFiles(): string[] {
  return ['data/models', 'data/oracle'].flatMap((folder) => {
    const absolute = sharedPath(folder);
    if (!absolute) return [];
    const names = fs.readdirSync(absolute, { recursive: true, encoding: 'utf8' });
    return names.filter((name) => name.endsWith('.onnx')).map((name) => path.join(absolute, name));
  });
}

/** Loads with onnxruntime, which writes what it understood to `copy` (optimizations off). */
async function reserialize(file: string, copy: string): Promise<InferenceSession> {
  fs.rmSync(copy, { force: true });
  return InferenceSession.create(file, {
    graphOptimizationLevel: 'disabled',
    optimizedModelFilePath: copy,
    logSeverityLevel: 3,
  });
}

/** Inputs that must be fed: those without a default. */
const required = ({ inputs, constants }: Graph): ValueInfo[] => inputs.filter(({ name }) => !constants.has(name));

type Metadata = InferenceSession['inputMetadata'][number];

/** onnxruntime makes names up for sizes that it can't infer. */
function assertDeclaredAs(declared: readonly ValueInfo[], metadata: readonly Metadata[]): void {
  assert.deepEqual(
    declared.map(({ name }) => name),
    metadata.map(({ name }) => name),
  );
  for (const [index, { type, shape }] of declared.entries()) {
    const known = metadata[index];
    assert(known?.isTensor);
    assert.equal(type, known.type);
    assert.equal(shape?.length, known.shape.length);
    for (const [axis, size] of (shape ?? []).entries())
      if (typeof size === 'number') assert.equal(size, known.shape[axis]);
  }
}

/** onnxruntime turns Constant nodes into initializers. */
const operations = ({ nodes }: Graph): Node[] => nodes.filter(({ operator }) => operator !== 'Constant');

/** A constant of the graph, whether it is an initializer or a Constant node's value. */
function constantOf({ constants, nodes }: Graph, name: string): Tensor | undefined {
  const node = nodes.find(({ operator, outputs }) => operator === 'Constant' && outputs[0] === name);
  const value = node?.attributes.get('value');
  return constants.get(name) ?? (value?.type === 'tensor' ? value.value : undefined);
}

/** Attributes, with tensors and bodies by what identifies them. */
function comparable(attributes: ReadonlyMap<string, Attribute>): unknown {
  const pairs = [...attributes].map(([name, { type, value }]) => {
    if (type === 'tensor') return [name, value.type, value.shape, value.values];
    return type === 'graph' ? [name, operations(value).map(({ operator }) => operator)] : [name, type, value];
  });
  return pairs.toSorted(([a], [b]) => String(a).localeCompare(String(b)));
}

async function assertSameGraph(ours: Graph, theirs: Graph): Promise<void> {
  const byOutput = new Map(operations(theirs).map((node) => [node.outputs.find((name) => name), node]));
  assert.equal(byOutput.size, operations(ours).length);
  for (const node of operations(ours)) {
    const other = byOutput.get(node.outputs.find((name) => name));
    assert(other, `node of ${node.outputs}`);
    assert.deepEqual(
      [node.operator, node.domain, node.inputs, comparable(node.attributes)],
      [other.operator, other.domain, other.inputs, comparable(other.attributes)],
    );
  }
  for (const [name, tensor] of theirs.constants) {
    const mine = constantOf(ours, name);
    assert(mine, `constant ${name}`);
    assert.deepEqual([mine.type, mine.shape, mine.values], [tensor.type, tensor.shape, tensor.values], name);
    if (tensor.type === 'string') continue;
    const [bytes, expected] = [elementBytes(await readTensor(mine)), elementBytes(await readTensor(tensor))];
    assert(Buffer.from(bytes).equals(expected), name);
  }
}

/** What onnxruntime changes while it loads, whatever the optimization level: only inputs and outputs are compared. */
const CHANGED_BY_RUNTIME = new Set([
  'models/function_with_variadics.onnx', // local functions are inlined
  'models/sparse_initializer_handling.onnx', // sparse tensors are made dense
  'models/squeezenet1.1_fp16.onnx', // casts around every float16 node
  'mobilenet_v3_tiny/model.onnx', // HardSwish becomes HardSigmoid and Mul
  'swin_mini/model.onnx', // casts there and back are dropped
]);

describe('onnx/reader, beside onnxruntime', function () {
  this.timeout(120_000);
  before(function () {
    needsShared(this);
    // onnxruntime's copy refers to the same external file.
    fs.copyFileSync(shared('data/models/Pads.bin'), path.join(files.path, 'Pads.bin'));
  });

  for (const file of modelFiles()) {
    const name = path.join(path.basename(path.dirname(file)), path.basename(file));
    it(`understands ${name} as onnxruntime does`, async () => {
      const copy = path.join(files.path, 'copy.onnx');
      const session = await reserialize(file, copy);
      const model = await readModel(file);
      assertDeclaredAs(required(model.graph), session.inputMetadata);
      assertDeclaredAs(model.graph.outputs, session.outputMetadata);
      await session.release();
      if (!CHANGED_BY_RUNTIME.has(name)) await assertSameGraph(model.graph, (await readModel(copy)).graph);
    });
  }

  const read = (name: string): Promise<Model> => readModel(shared(`data/models/${name}`));

  it('counts the 724 nodes of the quantised MobileNet', async () => {
    assert.equal((await read('mobilenet_v2_qdq.onnx')).graph.nodes.length, 724);
  });

  it('reads a local function with variadic outputs', async () => {
    const { functions, graph } = await read('function_with_variadics.onnx');
    const [caller] = graph.nodes;
    assert(caller);
    const body = functions.get(functionKey(caller.domain, caller.operator))?.body;
    assert.deepEqual(
      body?.nodes.map(({ operator }) => operator),
      ['Concat', 'Split'],
    );
  });

  it('reads external data: the pads of the model beside Pads.bin', async () => {
    const model = await read('model_with_external_initializers.onnx');
    const { type, values, location } = constant(model, 'Pads');
    assert.deepEqual([type, values, location.kind], ['int64', [0, 0, 1, 1], 'file']);
  });

  it('reads sparse initializers', async () => {
    const { graph } = await read('sparse_initializer_handling.onnx');
    const [sparse] = graph.constants.values();
    assert.deepEqual([sparse?.sparse, sparse?.shape, sparse?.values], [true, [3, 4, 5], undefined]);
  });
});

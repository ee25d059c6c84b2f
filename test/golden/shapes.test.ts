import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as ort from 'onnxruntime-node';
import { readModel } from '../../src/formats/modelReader';
import type { Model, TensorInfo } from '../../src/graph/graph';
import { elementCount, isStatic } from '../../src/graph/graph';
import { encodeAppendix } from '../../src/onnx/writer';
import { type InferredShapes, inferShapes, type ShapeOptions } from '../../src/operators/inferShapes';
import { needsShared, sharedPath } from '../shared';

/** Sizes for what these files leave open. */
const OPTIONS: Readonly<Record<string, ShapeOptions>> = {
  'dynamic_nhw.onnx': {
    batch: 2,
    bindings: new Map([
      ['h', 80],
      ['w', 112],
    ]),
  },
  'scan_1.onnx': { bindings: new Map([['Sequence', 5]]) },
};

/** What onnxruntime says while it loads old models is no news here. */
const SESSION: ort.InferenceSession.SessionOptions = { graphOptimizationLevel: 'disabled', logSeverityLevel: 3 };

describe('inferred shapes and types against what onnxruntime computes', () => {
  before(function () {
    needsShared(this);
  });
  const counts = { models: 0, tensors: 0, values: 0 };
  after(() => {
    const { models, tensors, values } = counts;
    if (models > 0)
      console.log(`      ${tensors} tensors of ${models} models agree, ${values} of them in their elements too`);
  });

  for (const file of [...modelsIn('data/models'), ...oracleModels()]) {
    it(`${path.basename(path.dirname(file))}/${path.basename(file)}`, async function () {
      this.timeout(120_000);
      const model = await readModel(file);
      const shapes = inferShapes(model, OPTIONS[path.basename(file)]);
      const computed = await runEverything(model, shapes);
      const differences = [...computed].flatMap(([name, actual]) => {
        const inferred = shapes.infos.get(name) ?? {};
        const found = `${inferred.type} [${inferred.shape}]`;
        const really = `${actual.type} [${actual.dims}]`;
        if (found !== really) return [`${name}: ${found}, really ${really}`];
        if (!inferred.values) return [];
        counts.values += 1;
        return sameValues(inferred.values, actual) ? [] : [`${name}: ${inferred.values}, really ${actual.data}`];
      });
      assert.deepEqual(differences, []);
      counts.models += 1;
      counts.tensors += computed.size;
    });
  }
});

/** Every tensor that a node of the main graph computes, from a run with all of them as outputs. */
async function runEverything(model: Model, shapes: InferredShapes): Promise<ReadonlyMap<string, ort.Tensor>> {
  const already = new Set(model.graph.outputs.map(({ name }) => name));
  const inner = model.graph.nodes.flatMap(({ outputs }) => outputs).filter((name) => name !== '' && !already.has(name));
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-shapes-'));
  try {
    const file = path.join(directory, path.basename(model.path));
    const appendix = encodeAppendix({ outputs: inner.map((name) => ({ name })) });
    fs.writeFileSync(file, Buffer.concat([fs.readFileSync(model.path), appendix]));
    for (const { location } of model.graph.constants.values()) {
      if (location.kind !== 'file' || location.path === model.path) continue;
      fs.copyFileSync(location.path, path.join(directory, path.basename(location.path)));
    }
    const session = await ort.InferenceSession.create(file, SESSION);
    const fed = session.inputNames.filter((name) => !model.graph.constants.has(name));
    const feeds = Object.fromEntries(fed.map((name) => [name, inputTensor(name, shapes.infos.get(name))]));
    const results = await session.run(feeds);
    await session.release();
    return new Map(Object.entries(results));
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

/** Followed constants against computed ones: integers exactly, floats to the rounding of a few operations. */
function sameValues(inferred: readonly number[], { type, data }: ort.Tensor): boolean {
  if (type === 'float16' || type === 'string') return true;
  const actual = Array.from(data as ArrayLike<number | bigint>, Number);
  const tolerance = type.startsWith('float') ? 1e-6 : 0;
  return (
    inferred.length === actual.length &&
    actual.every((value, index) => {
      const followed = inferred[index] ?? Number.NaN;
      return followed === value || Math.abs(followed - value) <= tolerance * Math.abs(value);
    })
  );
}

function inputTensor(name: string, info: TensorInfo | undefined): ort.Tensor {
  const shape = info?.shape;
  const count = elementCount(shape);
  assert.ok(isStatic(shape) && count !== undefined, `the shape of input ${name} is [${shape}]`);
  const values = Float32Array.from({ length: count }, (_, index) => (index * 7919) % 17);
  switch (info?.type) {
    case 'float32':
      return new ort.Tensor('float32', values, [...shape]);
    case 'float16':
      // 0x3c00 is 1 in half precision.
      return new ort.Tensor('float16', new Uint16Array(count).fill(0x3c00), [...shape]);
    case 'int64':
      return new ort.Tensor('int64', new BigInt64Array(count).fill(2n), [...shape]);
    case 'bool':
      return new ort.Tensor('bool', new Uint8Array(count).fill(1), [...shape]);
    default:
      throw new Error(`input ${name} is ${info?.type}: add a case to this test`);
  }
}

function modelsIn(relative: string): readonly string[] {
  const folder = sharedPath(relative);
  if (!folder) return [];
  const files = fs.readdirSync(folder).filter((file) => file.endsWith('.onnx'));
  return files.map((file) => path.join(folder, file));
}

function oracleModels(): readonly string[] {
  const folder = sharedPath('data/oracle');
  if (!folder) return [];
  const networks = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const operators = fs
    .readdirSync(path.join(folder, 'ops'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory());
  return [
    ...networks.flatMap(({ name }) => modelsIn(`data/oracle/${name}`)),
    ...operators.flatMap(({ name }) => modelsIn(`data/oracle/ops/${name}`)),
  ];
}

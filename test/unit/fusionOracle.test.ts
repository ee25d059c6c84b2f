import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { readModel } from '../../src/formats/modelReader';
import { DEFAULT_FUSION, FUSION_RULES } from '../../src/hardware/fusionRules';
import { fuse } from '../../src/latency/fusion/fuse';
import { inferShapes } from '../../src/operators/inferShapes';
import { needsShared, shared } from '../shared';

const ALL = FUSION_RULES.filter((rule) => rule !== 'pointwise');

/** Operators that onnxruntime's own optimizer leaves of a model, by how often. */
async function optimized(file: string): Promise<ReadonlyMap<string, number>> {
  const target = path.join(await fs.mkdtemp(path.join(os.tmpdir(), 'fusion-')), 'optimized.onnx');
  const options = { graphOptimizationLevel: 'extended', optimizedModelFilePath: target } as const;
  const session = await InferenceSession.create(file, options);
  await session.release();
  const { graph } = await readModel(target);
  await fs.rm(path.dirname(target), { recursive: true });
  return counted(graph.nodes.map(({ operator }) => operator));
}

function counted(words: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

describe('fusion: against onnxruntime’s optimizer', () => {
  before(function () {
    needsShared(this);
  });

  it('as many normalizations and GELUs in exported transformers', async function () {
    this.timeout(60_000);
    for (const name of [
      'oracle/vit_mini/model',
      'oracle/swin_mini/model',
      'oracle/convnext_mini/model',
      'models/vit_mnist_op12',
    ]) {
      const file = shared(`data/${name}.onnx`);
      const theirs = await optimized(file);
      const of = (...operators: readonly string[]) => operators.reduce((sum, one) => sum + (theirs.get(one) ?? 0), 0);
      const model = await readModel(file);
      const shapes = inferShapes(model, { batch: 1 });
      const ours = counted(
        fuse(model.graph, shapes, ALL).kernels.flatMap(({ context, fused }) =>
          [context, ...fused.map((one) => one.context)].map(({ node }) => node.operator),
        ),
      );
      assert.equal(ours.get('Gelu'), of('Gelu', 'BiasGelu'), name);
      // Where the mean is taken apart, or not at all, onnxruntime leaves a square root.
      const norms = of('LayerNormalization', 'SkipLayerNormalization', 'SimplifiedLayerNormalization', 'Sqrt');
      assert.equal(ours.get('LayerNormalization'), norms, name);
      assert.equal(ours.get('Attention') ?? 0, of('Softmax'), name);
    }
  });

  it('as many convolutions with activation', async () => {
    const file = shared('data/oracle/mobilenet_v2_025/model.onnx');
    const theirs = await optimized(file);
    const model = await readModel(file);
    const names = fuse(model.graph, inferShapes(model, { batch: 1 }), ['epilogue']).kernels;
    const joined = names.filter(({ context, fused }) => context.node.operator === 'Conv' && fused.length > 0);
    assert.equal(joined.length, theirs.get('FusedConv'));
    assert.ok(joined.length > 0);
  });

  it('the same kernels of a QDQ model', async function () {
    this.timeout(60_000);
    const file = shared('data/models/mobilenet_v2_qdq.onnx');
    const theirs = await optimized(file);
    const model = await readModel(file);
    const running = fuse(model.graph, inferShapes(model, { batch: 1 }), ALL).kernels.filter(
      ({ work }) => work?.kind !== 'free',
    );
    const ours = counted(running.map(({ context }) => context.node.operator));
    const renamed = [
      ['Conv', 'QLinearConv'],
      ['Add', 'QLinearAdd'],
      ['GlobalAveragePool', 'QLinearGlobalAveragePool'],
      ['Gemm', 'QGemm'],
      ['QuantizeLinear', 'QuantizeLinear'],
      ['DequantizeLinear', 'DequantizeLinear'],
    ] as const;
    for (const [own, other] of renamed) assert.equal(ours.get(own), theirs.get(other), own);
    assert.equal(ours.size, renamed.length);
  });
});

describe('fusion: schedules of exported networks', () => {
  before(function () {
    needsShared(this);
  });

  it('each kernel finds what it reads, and each node that runs is in one kernel', async function () {
    this.timeout(60_000);
    const files = [
      'models/light_resnet50',
      'models/light_inception_v1',
      'models/mobilenet_v2_qdq',
      'models/FastestDet',
    ];
    const more = ['models/vit_mnist_op12', 'oracle/swin_mini/model', 'oracle/convnext_mini/model'];
    for (const name of [...files, ...more]) {
      const { graph, ...model } = await readModel(shared(`data/${name}.onnx`));
      const shapes = inferShapes({ graph, ...model }, { batch: 1 });
      for (const rules of [FUSION_RULES, ALL, DEFAULT_FUSION.multicore, []]) {
        const there = new Set([...graph.inputs.map((input) => input.name), ...graph.constants.keys(), '']);
        const runsIn = new Map<number, number>();
        // What runs in no kernel of its own is there as soon as what it reads is.
        const settle = (): void => {
          for (const node of graph.nodes) {
            if (shapes.work(node)?.kind !== 'free' || !node.inputs.every((input) => there.has(input))) continue;
            for (const output of node.outputs) there.add(output);
          }
        };
        for (const { nodes, head } of fuse(graph, shapes, rules).kernels) {
          settle();
          for (const node of nodes) {
            for (const input of node.inputs) {
              if (there.has(input)) continue;
              settle();
              assert.ok(there.has(input), `${name}: ${input} is not there for ${node.operator} ${node.id}`);
            }
            for (const output of node.outputs) there.add(output);
            assert.ok(!runsIn.has(node.id), `${name}: node ${node.id} runs twice`);
            runsIn.set(node.id, head.id);
          }
        }
        const running = graph.nodes.filter((node) => shapes.work(node)?.kind !== 'free');
        assert.deepEqual(
          [...runsIn.keys()].sort((a, b) => a - b),
          running.map(({ id }) => id),
          name,
        );
      }
    }
  });
});

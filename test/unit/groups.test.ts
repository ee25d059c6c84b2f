import assert from 'node:assert/strict';
import { readModel } from '../../src/formats/modelReader';
import type { Node } from '../../src/graph/graph';
import { inferShapes } from '../../src/operators/inferShapes';
import type { GroupData } from '../../src/protocol/graphPanel';
import { FROM_OUTSIDE, repeatedBlocks } from '../../src/scene/blocks';
import { groupsOf } from '../../src/scene/groups';
import { buildScene } from '../../src/scene/scene';
import { type Scope, scopesOf } from '../../src/scene/scopes';
import { needsShared, shared } from '../shared';

function node(name: string, metadata: Readonly<Record<string, string>> = {}, output = ''): Node {
  const attributes = new Map();
  const about = new Map(Object.entries(metadata));
  return { id: 0, name, operator: 'Conv', domain: '', inputs: [], outputs: [output], attributes, metadata: about };
}

const labels = (scopes: readonly Scope[]) => scopes.map(({ label, kind }) => (kind ? `${label}: ${kind}` : label));

describe('scopes', () => {
  it('reads the scopes and classes that torch.onnx writes', () => {
    const metadata = {
      'pkg.torch.onnx.name_scopes': "['', 'layer1', 'layer1.0', 'layer1.0.conv2', 'conv2d_2']",
      'pkg.torch.onnx.class_hierarchy':
        "['torchvision.models.resnet.ResNet', 'torch.nn.modules.container.Sequential', 'torchvision.models.resnet.BasicBlock', 'torch.nn.modules.conv.Conv2d', 'aten.conv2d.default']",
    };
    assert.deepEqual(labels(scopesOf(node('node_conv2d_2', metadata))), [
      'layer1: Sequential',
      'layer1.0: BasicBlock',
      'conv2: Conv2d',
    ]);
  });

  it('reads a namespace', () => {
    const namespace = ': torchvision.ResNet/layer1: torch.nn.Sequential/layer1.0: my.Block/conv2d: aten.conv2d.default';
    assert.deepEqual(labels(scopesOf(node('n', { namespace }))), ['layer1: Sequential', 'layer1.0: Block']);
  });

  it('takes names apart, and that of the output where the node has none', () => {
    assert.deepEqual(labels(scopesOf(node('/layer1/layer1.0/conv1/Conv'))), ['layer1', 'layer1.0', 'conv1']);
    assert.deepEqual(labels(scopesOf(node('', {}, 'encoder/dense/MatMul:0'))), ['encoder', 'dense']);
    assert.deepEqual(scopesOf(node('conv1')), []);
    assert.deepEqual(scopesOf(node('')), []);
  });

  it('leaves names alone that no module has', () => {
    assert.deepEqual(scopesOf(node('/a'.repeat(500_000))), []);
    assert.deepEqual(scopesOf(node('n', { namespace: "'".repeat(1_000_000) })), []);
  });
});

/** Items after one another: kinds, and what each reads (the one before where nothing is said). */
function chain(kinds: readonly string[], sources: Readonly<Record<number, readonly number[]>> = {}) {
  return {
    count: kinds.length,
    kindOf: (item: number) => kinds[item] ?? '',
    sourcesOf: (item: number) => sources[item] ?? [item === 0 ? FROM_OUTSIDE : item - 1],
  };
}

const spans = (items: Parameters<typeof repeatedBlocks>[0]) =>
  repeatedBlocks(items).map(({ blocks }) => blocks.map(({ from, to }) => `${from}–${to - 1}`));

describe('repeatedBlocks', () => {
  it('finds what repeats, from the first time on', () => {
    assert.deepEqual(spans(chain('Conv Norm Relu Conv Norm Relu Conv Norm Relu Gemm'.split(' '))), [
      ['0–2', '3–5', '6–8'],
    ]);
  });

  it('takes the smallest blocks, not rows of them', () => {
    const blocks = Array.from({ length: 6 }, () => 'Conv Norm Relu')
      .join(' ')
      .split(' ');
    assert.deepEqual(
      spans(chain(['Pad', ...blocks, 'Pool', ...blocks])).map((run) => run.length),
      [6, 6],
    );
  });

  it('keeps a branch inside its block, and tells blocks apart by their wires', () => {
    const kinds = 'Conv Relu Add Conv Relu Add Conv Relu Add'.split(' ');
    const skips = { 2: [1, 0], 5: [4, 3], 8: [7, 6] };
    assert.deepEqual(spans(chain(kinds, skips)), [['0–2', '3–5', '6–8']]);
    assert.deepEqual(spans(chain(kinds, { ...skips, 8: [7] })), [['0–2', '3–5']]);
  });

  it('finds nothing where nothing repeats', () => {
    assert.deepEqual(spans(chain(['Conv', 'Relu', 'Gemm', 'Softmax'])), []);
    assert.deepEqual(spans(chain([])), []);
  });
});

/** Groups as lines, indented: `name (kind): items directly inside`. */
function outline({ names, kinds, parent, of }: GroupData): readonly string[] {
  const depth = (group: number): number => (group < 0 ? 0 : 1 + depth(parent[group] ?? -1));
  return names.map((name, group) => {
    const items = Array.from(of.keys()).filter((item) => of[item] === group);
    const kind = kinds[group] ? ` (${kinds[group]})` : '';
    return `${'  '.repeat(depth(group) - 1)}${name}${kind}: ${items.join(' ')}`.trimEnd();
  });
}

function grouped(items: ReturnType<typeof chain>, names: readonly string[] = []): GroupData {
  return groupsOf({
    ...items,
    isOperator: (item) => items.kindOf(item) !== 'Input',
    scopesOf: (item) => scopesOf(node(names[item] ?? '')),
  });
}

describe('groupsOf', () => {
  it('groups by names, parents first, in the order of execution', () => {
    const names = [
      '',
      '/stem/Conv',
      '/stem/Relu',
      '/layers/b/Conv',
      '/layers/b/Add',
      '/layers/a/Conv',
      '/layers/a/Add',
      '/Gemm',
    ];
    const groups = grouped(chain(['Input', ...Array.from({ length: 7 }, () => 'Op')]), names);
    assert.equal(groups.source, 'names');
    assert.deepEqual(outline(groups), ['stem: 1 2', 'layers:', '  b: 3 4', '  a: 5 6']);
    assert.deepEqual([groups.of[0], groups.of[7]], [-1, -1]);
  });

  it('has no group of one node, of one group alone, or of everything', () => {
    const names = [
      '/net/a/x/Conv',
      '/net/a/x/Relu',
      '/net/b/Conv',
      '/net/c/d/e/Conv',
      '/net/c/d/e/Relu',
      '/net/c/d/f/One',
    ];
    assert.deepEqual(
      outline(grouped(chain(names), names)),
      ['a: 0 1', 'c:', '  e: 3 4'].map((line) => (line === 'c:' ? 'c: 5' : line)),
    );
  });

  it('looks for repeated blocks where few nodes have a module', () => {
    const kinds = ['Input', ...Array.from({ length: 4 }, () => ['Conv', 'Norm', 'Relu']).flat()];
    const groups = grouped(chain(kinds), ['', '/a/Conv', '/a/Norm']);
    assert.equal(groups.source, 'structure');
    assert.deepEqual(
      outline(groups),
      [1, 4, 7, 10].map((first, i) => `block ${i + 1} (Conv Norm Relu): ${first} ${first + 1} ${first + 2}`),
    );
  });

  it('puts long rows of blocks into groups of groups', () => {
    const groups = grouped(chain(Array.from({ length: 250 }, () => ['Conv', 'Norm', 'Relu']).flat()));
    const rows = Array.from(groups.names.keys()).filter((group) => groups.parent[group] === -1);
    assert.deepEqual(
      rows.map((row) => groups.names[row]),
      ['block 1–100', 'block 101–200', 'block 201–250'],
    );
    assert.equal(groups.names.length, 253);
  });

  it('has none where nothing repeats, or where there is nothing', () => {
    for (const kinds of [['Conv', 'Relu', 'Gemm'], []]) {
      const groups = grouped(chain(kinds));
      assert.deepEqual([groups.source, groups.names.length], ['none', 0]);
      assert.ok(groups.of.every((group) => group === -1));
    }
  });

  it('numbers every subtree in one run, however deep the names', () => {
    const deep = Array.from({ length: 60 }, (_, level) => `m${level}`);
    const names = deep.flatMap((_, level) => ['A', 'B'].map((end) => `/${deep.slice(0, level + 1).join('/')}/${end}`));
    const { parent } = grouped(chain(names), names);
    assert.ok(parent.length > 10 && parent.length <= 32, `${parent.length} levels`);
    for (const [group, around] of parent.entries()) assert.ok(around < group && around >= -1);
  });
});

describe('groups of real models', () => {
  before(function () {
    needsShared(this);
  });
  const groupsIn = async (file: string) => {
    const model = await readModel(shared(file));
    return buildScene(model, inferShapes(model), 'model').data.groups;
  };

  it('finds the 16 bottlenecks of ResNet-50, which names nothing', async () => {
    const { source, names } = await groupsIn('data/models/light_resnet50.onnx');
    assert.deepEqual([source, names.length], ['structure', 16]);
  });

  it('finds the fire modules of SqueezeNet by their names', async () => {
    const { source, names } = await groupsIn('data/models/squeezenet1.1_fp32.onnx');
    assert.equal(source, 'names');
    assert.deepEqual(
      names,
      [2, 3, 4, 5, 6, 7, 8, 9].map((number) => `fire${number}`),
    );
  });

  it('finds the residual layers of ResNet-8', async () => {
    const { names } = await groupsIn('data/oracle/resnet8/model.onnx');
    for (const layer of ['layer1', 'layer2', 'layer3']) assert.ok(names.includes(layer), `${layer} in ${names}`);
  });
});

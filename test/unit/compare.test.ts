import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { readModel } from '../../src/formats/modelReader';
import type { Attribute, Model, Node, Tensor } from '../../src/graph/graph';
import { inferShapes } from '../../src/operators/inferShapes';
import { MATCHES } from '../../src/protocol/comparison';
import { commonSubsequence } from '../../src/scene/commonSubsequence';
import { type Annotated, compare } from '../../src/scene/compare';
import { type ComparedGraph, matchable } from '../../src/scene/matchable';
import { match } from '../../src/scene/matching';
import { buildScene } from '../../src/scene/scene';
import { needsShared, root, shared } from '../shared';
import { model as sketched } from '../sketch';

/** A node by what it is called here; `id` stays with it through every edit. */
interface Part {
  readonly id: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  /** Of a convolution: output × input channels. */
  readonly channels?: readonly [number, number];
  readonly kernel?: number;
}

const conv = (id: string, input: string, out: number, into: number, kernel = 3): Part => ({
  ...{ id, operator: 'Conv', inputs: [input], channels: [out, into] as const, kernel },
});
const relu = (id: string, input: string): Part => ({ id, operator: 'Relu', inputs: [input] });

/** Two residual blocks of different widths, between a stem and a head. */
const NETWORK: readonly Part[] = [
  conv('stem', 'x', 8, 3),
  relu('stemRelu', 'stem'),
  conv('a1', 'stemRelu', 8, 8),
  relu('aRelu', 'a1'),
  conv('a2', 'aRelu', 8, 8),
  { id: 'aAdd', operator: 'Add', inputs: ['a2', 'stemRelu'] },
  conv('b1', 'aAdd', 16, 8),
  relu('bRelu', 'b1'),
  conv('b2', 'bRelu', 16, 16),
  conv('bDown', 'aAdd', 16, 8, 1),
  { id: 'bAdd', operator: 'Add', inputs: ['b2', 'bDown'] },
  { id: 'pool', operator: 'GlobalAveragePool', inputs: ['bAdd'] },
  { id: 'flat', operator: 'Flatten', inputs: ['pool'] },
];

type Naming = (part: Part, place: number) => string;
const asIs: Naming = ({ id }) => `/net/${id}`;
const counting: Naming = ({ operator }, place) => `${operator}_${place}`;
const nothing: Naming = () => '';

function build(parts: readonly Part[], naming: Naming, tensors: Naming = ({ id }) => id): Model {
  const tensorOf = new Map(parts.map((part, place) => [part.id, tensors(part, place)]));
  const weights = parts.flatMap(({ id, channels, kernel = 3 }): Tensor[] =>
    channels
      ? [
          {
            name: `${id}.w`,
            type: 'float32',
            shape: [...channels, kernel, kernel],
            location: { kind: 'bytes', bytes: new Uint8Array() },
          },
        ]
      : [],
  );
  const last = tensorOf.get(parts.at(-1)?.id ?? '') ?? '';
  const plain = sketched({
    nodes: [],
    inputs: [{ name: 'x', type: 'float32', shape: [1, 3, 16, 16] }],
    outputs: [{ name: last }],
    constants: weights,
  });
  const nodes = parts.map((part, id): Node => {
    const ints = (...value: number[]): Attribute => ({ type: 'ints', value });
    const { kernel = 3, channels } = part;
    const pad = (kernel - 1) / 2;
    return {
      ...{ id, name: naming(part, id), operator: part.operator, domain: '' },
      inputs: [...part.inputs.map((input) => tensorOf.get(input) ?? input), ...(channels ? [`${part.id}.w`] : [])],
      outputs: [tensorOf.get(part.id) ?? ''],
      attributes: new Map(
        channels
          ? [
              ['kernel_shape', ints(kernel, kernel)],
              ['pads', ints(pad, pad, pad, pad)],
            ]
          : [],
      ),
    };
  });
  return { ...plain, graph: { ...plain.graph, nodes } };
}

function drawn(model: Model): ComparedGraph {
  const shapes = inferShapes(model);
  return { scene: buildScene(model, shapes, 'model'), shapes };
}

/** Pairs as `a=b`, by the parts' own ids; a pair of the same id as the id alone. */
function matched(a: readonly Part[], b: readonly Part[], namings: readonly [Naming, Naming], tensors?: Naming) {
  const [left, right] = [drawn(build(a, namings[0])), drawn(build(b, namings[1], tensors))];
  const id = (parts: readonly Part[], graph: ComparedGraph, item: number) =>
    parts[graph.scene.nodeOf(item)?.id ?? -1]?.id;
  const { pairs, onlyA, onlyB } = match(matchable(left), matchable(right));
  return {
    pairs: pairs.flatMap((pair) => {
      const [x, y] = [id(a, left, pair.a), id(b, right, pair.b)];
      return x === undefined ? [] : [x === y ? x : `${x}=${y}`];
    }),
    onlyA: onlyA.map((item) => id(a, left, item)),
    onlyB: onlyB.map((item) => id(b, right, item)),
    by: new Set(pairs.map(({ by }) => by)),
  };
}

const ids = (parts: readonly Part[]) => parts.map(({ id }) => id);
const without = (id: string, instead: string): readonly Part[] =>
  NETWORK.filter((part) => part.id !== id).map((part) => ({
    ...part,
    inputs: part.inputs.map((input) => (input === id ? instead : input)),
  }));
const with1 = (before: string, input: string, added: Part): readonly Part[] =>
  NETWORK.flatMap((part) => {
    if (part.id !== before) return [part];
    return [added, { ...part, inputs: part.inputs.map((one) => (one === input ? added.id : one)) }];
  });

const NAMINGS = [
  ['names', [asIs, asIs]],
  ['names that only count', [counting, counting]],
  ['no names', [nothing, nothing]],
  ['names on one side only', [asIs, nothing]],
] as const;
const numbered: Naming = (_, place) => `t${100 + 2 * place}`;

describe('matching two graphs', () => {
  for (const [what, namings] of NAMINGS) {
    const against = (other: readonly Part[]) => matched(NETWORK, other, namings, numbered);

    it(`pairs everything of equal graphs: ${what}`, () => {
      assert.deepEqual(against(NETWORK), { ...against(NETWORK), pairs: ids(NETWORK), onlyA: [], onlyB: [] });
    });

    it(`says which node was taken out: ${what}`, () => {
      const other = without('aRelu', 'a1');
      const found = against(other);
      assert.deepEqual([found.pairs, found.onlyA, found.onlyB], [ids(other), ['aRelu'], []]);
    });

    it(`says which node was put in: ${what}`, () => {
      const found = against(with1('a2', 'aRelu', { id: 'new', operator: 'Sigmoid', inputs: ['aRelu'] }));
      assert.deepEqual([found.pairs, found.onlyA, found.onlyB], [ids(NETWORK), [], ['new']]);
    });

    it(`looks through casts all over: ${what}`, () => {
      const cast = (id: string, input: string): Part => ({ id, operator: 'Identity', inputs: [input] });
      const other = NETWORK.flatMap((part) => {
        const [input = '', ...more] = part.inputs;
        return [cast(`cast ${part.id}`, input), { ...part, inputs: [`cast ${part.id}`, ...more] }];
      });
      const found = against(other);
      assert.deepEqual([found.pairs, found.onlyA, found.onlyB.length], [ids(NETWORK), [], NETWORK.length]);
    });

    it(`is not misled by another order of execution: ${what}`, () => {
      const order = ['bDown', 'b1', 'bRelu', 'b2'];
      const moved = NETWORK.filter(({ id }) => order.includes(id)).sort(
        (x, y) => order.indexOf(x.id) - order.indexOf(y.id),
      );
      const rest = NETWORK.filter(({ id }) => !order.includes(id));
      const found = against([...rest.slice(0, 6), ...moved, ...rest.slice(6)]);
      assert.deepEqual([found.pairs, found.onlyA, found.onlyB], [ids(NETWORK), [], []]);
    });

    it(`pairs a node that changed with itself: ${what}`, () => {
      const other = NETWORK.map((part) => {
        if (part.id === 'a1') return { ...part, kernel: 5 };
        if (part.id === 'b1') return { ...part, channels: [32, 8] as const };
        return part.id === 'b2' ? { ...part, channels: [16, 32] as const } : part;
      });
      const found = against(other);
      assert.deepEqual([found.pairs, found.onlyA, found.onlyB], [ids(NETWORK), [], []]);
    });

    it(`pairs an operator with the one in its place: ${what}`, () => {
      const other = NETWORK.map((part) => (part.id === 'aRelu' ? { ...part, operator: 'Sigmoid' } : part));
      const found = against(other);
      assert.deepEqual([found.pairs, found.onlyA, found.onlyB], [ids(NETWORK), [], []]);
    });
  }

  it('pairs every node once, and nothing of graphs that have nothing in common', () => {
    const other: readonly Part[] = [
      { id: 'p', operator: 'Softmax', inputs: ['x'] },
      { id: 'q', operator: 'Transpose', inputs: ['p'] },
    ];
    const found = matched(NETWORK, other, [nothing, nothing], numbered);
    assert.deepEqual([found.pairs, found.onlyA, found.onlyB], [[], ids(NETWORK), ['p', 'q']]);
  });

  it('says how it knows', () => {
    assert.deepEqual([...matched(NETWORK, NETWORK, [asIs, asIs]).by], ['name']);
    assert.ok(matched(NETWORK, NETWORK, [asIs, nothing], numbered).by.has('structure'));
  });

  describe('of real models', () => {
    before(function () {
      needsShared(this);
    });
    const open = async (file: string) => drawn(await readModel(file));
    const counts = async (x: string, y: string) => {
      const [a, b] = [await open(x), await open(y)];
      const { pairs, onlyA, onlyB } = match(matchable(a), matchable(b));
      const operator = (graph: ComparedGraph, item: number) => graph.scene.nodeOf(item)?.operator ?? '';
      const kinds = (graph: ComparedGraph, items: readonly number[]) =>
        [...new Set(items.map((item) => operator(graph, item)))].sort();
      return { a, b, pairs, onlyA: kinds(a, onlyA), onlyB: kinds(b, onlyB), operator };
    };

    it('float and half: every node', async () => {
      const { a, pairs, onlyA, onlyB } = await counts(
        shared('data/models/squeezenet1.1_fp32.onnx'),
        shared('data/models/squeezenet1.1_fp16.onnx'),
      );
      assert.deepEqual([pairs.length, onlyA, onlyB], [a.scene.data.nodeCount, [], []]);
      assert.ok(pairs.every((pair) => pair.a === pair.b && pair.by === 'name'));
    });

    it('quantized: only what quantization put in or made superfluous is left', async () => {
      const { a, b, pairs, onlyA, onlyB, operator } = await counts(
        shared('data/models/mobilenet_v2_fp16weights.onnx'),
        shared('data/models/mobilenet_v2_qdq.onnx'),
      );
      assert.deepEqual([onlyA, onlyB], [['Clip'], ['Cast', 'DequantizeLinear', 'QuantizeLinear']]);
      const convs = pairs.filter((pair) => operator(a, pair.a) === 'Conv');
      assert.equal(convs.length, 52);
      const name = (graph: ComparedGraph, item: number) => graph.scene.nodeOf(item)?.name;
      assert.ok(
        convs.every((pair) => name(a, pair.a) === name(b, pair.b)),
        'both files name their convolutions alike',
      );
    });

    it('other names, normalization folded away, other sizes: still the same network', async () => {
      const { onlyA, onlyB, pairs, a, b, operator } = await counts(
        shared('data/models/resnet8_cifar10.onnx'),
        path.join(root, 'sample/shapes-resnet8.onnx'),
      );
      assert.deepEqual([onlyA, onlyB], [['BatchNormalization', 'Softmax'], []]);
      for (const pair of pairs) {
        if (operator(a, pair.a) !== 'AveragePool') assert.equal(operator(a, pair.a), operator(b, pair.b));
      }
    });
  });
});

describe('the longest common subsequence', () => {
  it('is as long as the one that dynamic programming finds', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed % below;
    };
    for (let round = 0; round < 200; round++) {
      const [a, b] = [random(14), random(14)].map((length) => Float64Array.from({ length }, () => random(4)));
      assert.ok(a && b);
      const pairs = commonSubsequence(a, b);
      assert.equal(pairs.length, lengthByTable(a, b), `${a} and ${b}`);
      for (const [i, [x, y]] of pairs.entries()) {
        assert.equal(a[x], b[y]);
        const next = pairs[i + 1];
        assert.ok(!next || (next[0] > x && next[1] > y), 'both go on');
      }
    }
  });
});

function lengthByTable(a: Float64Array, b: Float64Array): number {
  const row = new Array<number>(b.length + 1).fill(0);
  for (const x of a) {
    let diagonal = 0;
    for (let j = 0; j < b.length; j++) {
      const above = row[j + 1] ?? 0;
      row[j + 1] = x === b[j] ? diagonal + 1 : Math.max(above, row[j] ?? 0);
      diagonal = above;
    }
  }
  return row[b.length] ?? 0;
}

describe('comparing two annotations', () => {
  const annotated = (parts: readonly Part[], label: string, values: readonly number[]): Annotated => {
    const model = build(parts, asIs);
    return {
      label,
      ...drawn(model),
      figures: [{ id: 'seconds', label: 'Time', unit: 's', values: Float64Array.from(values) }],
    };
  };

  it('puts both values in one row, and 0 where a side has no such node', () => {
    const other = without('aRelu', 'a1');
    const {
      names,
      match: found,
      figures,
      nodeB,
    } = compare(
      annotated(
        NETWORK,
        'A',
        NETWORK.map((_, i) => i + 1),
      ),
      annotated(
        other,
        'B',
        other.map((_, i) => 10 * (i + 1)),
      ),
    );
    const row = names.indexOf('/net/aRelu');
    assert.equal(MATCHES[found[row] ?? -1], 'onlyA');
    assert.deepEqual([nodeB[row], figures[0]?.a[row], figures[0]?.b[row]], [-1, 4, 0]);
    const next = names.indexOf('/net/a2');
    assert.deepEqual([figures[0]?.a[next], figures[0]?.b[next]], [5, 40]);
    assert.deepEqual(figures[0]?.totals, { a: 91, b: 780, unknownA: 0, unknownB: 0 });
  });

  it('keeps unknown unknown, and counts it beside the sum', () => {
    const values = NETWORK.map((_, i) => (i === 0 ? Number.NaN : 1));
    const a = annotated(NETWORK, 'A', values);
    const { figures } = compare(a, {
      ...a,
      label: 'B',
      figures: [{ id: 'seconds', label: 'Time', unit: 's', values: new Float64Array(NETWORK.length).fill(2) }],
    });
    assert.ok(Number.isNaN(figures[0]?.a[0]));
    assert.equal(figures[0]?.b[0], 2);
    assert.deepEqual(figures[0]?.totals, { a: 12, b: 26, unknownA: 1, unknownB: 0 });
  });

  it('leaves out figures that only one side has', () => {
    const a = annotated(
      NETWORK,
      'A',
      NETWORK.map(() => 1),
    );
    assert.deepEqual(compare(a, { ...a, figures: [] }).figures, []);
  });

  it('says what else is different', () => {
    const other = NETWORK.map((part) => (part.id === 'a1' ? { ...part, kernel: 5 } : part));
    const ones = NETWORK.map(() => 1);
    const { names, changes } = compare(annotated(NETWORK, 'A', ones), annotated(other, 'B', ones));
    assert.equal(
      changes[names.indexOf('/net/a1')],
      'kernel_shape 3,3 → 5,5; pads 1,1,1,1 → 2,2,2,2; weights 8×8×3×3 → 8×8×5×5',
    );
    assert.equal(changes[names.indexOf('/net/a2')], '');
  });
});

describe('command line: compare', function () {
  this.timeout(60_000);
  const model = path.join(root, 'sample', 'shapes-resnet8.onnx');
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [path.join(root, 'dist', 'cli.js'), ...args], { encoding: 'utf8', cwd: root });
  const json = (...args: readonly string[]) => JSON.parse(run(...args, '--format', 'json').stdout);

  it('has of both hardwares what profile says of each', () => {
    const both = json('compare', model, '--hardware', 'jetson-tx2', '--hardware', 'v100');
    for (const [side, hardware] of [
      ['a', 'jetson-tx2'],
      ['b', 'v100'],
    ] as const) {
      const report = json('profile', model, '--hardware', hardware);
      assert.ok(Math.abs(both.totals.seconds[side] / report.totals.seconds - 1) < 1e-12);
      assert.equal(both.totals.macs[side], report.totals.macs);
      for (const layer of both.layers) {
        const own = report.layers.find(({ name }: { name: string }) => name === layer.name);
        assert.equal(layer[side].seconds, own.seconds, layer.name);
      }
    }
  });

  it('exits 0 with differences, 2 where there is nothing to compare with', () => {
    const { status, stdout } = run('compare', model, path.join(root, 'sample', 'shapes-vgg.onnx'));
    assert.equal(status, 0);
    assert.match(stdout, /only in A/);
    assert.match(stdout, /^Time .*×/m);
    assert.equal(run('compare', model).status, 2);
    assert.equal(run('compare', model, model, model).status, 2);
  });

  it('writes CSV with both columns, empty where a side has no such layer', () => {
    const [head = '', ...rows] = run('compare', model, path.join(root, 'sample', 'shapes-vgg.onnx'), '--format', 'csv')
      .stdout.trim()
      .split('\n');
    const columns = head.split(',');
    const at = (row: string, column: string) => row.split(',').at(columns.indexOf(column) - columns.length);
    const only = rows.find((row) => row.includes(',onlyA,'));
    assert.ok(only);
    assert.equal(at(only, 'b_seconds'), '');
    assert.ok(Number(at(only, 'a_seconds')) >= 0);
  });
});

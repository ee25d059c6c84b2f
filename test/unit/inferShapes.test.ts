import assert from 'node:assert/strict';
import type { Attribute, LocalFunction, Model, Node, Tensor, ValueInfo } from '../../src/graph/graph';
import { inferShapes } from '../../src/operators/inferShapes';
import { flopsOf, macsOf, type Work } from '../../src/operators/work';
import { int, ints } from '../operatorCase';
import {
  float32,
  graph,
  list,
  location,
  messages,
  model,
  type NodeSketch,
  type Sketch,
  weights,
  workOf,
} from '../sketch';

describe('inferShapes', () => {
  it('follows shapes through arithmetic into a Reshape', () => {
    const chain = model({
      nodes: [
        ['shape', 'Shape', 'x'],
        ['first', 'Gather', 'shape zero'],
        ['rest', 'Slice', 'shape two four'],
        ['area', 'ReduceProd', 'rest'],
        ['target', 'Concat', 'first channels area', { axis: int(0) }],
        ['y', 'Reshape', 'x target'],
      ],
      inputs: [float32('x', 'batch', 6, 4, 5)],
      constants: [list('zero', 0), list('two', 2), list('four', 4), list('channels', -1)],
    });
    const { infos, work, constants, problems } = inferShapes(chain, { batch: 3 });
    assert.deepEqual(infos.get('y'), { type: 'float32', shape: [3, 6, 20] });
    assert.deepEqual(infos.get('target')?.values, [3, -1, 20]);
    assert.ok(constants.has('target') && !constants.has('y'));
    for (const node of chain.graph.nodes) workOf(work(node), 'free');
    assert.deepEqual(problems, []);
  });

  it('counts what follows from weights alone as done ahead of time, random numbers not', () => {
    const { nodes, ...rest } = {
      nodes: [
        ['wide', 'Cast', 'w', { to: int(1) }],
        ['y', 'Conv', 'x wide'],
        ['noise', 'RandomNormal', '', { shape: ints(2, 2) }],
      ] as const,
      inputs: [float32('x', 1, 3, 8, 8)],
      constants: [weights('w', 4, 3, 3, 3)],
    };
    const cast = model({ nodes, ...rest });
    const { work } = inferShapes(cast);
    const [first, second, third] = cast.graph.nodes.map(work);
    assert.deepEqual(first, { kind: 'free', reason: 'computed ahead of time' });
    // 4 · 3 · 3 · 3 weights at 6 × 6 places.
    assert.equal(macsOf(workOf(second, 'loopNest')), 108 * 36);
    workOf(third, 'vector');
  });

  it('reports unknown operators and goes on with what the file declares', () => {
    const odd = model({
      nodes: [
        ['a', 'com.example:Foo', 'x'],
        ['b', 'Relu', 'a'],
        ['c', 'Bar', 'b'],
      ],
      inputs: [float32('x', 2, 3)],
      declared: [float32('a', 2, 5)],
    });
    const { infos, problems, work } = inferShapes(odd);
    assert.deepEqual(messages(problems), ['unknown operator Foo (com.example)', 'unknown operator Bar (ai.onnx)']);
    assert.deepEqual(infos.get('b')?.shape, [2, 5]);
    assert.deepEqual(infos.get('c'), {});
    assert.equal(work(odd.graph.nodes[0] as Node), undefined);
  });

  it('trusts itself where the file declares something else, and says so', () => {
    const wrong = model({
      nodes: [['y', 'Relu', 'x']],
      inputs: [float32('x', 2, 3)],
      declared: [{ name: 'y', type: 'float16', shape: [2, 4] }],
    });
    const { infos, problems } = inferShapes(wrong);
    assert.deepEqual(infos.get('y'), { type: 'float32', shape: [2, 3] });
    assert.deepEqual(messages(problems), [
      `'y' is declared as float16 but is float32`,
      `'y' is declared as [2,4] but is [2,3]`,
    ]);
  });

  it('does not let a small file ask for endless memory', () => {
    const asks: readonly (readonly [Sketch['nodes'], RegExp])[] = [
      [
        [
          ['t', 'Tile', 'one many'],
          ['y', 'Reshape', 'x t'],
        ],
        /134217728 dimensions, more than 256/,
      ],
      [
        [
          ['t', 'Tile', 'one many'],
          ['y', 'ConstantOfShape', 't'],
        ],
        /134217728 dimensions/,
      ],
      [
        [
          ['t', 'Tile', 'one many'],
          ['y', 'Expand', 'x t'],
        ],
        /134217728 dimensions/,
      ],
      [
        [
          ['t', 'Tile', 'one huge'],
          ['y', 'Tile', 't huge'],
        ],
        /an axis of/,
      ],
      [
        [
          ['t', 'Range', 'zero many zero'],
          ['y', 'Relu', 't'],
        ],
        /its delta is 0/,
      ],
      [[['y', 'ConstantOfShape', 'negative']], /an axis of -5 elements/],
      [[['y', 'Scan', 'x', { num_scan_inputs: int(2 ** 27) }]], /it scans 134217728 of 1 inputs/],
    ];
    for (const [nodes, message] of asks) {
      const hostile = model({
        nodes,
        inputs: [float32('x', 2, 3)],
        constants: [
          list('one', 7),
          list('many', 2 ** 27),
          list('huge', 2 ** 50),
          list('negative', -5),
          { ...list('zero', 0), shape: [] },
        ],
      });
      const { problems, infos } = inferShapes(hostile);
      assert.match(messages(problems).join('\n'), message);
      assert.equal(infos.get('y')?.shape, undefined);
    }
  });

  it('turns a malformed node into one sentence', () => {
    const bad = model({
      nodes: [['y', 'Concat', 'x z', { axis: int(5) }]],
      inputs: [float32('x', 2, 3), float32('z', 2, 3)],
    });
    assert.deepEqual(messages(inferShapes(bad).problems), ['axis 5 is outside a tensor of rank 2']);
  });

  describe('local functions', () => {
    /** Twice(a; along) = Relu(Concat(a, a)). */
    const twice: LocalFunction = {
      name: 'Twice',
      domain: 'local',
      overload: '',
      attributes: ['along'],
      defaults: new Map([['along', int(0)]]),
      opsets: new Map([['', 17]]),
      body: graph({
        nodes: [
          ['both', 'Concat', 'a a', { axis: { type: 'reference', value: 'along' } }],
          ['b', 'Relu', 'both'],
        ],
        inputs: [{ name: 'a' }],
        outputs: [{ name: 'b' }],
      }),
    };

    it('are entered with the attributes of the call, or their defaults', () => {
      const calls = model(
        {
          nodes: [
            ['y', 'local:Twice', 'x', { along: int(1) }],
            ['z', 'local:Twice', 'y'],
          ],
          inputs: [float32('x', 2, 3)],
        },
        [twice],
      );
      const { infos, work, problems } = inferShapes(calls);
      assert.deepEqual(infos.get('y'), { type: 'float32', shape: [2, 6] });
      assert.deepEqual(infos.get('z'), { type: 'float32', shape: [4, 6] });
      assert.deepEqual(problems, []);
      const inner = workOf(work(calls.graph.nodes[1] as Node), 'body');
      assert.equal(flopsOf(inner), 24);
      assert.ok(inner.kind === 'body' && inner.parts.length === 2);
      assert.deepEqual(inner.parts[0]?.context.outputs[0]?.shape, [4, 6]);
    });

    const calling = (name: string, callee: string): LocalFunction => ({
      ...twice,
      name,
      body: graph({
        nodes: [
          ['c', `local:${callee}`, 'a'],
          ['b', `local:${callee}`, 'c'],
        ],
        inputs: [{ name: 'a' }],
        outputs: [{ name: 'b' }],
      }),
    });

    it('that call themselves are a problem, not a hang', () => {
      const sketch: Sketch = { nodes: [['y', 'local:Even', 'x']], inputs: [float32('x', 2)] };
      const { problems, infos } = inferShapes(model(sketch, [calling('Even', 'Odd'), calling('Odd', 'Even')]));
      assert.deepEqual([...new Set(messages(problems))], ['the local function Even calls itself']);
      assert.deepEqual(infos.get('y'), {});
    });

    it('that unfold without measure are given up', function () {
      this.timeout(30_000);
      const ladder = Array.from({ length: 40 }, (_, step) => calling(`F${step}`, `F${step + 1}`));
      const sketch: Sketch = { nodes: [['y', 'local:F0', 'x']], inputs: [float32('x', 2)] };
      const { problems } = inferShapes(model(sketch, [...ladder, { ...twice, name: 'F40' }]));
      assert.ok(messages(problems).includes('sub-graphs and local functions unfold to more than 1,000,000 nodes'));
    });
  });

  describe('control flow', () => {
    const branch = (nodes: readonly NodeSketch[], output: string): Attribute => ({
      type: 'graph',
      value: graph({ nodes, outputs: [{ name: output }] }),
    });

    const conditional = (constants: readonly Tensor[], inputs: readonly ValueInfo[]): Model =>
      model({
        nodes: [
          [
            'y',
            'If',
            'condition',
            {
              then_branch: branch([['t', 'Transpose', 'x']], 't'),
              else_branch: branch([['e', 'Relu', 'x']], 'e'),
            },
          ],
        ],
        inputs: [float32('x', 2, 3), ...inputs],
        constants,
      });

    it('counts the branch that a known condition takes', () => {
      const condition: Tensor = { name: 'condition', type: 'bool', shape: [], values: [0], location };
      const known = conditional([condition], []);
      const { infos, work } = inferShapes(known);
      assert.deepEqual(infos.get('y')?.shape, [2, 3]);
      assert.equal(flopsOf(workOf(work(known.graph.nodes[0] as Node), 'body')), 6);
    });

    it('keeps what both branches agree on where the run decides', () => {
      const open = conditional([], [{ name: 'condition', type: 'bool', shape: [] }]);
      const { infos, work } = inferShapes(open);
      assert.deepEqual(infos.get('y'), { type: 'float32', shape: [null, null] });
      assert.equal(work(open.graph.nodes[0] as Node), undefined);
    });

    it('runs a loop of known length to its end: carried sizes that change are open, stacked ones counted', () => {
      const yes: Tensor = { name: 'yes', type: 'bool', shape: [], values: [1], location };
      const body = graph({
        nodes: [
          ['on', 'Identity', 'goes'],
          ['grown', 'Concat', 'state x', { axis: int(0) }],
          ['element', 'Relu', 'x'],
        ],
        inputs: [{ name: 'i' }, { name: 'goes' }, { name: 'state' }],
        outputs: [{ name: 'yes' }, { name: 'grown' }, { name: 'element' }],
      });
      const loop = model({
        nodes: [['last stacked', 'Loop', 'trips  x', { body: { type: 'graph', value: body } }]],
        inputs: [float32('x', 2, 3)],
        constants: [{ name: 'trips', type: 'int64', shape: [], values: [5], location }, yes],
      });
      const { infos, work, problems } = inferShapes(loop);
      assert.deepEqual(problems, []);
      assert.deepEqual(infos.get('last'), { type: 'float32', shape: [null, 3] });
      assert.deepEqual(infos.get('stacked'), { type: 'float32', shape: [5, 2, 3] });
      const inside = workOf(work(loop.graph.nodes[0] as Node), 'body');
      assert.ok(inside.kind === 'body');
      assert.equal(inside.times, 5);
      // Relu of 2 × 3 elements, five times; the Concat moves bytes.
      assert.equal(flopsOf(inside), 30);
    });

    it('scans along the axis of the sequence', () => {
      const body = graph({
        nodes: [
          ['after', 'Add', 'state element'],
          ['out', 'Unsqueeze', 'after front'],
        ],
        inputs: [{ name: 'state' }, { name: 'element' }],
        outputs: [{ name: 'after' }, { name: 'out' }],
        constants: [list('front', 0)],
      });
      const scan = model({
        nodes: [
          [
            'final all',
            'Scan',
            'start sequence',
            { body: { type: 'graph', value: body }, num_scan_inputs: int(1), scan_input_axes: ints(1) },
          ],
        ],
        inputs: [float32('start', 1, 3), float32('sequence', 4, 7, 3)],
      });
      const { infos, work, problems } = inferShapes(scan);
      assert.deepEqual(problems, []);
      // Elements are [4, 3]: the state broadcasts from [1, 3], so its first size is open.
      assert.deepEqual(infos.get('final')?.shape, [null, 3]);
      assert.deepEqual(infos.get('all')?.shape, [7, 1, 4, 3]);
      const inside = workOf(work(scan.graph.nodes[0] as Node), 'body');
      assert.equal(inside.kind === 'body' && inside.times, 7);
    });
  });

  describe('work of one node, by hand', () => {
    const x = float32('x', 2, 3, 4);
    const image = float32('x', 1, 8, 6, 6);
    const moved = (burst: number): Work => ({ kind: 'movement', burst });
    const computed = (operations: number, passes = 1): Work => ({ kind: 'vector', operations, passes });
    const EXAMPLES: readonly (readonly [
      node: NodeSketch,
      input: ValueInfo,
      constants: readonly Tensor[],
      expected: Work,
    ])[] = [
      [['y', 'Relu', 'x'], x, [], computed(24)],
      [['y', 'Add', 'x w'], x, [weights('w', 5, 1, 1, 1)], computed(120)],
      [['y', 'Sum', 'x w x'], x, [weights('w', 4)], computed(48)],
      // A sum per element and a division per result.
      [['y', 'ReduceMean', 'x', { axes: ints(2) }], x, [], computed(24 + 6)],
      [['y', 'ReduceMax', 'x', { axes: ints(1) }], x, [], computed(24)],
      [['y', 'Cast', 'x', { to: int(10) }], x, [], computed(24)],
      // A heap of 2: one comparison deep.
      [['y i', 'TopK', 'x two'], x, [list('two', 2)], computed(24)],
      [['y', 'Reshape', 'x flat'], x, [list('flat', -1)], { kind: 'free', reason: 'a view of the same elements' }],
      // The last axis stays: rows of four are moved.
      [['y', 'Transpose', 'x', { perm: ints(1, 0, 2) }], x, [], moved(4)],
      [['y', 'Transpose', 'x', { perm: ints(0, 2, 1) }], x, [], moved(1)],
      [
        ['y', 'Transpose', 'x', { perm: ints(0, 2, 3, 1) }],
        float32('x', 1, 8, 1, 1),
        [],
        { kind: 'free', reason: 'only axes of size 1 change places' },
      ],
      // Of the two parts [1, 8, …] and [1, 2, …] the shorter one has 2 · 36 elements in a row.
      [['y', 'Concat', 'x w', { axis: int(1) }], image, [weights('w', 1, 2, 6, 6)], moved(72)],
      [['y z', 'Split', 'x', { axis: int(1) }], image, [], moved(4 * 36)],
      // Channels 2 to 5 are one run; every second column is none.
      [['y', 'Slice', 'x from to axis'], image, [list('from', 2), list('to', 6), list('axis', 1)], moved(4 * 36)],
      [
        ['y', 'Slice', 'x from to axis step'],
        image,
        [list('from', 0), list('to', 6), list('axis', 3), list('step', 2)],
        moved(1),
      ],
      [['y', 'Gather', 'x rows', { axis: int(1) }], x, [list('rows', 2, 0)], moved(4)],
      [['y', 'Pad', 'x pads'], image, [list('pads', 0, 0, 1, 1, 0, 0, 1, 1)], moved(8)],
      [['y', 'DepthToSpace', 'x', { blocksize: int(2) }], image, [], moved(1)],
    ];

    for (const [node, input, constants, expected] of EXAMPLES) {
      it(`${node[1]} ${input.shape} ${constants.map(({ values, shape }) => `[${values ?? shape}]`).join(' ')}`, () => {
        const one = model({ nodes: [node], inputs: [input], constants });
        const opset = node[1] === 'ReduceMean' || node[1] === 'ReduceMax' ? 13 : 17;
        const { work, problems } = inferShapes({ ...one, opsets: new Map([['', opset]]) });
        assert.deepEqual(problems, []);
        assert.deepEqual(one.graph.nodes.map(work), [expected]);
      });
    }

    it('is unknown where a size is', () => {
      const open = model({ nodes: [['y', 'Relu', 'x']], inputs: [float32('x', 1, 'h')] });
      assert.deepEqual(open.graph.nodes.map(inferShapes(open).work), [undefined]);
    });
  });

  it('answers for its own nodes only', () => {
    const one = model({ nodes: [['y', 'Relu', 'x']], inputs: [float32('x', 2)] });
    const { context, opsetOf } = inferShapes(one);
    const [node] = one.graph.nodes;
    assert.ok(node);
    assert.equal(opsetOf(node), 17);
    assert.deepEqual(context(node).inputs, [{ type: 'float32', shape: [2] }]);
    assert.throws(() => context({ ...node }), /not in the model/);
  });
});

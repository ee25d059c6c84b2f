import assert from 'node:assert/strict';
import type { Attribute, DataType, Model, Tensor } from '../../src/graph/graph';
import { DEFAULT_FUSION, FUSION_RULES, type FusionRule } from '../../src/hardware/fusionRules';
import { overrideHardware, parseHardware } from '../../src/hardware/parse';
import { type FusedKernel, fuse } from '../../src/latency/fusion/fuse';
import { buildReport } from '../../src/latency/report';
import { inferShapes } from '../../src/operators/inferShapes';
import { costAt, layer, reportOf, TX2 } from '../reports';
import { float32, location, type NodeSketch, model as sketched, weights } from '../sketch';
import { smallModel } from '../smallModel';

const ALL = FUSION_RULES.filter((rule) => rule !== 'pointwise');
const ints = (...value: number[]): Attribute => ({ type: 'ints', value });
const int = (value: number): Attribute => ({ type: 'int', value });

const scalar = (name: string, type: DataType = 'float32', value = 1): Tensor => ({
  name,
  type,
  shape: [],
  values: [value],
  location,
});

interface Case {
  readonly nodes: readonly NodeSketch[];
  readonly outputs?: string;
  readonly constants?: readonly Tensor[];
}

/** A network on x [1, 4, 8, 8] or rows [2, 16, 32], with a matrix w [32, 32] and scalars c and d. */
function network({ nodes, outputs = 'y', constants = [] }: Case): Model {
  const model = sketched({
    nodes,
    inputs: [float32('x', 1, 4, 8, 8), float32('rows', 2, 16, 32), float32('other', 2, 16, 32)],
    outputs: outputs.split(' ').map((name) => ({ name })),
    constants: [
      weights('w', 32, 32),
      weights('gamma', 32),
      weights('beta', 32),
      scalar('c'),
      scalar('d'),
      ...constants,
    ],
  });
  return model;
}

/** Operators of each kernel, in the order in which they run. */
function kernels(model: Model, rules: readonly FusionRule[]): readonly string[] {
  return run(model, rules).map(({ nodes }) => nodes.map(({ operator }) => operator).join(' '));
}

function run(model: Model, rules: readonly FusionRule[]): readonly FusedKernel[] {
  return fuse(model.graph, inferShapes(model), rules).kernels;
}

/** With the rules one kernel; without this one, or where an inner value is read elsewhere, more. */
function isOneKernel(rule: FusionRule, nodes: readonly NodeSketch[], inner: string): void {
  const last = nodes.at(-1)?.[0] ?? '';
  const renamed = { nodes, outputs: last };
  const name = nodes.map(([, operator]) => operator).join(' ');
  assert.equal(kernels(network(renamed), ALL).length, 1, name);
  const without = ALL.filter((one) => one !== rule);
  assert.ok(kernels(network(renamed), without).length > 1, `${name} without ${rule}`);
  assert.ok(kernels(network({ nodes, outputs: `${last} ${inner}` }), ALL).length > 1, `${name}, ${inner} is read`);
}

describe('fusion: operators written out', () => {
  it('SiLU and HardSwish', () => {
    isOneKernel(
      'swish',
      [
        ['s', 'Sigmoid', 'rows'],
        ['y', 'Mul', 's rows'],
      ],
      's',
    );
    isOneKernel(
      'swish',
      [
        ['s', 'HardSigmoid', 'rows'],
        ['y', 'Mul', 'rows s'],
      ],
      's',
    );
    const clipped: readonly NodeSketch[] = [
      ['a', 'Add', 'rows c'],
      ['k', 'Clip', 'a c d'],
      ['m', 'Mul', 'rows k'],
    ];
    isOneKernel('swish', [...clipped, ['y', 'Div', 'm d']], 'm');
    isOneKernel(
      'swish',
      [clipped[0] ?? assert.fail(), clipped[1] ?? assert.fail(), ['e', 'Div', 'k d'], ['y', 'Mul', 'e rows']],
      'k',
    );
  });

  it('a product of two different tensors is no SiLU', () => {
    const nodes: readonly NodeSketch[] = [
      ['s', 'Sigmoid', 'rows'],
      ['y', 'Mul', 's other'],
    ];
    assert.deepEqual(kernels(network({ nodes }), ALL), ['Sigmoid', 'Mul']);
  });

  it('GELU by erf, in three orders, and by tanh', () => {
    const erf: readonly NodeSketch[] = [
      ['a', 'Div', 'rows c'],
      ['b', 'Erf', 'a'],
      ['e', 'Add', 'b d'],
    ];
    isOneKernel('gelu', [...erf, ['m', 'Mul', 'rows e'], ['y', 'Mul', 'm c']], 'b');
    isOneKernel('gelu', [...erf, ['h', 'Mul', 'rows c'], ['y', 'Mul', 'h e']], 'h');
    isOneKernel('gelu', [...erf, ['h', 'Mul', 'c e'], ['y', 'Mul', 'rows h']], 'e');
    const tanh: readonly NodeSketch[] = [
      ['p', 'Pow', 'rows c'],
      ['q', 'Mul', 'p c'],
      ['r', 'Add', 'rows q'],
      ['s', 'Mul', 'r c'],
      ['t', 'Tanh', 's'],
      ['e', 'Add', 't d'],
    ];
    isOneKernel('gelu', [...tanh, ['h', 'Mul', 'rows c'], ['y', 'Mul', 'h e']], 'r');
  });

  it('layer normalization with and without its parameters, root-mean-square normalization', () => {
    const axes = { axes: ints(-1) };
    const centred: readonly NodeSketch[] = [
      ['m', 'ReduceMean', 'rows', axes],
      ['f', 'Sub', 'rows m'],
      ['q', 'Pow', 'f c'],
      ['v', 'ReduceMean', 'q', axes],
      ['e', 'Add', 'v d'],
      ['s', 'Sqrt', 'e'],
      ['n', 'Div', 'f s'],
    ];
    isOneKernel('layer_norm', centred, 'q');
    isOneKernel('layer_norm', [...centred, ['g', 'Mul', 'n gamma'], ['y', 'Add', 'g beta']], 'n');
    const rms: readonly NodeSketch[] = [
      ['q', 'Mul', 'rows rows'],
      ['v', 'ReduceMean', 'q', axes],
      ['e', 'Add', 'v d'],
      ['s', 'Sqrt', 'e'],
      ['i', 'Reciprocal', 's'],
      ['n', 'Mul', 'rows i'],
    ];
    isOneKernel('layer_norm', [...rms, ['y', 'Mul', 'gamma n']], 's');
    const [kernel] = run(network({ nodes: centred, outputs: 'n' }), ALL);
    // Its arithmetic is that of its parts; it reads and writes what one normalization does.
    assert.deepEqual(kernel?.work?.kind === 'vector' && kernel.work.passes, 2);
    assert.deepEqual(kernel?.context.node.inputs, ['rows', 'c', 'd']);
  });
});

describe('fusion: kernels', () => {
  it('matrix product, bias, activation; reshapes in between are no hindrance', () => {
    const shape: Tensor = { name: 'to', type: 'int64', shape: [2], values: [32, 32], location };
    const nodes: readonly NodeSketch[] = [
      ['p', 'MatMul', 'rows w'],
      ['b', 'Add', 'p beta'],
      ['v', 'Reshape', 'b to'],
      ['s', 'Sigmoid', 'v'],
      ['y', 'Mul', 'v s'],
    ];
    assert.deepEqual(kernels(network({ nodes, constants: [shape] }), ALL), ['MatMul Add Sigmoid Mul']);
    assert.deepEqual(kernels(network({ nodes, constants: [shape] }), []), ['MatMul', 'Add', 'Sigmoid', 'Mul']);
  });

  it('pooling joins where the target can, and its kernel writes the pooled values', () => {
    const kernel = { kernel_shape: ints(2, 2), strides: ints(2, 2) };
    const nodes: readonly NodeSketch[] = [
      ['p', 'Conv', 'x k', { kernel_shape: ints(3, 3), pads: ints(1, 1, 1, 1) }],
      ['r', 'Relu', 'p'],
      ['y', 'MaxPool', 'r', kernel],
    ];
    const model = network({ nodes, constants: [weights('k', 8, 4, 3, 3)] });
    assert.deepEqual(kernels(model, ALL), ['Conv Relu MaxPool']);
    assert.deepEqual(kernels(model, DEFAULT_FUSION.multicore), ['Conv Relu', 'MaxPool']);
    const sets = ['residency=false', 'fusion=epilogue,pool'];
    const report = buildReport(model, inferShapes(model), overrideHardware(TX2, sets));
    assert.equal(costAt(report, 0).offChipBytes.output, 4 * 8 * 4 * 4);
    assert.deepEqual(layer(report, 0).kernel, [0, 1, 2]);
  });

  it('element-wise chains where the target has kernels for them', () => {
    const nodes: readonly NodeSketch[] = [
      ['a', 'Exp', 'rows'],
      ['b', 'Sub', 'a other'],
      ['y', 'Sqrt', 'b'],
    ];
    assert.deepEqual(kernels(network({ nodes }), ALL), ['Exp', 'Sub', 'Sqrt']);
    assert.deepEqual(kernels(network({ nodes }), ['pointwise']), ['Exp Sub Sqrt']);
  });

  it('an activation that waits for what is made later stays out', () => {
    // The addition joins the product that is made last, as in the report's tests; the first keeps its own kernel.
    const nodes: readonly NodeSketch[] = [
      ['p', 'MatMul', 'rows w'],
      ['q', 'MatMul', 'other w'],
      ['y', 'Add', 'p q'],
    ];
    assert.deepEqual(kernels(network({ nodes }), ALL), ['MatMul', 'MatMul Add']);
  });

  it('unknown rules are named with those that there are', () => {
    const fusion = ['epilogue', 'gelus'];
    assert.throws(
      () => parseHardware({ ...TX2, fusion }, 'mine'),
      /^Error: mine: 'fusion' has no "gelus"; known are epilogue, add, pool, pointwise, swish, gelu, layer_norm, attention, qdq$/,
    );
    assert.throws(() => parseHardware({ ...TX2, fusion: 'add' }, 'mine'), /'fusion' must be a list of words/);
    assert.throws(() => parseHardware({ ...TX2, fusion: ['add', 'add'] }, 'mine'), /'fusion' has "add" twice/);
    assert.deepEqual(overrideHardware(TX2, ['fusion=epilogue, add']).fusion, ['epilogue', 'add']);
    assert.deepEqual(overrideHardware(TX2, ['fusion=none']).fusion, []);
    assert.deepEqual(overrideHardware(TX2, ['fusion=none', 'fusion=']).fusion, DEFAULT_FUSION.multicore);
  });

  it('no rule: every node a kernel; the founding mode looks at no rule', () => {
    const none = reportOf(smallModel(), overrideHardware(TX2, ['fusion=none']));
    assert.ok(none.layers.every(({ fusedInto, kernel }) => fusedInto === undefined && kernel === undefined));
    const founding = reportOf(smallModel(), overrideHardware(TX2, ['parity=true', 'fusion=none']));
    assert.deepEqual(founding.layers.map(({ fusedInto }) => fusedInto).slice(0, 3), [undefined, 0, 0]);
  });
});

describe('fusion: attention', () => {
  const perm = (...value: number[]) => ({ perm: ints(...value) });
  const split = [
    ['q', 'Transpose', 'rq', perm(0, 2, 1, 3)],
    ['k', 'Transpose', 'rk', perm(0, 2, 3, 1)],
    ['v', 'Transpose', 'rv', perm(0, 2, 1, 3)],
    ['s', 'MatMul', 'q k'],
    ['t', 'Div', 's c'],
  ] as const satisfies readonly NodeSketch[];
  const rest = [
    ['a', 'Softmax', 'u', { axis: int(-1) }],
    ['o', 'MatMul', 'a v'],
    ['y', 'Transpose', 'o', perm(0, 2, 1, 3)],
  ] as const satisfies readonly NodeSketch[];
  const attention = (between: readonly NodeSketch[], outputs = 'y'): Model =>
    sketched({
      nodes: [...split, ...between, ...rest],
      inputs: ['rq', 'rk', 'rv'].map((name) => float32(name, 1, 64, 4, 16)).concat(float32('mask', 1, 1, 64, 64)),
      outputs: outputs.split(' ').map((name) => ({ name })),
      constants: [scalar('c')],
    });

  it('products, scale, mask, softmax and the splitting of heads are one kernel where the target has it', () => {
    const masked = attention([['u', 'Add', 't mask']]);
    assert.deepEqual(kernels(masked, ALL), ['Transpose Transpose Transpose MatMul Div Add Softmax MatMul Transpose']);
    assert.deepEqual(kernels(attention([['u', 'Identity', 't']]), ALL).length, 1);
    assert.ok(kernels(masked, DEFAULT_FUSION.multicore).length > 5);
    assert.ok(kernels(attention([['u', 'Add', 't mask']], 'y a'), ALL).length > 5, 'who reads the weights gets them');
    assert.ok(kernels(attention([['u', 'Relu', 't']]), ALL).length > 5, 'no softmax attention');
  });

  it('the scores stay on chip: only Q, K, V, mask and result are moved, and one launch is paid', () => {
    const model = attention([['u', 'Add', 't mask']]);
    const a100 = overrideHardware(TX2, ['residency=false', 'fusion=epilogue,attention', 'launch_time=1e-5']);
    const report = buildReport(model, inferShapes(model), a100);
    const cost = costAt(report, 3);
    const tensor = 4 * 64 * 4 * 16;
    assert.equal(Math.round(cost.offChipBytes.input), 3 * tensor + 4 * 64 * 64);
    assert.equal(Math.round(cost.offChipBytes.output), tensor);
    assert.equal(Math.round(1e9 * cost.terms.launch), 10_000);
    assert.equal(report.layers.filter(({ fusedInto }) => fusedInto === 3).length, 8);
  });
});

describe('fusion: quantised models', () => {
  const zero = (name: string): Tensor => scalar(name, 'int8', 0);
  const constants = [
    { ...weights('qk', 8, 4, 1, 1), type: 'int8' as const },
    { ...weights('qb', 8), type: 'int32' as const },
    ...[scalar('s1'), scalar('s2'), scalar('s3', 'float32', 2), zero('z'), scalar('zb', 'int32', 0)],
  ];
  const q8 = { name: 'qx', type: 'int8' as const, shape: [1, 4, 8, 8] };
  const convolution = (last: readonly NodeSketch[], outputs: string): Model =>
    sketched({
      nodes: [
        ['dx', 'DequantizeLinear', 'qx s1 z'],
        ['dk', 'DequantizeLinear', 'qk s2 z'],
        ['db', 'DequantizeLinear', 'qb s2 zb'],
        ['p', 'Conv', 'dx dk db', { kernel_shape: ints(1, 1) }],
        ['r', 'Relu', 'p'],
        ...last,
      ],
      inputs: [q8],
      outputs: outputs.split(' ').map((name) => ({ name })),
      constants,
    });

  it('a convolution between them reads, multiplies and writes bytes', () => {
    const model = convolution([['y', 'QuantizeLinear', 'r s3 z']], 'y');
    assert.deepEqual(kernels(model, ALL), ['DequantizeLinear Conv Relu QuantizeLinear']);
    const report = buildReport(model, inferShapes(model), overrideHardware(TX2, ['residency=false']));
    assert.deepEqual(costAt(report, 3).offChipBytes, {
      input: 4 * 64,
      // 32 weights of a byte, 8 biases of four; scale and zero point of the result.
      weight: 32 + 32 + 4 + 1,
      output: 8 * 64,
    });
    assert.equal(layer(report, 0).fusedInto, 3);
    const wide = buildReport(model, inferShapes(model), overrideHardware(TX2, ['residency=false', 'fusion=epilogue']));
    assert.equal(costAt(wide, 3).offChipBytes.input, 4 * 4 * 64);
  });

  it('a value that somebody else reads in floating point is dequantised by itself, and the convolution still reads bytes', () => {
    const model = convolution([['y', 'QuantizeLinear', 'r s3 z']], 'y dx');
    assert.deepEqual(kernels(model, ALL), ['DequantizeLinear', 'Conv Relu QuantizeLinear']);
    const report = buildReport(model, inferShapes(model), overrideHardware(TX2, ['residency=false']));
    assert.equal(costAt(report, 3).offChipBytes.input, 4 * 64);
    assert.equal(costAt(report, 0).offChipBytes.output, 4 * 4 * 64);
  });

  it('weights alone: the product is of floats and reads the bytes of its weights', () => {
    const model = sketched({
      nodes: [
        ['dw', 'DequantizeLinear', 'qw s1 z'],
        ['y', 'MatMul', 'rows dw'],
      ],
      inputs: [float32('rows', 16, 32)],
      outputs: [{ name: 'y' }],
      constants: [{ ...weights('qw', 32, 32), type: 'int8' }, ...constants],
    });
    const report = buildReport(model, inferShapes(model), overrideHardware(TX2, ['residency=false']));
    assert.deepEqual(costAt(report, 1).offChipBytes, { input: 4 * 16 * 32, weight: 32 * 32, output: 4 * 16 * 32 });
  });

  it('quantised again as it was: nothing runs', () => {
    const model = sketched({
      nodes: [
        ['d', 'DequantizeLinear', 'qx s1 z'],
        ['f', 'Flatten', 'd'],
        ['y', 'QuantizeLinear', 'f s2 z'],
      ],
      inputs: [q8],
      outputs: [{ name: 'y' }],
      constants,
    });
    assert.deepEqual(
      run(model, ALL).map(({ work }) => work?.kind),
      ['free'],
    );
    const other = { ...model.graph, constants: new Map(model.graph.constants).set('s2', scalar('s2', 'float32', 3)) };
    assert.deepEqual(
      run({ ...model, graph: other }, ALL).map(({ work }) => work?.kind),
      ['vector'],
    );
  });
});

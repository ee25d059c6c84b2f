/** A small model as the host sends it: two convolutions with a skip, a fused activation, a view, an operator without a rule. */
import { BOUNDS, TERMS } from '../../src/display/bounds';
import { CATEGORIES, type GraphOpening, type ReportData } from '../../src/protocol/graphPanel';

interface TestNode {
  readonly name: string;
  readonly operator: string;
  readonly kind?: 1 | 2;
  readonly shape: string;
  readonly note?: string;
  readonly inputs: readonly number[];
  readonly bound?: (typeof BOUNDS)[number];
  /** Seconds; each term in the order of TERMS, which add up to the layer's time. */
  readonly terms?: readonly number[];
  readonly macs?: number;
  /** Node in whose kernel this one runs. */
  readonly fusedInto?: number;
}

const NODES: readonly TestNode[] = [
  { name: 'image', operator: '', kind: 1, shape: '1×3×32×32', inputs: [] },
  {
    name: 'conv1',
    operator: 'Conv',
    shape: '1×8×32×32',
    note: '3×3',
    inputs: [0],
    bound: 'compute',
    terms: [3e-3, 0, 0, 0, 0, 0, 1e-3],
    macs: 221_184,
  },
  {
    name: 'relu',
    operator: 'Relu',
    shape: '1×8×32×32',
    inputs: [1],
    bound: 'offChip',
    terms: [0, 0, 1e-3, 0, 0, 0, 0],
  },
  {
    name: 'conv2',
    operator: 'Conv',
    shape: '1×8×32×32',
    note: '1×1',
    inputs: [2],
    bound: 'compute',
    terms: [5e-3, 0, 0, 0, 0, 0, 0],
    macs: 65_536,
  },
  {
    name: 'relu2',
    operator: 'Relu',
    shape: '1×8×32×32',
    inputs: [3],
    bound: 'compute',
    terms: [0, 0, 0, 0, 0, 0, 0],
    fusedInto: 3,
  },
  { name: 'add', operator: 'Add', shape: '1×8×32×32', inputs: [4, 2], bound: 'unknown' },
  { name: 'flat', operator: 'Flatten', shape: '1×8192', inputs: [5], bound: 'free', terms: [0, 0, 0, 0, 0, 0, 0] },
  { name: 'scores', operator: '', kind: 2, shape: '1×8192', inputs: [6] },
];

export function testOpening(): GraphOpening {
  const operators = [...new Set(NODES.map(({ operator }) => operator))];
  const edges = NODES.flatMap(({ inputs }, target) => inputs.map((source) => [source, target] as const));
  let row = 0;
  return {
    scene: {
      title: 'test.onnx',
      facts: [],
      nodeCount: NODES.length,
      kind: Uint8Array.from(NODES, ({ kind }) => kind ?? 0),
      reportIndex: Int32Array.from(NODES, ({ kind }) => (kind === undefined ? row++ : -1)),
      names: NODES.map(({ name }) => name),
      operators,
      operator: Uint16Array.from(NODES, ({ operator }) => operators.indexOf(operator)),
      category: Uint8Array.from(NODES, ({ operator }) =>
        CATEGORIES.indexOf(operator === 'Conv' ? 'convolution' : 'other'),
      ),
      shapes: NODES.map(({ shape }) => shape),
      notes: NODES.map(({ note }) => note ?? ''),
      edges: Uint32Array.from(edges.flat()),
      edgeTensor: Uint32Array.from(edges, ([source]) => source),
      tensors: NODES.map(({ name }) => `${name}:0`),
      tensorShapes: NODES.map(({ shape }) => shape),
      tensorTypes: NODES.map(() => 'float32'),
      tensorBytes: Float64Array.from(
        NODES,
        ({ shape }) => 4 * shape.split('×').reduce((size, dim) => size * Number(dim), 1),
      ),
      groups: {
        source: 'none',
        names: [],
        kinds: [],
        parent: new Int32Array(),
        of: new Int32Array(NODES.length).fill(-1),
      },
    },
    report: testReport(),
    hardware: [],
    batch: 1,
    bindings: [],
    warnings: [],
    inside: [],
    runBlocked: '',
  };
}

function testReport(): ReportData {
  const rows = NODES.filter(({ kind }) => kind === undefined);
  const unknown = (node: TestNode) => node.terms === undefined;
  const seconds = rows.map((node) => (node.terms ? node.terms.reduce((sum, term) => sum + term, 0) : Number.NaN));
  const total = seconds.reduce((sum, time) => sum + (Number.isNaN(time) ? 0 : time), 0);
  const order = [3, 1, 2]; // by hand: 5 ms, 4 ms, 1 ms; fused, free and unknown layers have no rank
  return {
    revision: 1,
    hardwareId: 'test',
    hardwareName: 'Test',
    frequency: 1e9,
    cycles: Float64Array.from(seconds, (time) => 1e9 * time),
    seconds: Float64Array.from(seconds),
    fusedInto: Int32Array.from(rows, ({ fusedInto }) => (fusedInto === undefined ? -1 : fusedInto - 1)),
    rank: Uint32Array.from(rows, (node) => order.indexOf(NODES.indexOf(node)) + 1),
    terms: Float64Array.from(rows.flatMap(({ terms }) => terms ?? TERMS.map(() => Number.NaN))),
    bound: Uint8Array.from(rows, ({ bound }) => BOUNDS.indexOf(bound ?? 'unknown')),
    macs: Float64Array.from(rows, ({ macs }) => macs ?? 0),
    flops: Float64Array.from(rows, ({ macs }) => 2 * (macs ?? 0)),
    parameters: new Float64Array(rows.length),
    bytes: Float64Array.from(rows.flatMap((_, i) => [100 * i, 10, 1])),
    utilization: Float64Array.from(rows, (node) => (unknown(node) ? Number.NaN : 0.25)),
    lowerBound: Float64Array.from(seconds, (time) => time / 2),
    energy: new Float64Array(rows.length).fill(Number.NaN),
    energyTerms: new Float64Array(4 * rows.length).fill(Number.NaN),
    mapping: rows.map((node) => (unknown(node) ? 'no rule' : 'tile')),
    offChipBytes: Float64Array.from(rows.flatMap(({ macs }, i) => [macs === undefined ? 0 : 1000 * (i + 1), 0, 0])),
    residentBytes: Float64Array.from(
      rows.flatMap(({ name }) => [name === 'conv2' ? 512 : 0, name === 'relu' ? 512 : 0]),
    ),
    residentTensors: ['relu:0'],
    roofs: [
      { label: 'float32', flopsPerSecond: 1e9 },
      { label: 'off-chip', bytesPerSecond: 1e8 },
    ],
    whatIf: {
      knobs: [],
      choices: [],
      note: '',
      preset: { seconds: total, energyJoules: Number.NaN, unknownNodes: 1, batch: 1 },
    },
    totals: {
      seconds: total,
      unfusedSeconds: 1.25 * total,
      cycles: 1e9 * total,
      macs: 286_720,
      flops: 573_440,
      parameters: 0,
      memoryAccessBytes: 0,
      energyJoules: Number.NaN,
      lowerBoundSeconds: total / 2,
      costedMacsFraction: 1,
      unknownNodes: 1,
      boundShare: BOUNDS.map(() => 0),
    },
  };
}

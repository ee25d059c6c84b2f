import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { readModel } from '../../src/formats/modelReader';
import type { Graph, Model, TensorInfo } from '../../src/graph/graph';
import { byteSize } from '../../src/graph/graph';
import type { Hardware } from '../../src/hardware/hardware';
import { overrideHardware, parseHardware } from '../../src/hardware/parse';
import { isUnknown, totalBytes } from '../../src/latency/layerCost';
import { buildReport, type LatencyReport } from '../../src/latency/report';
import { keepOnChip, type Step } from '../../src/latency/residency';
import { inferShapes } from '../../src/operators/inferShapes';
import { costAt, layer, reportOf, TX2 } from '../reports';
import { needsShared, root, shared } from '../shared';
import { float32, model as sketched, weights } from '../sketch';
import { smallModel } from '../smallModel';

/** A stream of numbers from 0 to 1 that is the same every time (a linear congruential generator). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (1103515245 * state + 12345) % 2147483648;
    return state / 2147483648;
  };
}

interface Problem {
  readonly steps: readonly Step[];
  readonly bytesOf: readonly number[];
  readonly capacity: number;
}

/** Steps that each write one or two tensors and read some earlier ones; costs are the longer of arithmetic and traffic. */
function randomProblem(next: () => number): Problem {
  const count = 3 + Math.floor(6 * next());
  const bytesOf: number[] = [];
  const steps = Array.from({ length: count }, (): Step => {
    const reads = bytesOf.map((_, tensor) => tensor).filter(() => next() < 0.4);
    const writes = Array.from({ length: next() < 0.25 ? 2 : 1 }, () => bytesOf.push(1 + Math.floor(9 * next())) - 1);
    const operands = [...reads, ...writes];
    const compute = 12 * next();
    const tile = Math.floor(6 * next());
    const rate = 0.5 + next();
    return {
      reads,
      writes,
      room: (onChip) => (onChip & 1 && reads.length > 0 ? tile / 2 : tile),
      cost(onChip) {
        const traffic = operands.reduce((sum, tensor, i) => sum + (onChip & (1 << i) ? 0 : (bytesOf[tensor] ?? 0)), 0);
        return Math.max(compute, rate * traffic);
      },
    };
  });
  return { steps, bytesOf, capacity: 4 + Math.floor(20 * next()) };
}

/** Plays a schedule: undefined where what is kept does not fit, else its cost. Written without looking at the programme. */
function played({ steps, bytesOf, capacity }: Problem, kept: ReadonlySet<number>): number | undefined {
  const lastRead = new Map<number, number>();
  steps.forEach(({ reads }, now) => {
    for (const tensor of reads) lastRead.set(tensor, now);
  });
  const memory = new Set<number>();
  let total = 0;
  for (const [now, step] of steps.entries()) {
    for (const tensor of step.writes) if (kept.has(tensor)) memory.add(tensor);
    const onChip = [...step.reads, ...step.writes].reduce((bits, t, i) => (memory.has(t) ? bits | (1 << i) : bits), 0);
    const held = [...memory].reduce((sum, tensor) => sum + (bytesOf[tensor] ?? 0), 0);
    const room = held > 0 ? capacity - held : Number.POSITIVE_INFINITY;
    if (step.room(onChip) > room) return undefined;
    total += step.cost(onChip, room);
    for (const tensor of [...memory]) if ((lastRead.get(tensor) ?? -1) <= now) memory.delete(tensor);
  }
  return total;
}

/** The cheapest of all sets of tensors that are read later on. */
function exhaustive(problem: Problem): number {
  const candidates = problem.bytesOf
    .map((_, tensor) => tensor)
    .filter((tensor) => problem.steps.some(({ reads }) => reads.includes(tensor)));
  let best = Number.POSITIVE_INFINITY;
  for (let bits = 0; bits < 1 << candidates.length; bits++) {
    const kept = new Set(candidates.filter((_, i) => bits & (1 << i)));
    best = Math.min(best, played(problem, kept) ?? Number.POSITIVE_INFINITY);
  }
  return best;
}

describe('residency: the dynamic programme', () => {
  it('is as good as trying every set of tensors, and what it keeps fits', () => {
    const next = random(7);
    let kept = 0;
    for (let i = 0; i < 300; i++) {
      const problem = randomProblem(next);
      const { steps, bytesOf, capacity } = problem;
      const chosen = keepOnChip(steps, bytesOf, capacity);
      const cost = played(problem, chosen) ?? assert.fail(`problem ${i}: it does not fit`);
      const best = exhaustive(problem);
      assert.ok(cost <= best * (1 + 1e-12), `problem ${i}: ${cost}, best ${best}`);
      kept += chosen.size;
    }
    assert.ok(kept > 300, 'hardly anything was kept: nothing was tested');
  });

  it('many tensors at a time: what it keeps still fits, and is better than nothing', () => {
    const bytesOf = Array.from({ length: 60 }, (_, i) => 3 + (i % 7));
    const cost = (tensors: readonly number[]) => (onChip: number) =>
      tensors.reduce((sum, tensor, i) => sum + (onChip & (1 << i) ? 0 : (bytesOf[tensor] ?? 0)), 0);
    const room = () => 5;
    const writers = bytesOf.map((_, tensor): Step => ({ reads: [], writes: [tensor], room, cost: cost([tensor]) }));
    const readers = bytesOf.map((_, tensor): Step => ({ reads: [tensor], writes: [], room, cost: cost([tensor]) }));
    const problem = { steps: [...writers, ...readers], bytesOf, capacity: 100 };
    const kept = keepOnChip(problem.steps, bytesOf, problem.capacity);
    const nothing = played(problem, new Set()) ?? assert.fail();
    const total = played(problem, kept) ?? assert.fail('it does not fit');
    assert.ok(total < nothing - 2 * 80, `${total}, with nothing kept ${nothing}`);
  });

  it('steps with very many operands keep none of them; a chain of 5,000 steps is followed to its end', () => {
    const one = (reads: readonly number[], writes: readonly number[]): Step => {
      const operands = [...reads, ...writes];
      const cost = (onChip: number) => operands.filter((_, i) => !(onChip & (1 << i))).length;
      return { reads, writes, room: () => 0, cost };
    };
    const wide = Array.from({ length: 40 }, (_, tensor) => one([], [tensor]));
    const all = wide.map((_, tensor) => tensor);
    assert.equal(keepOnChip([...wide, one(all, [40])], new Array(41).fill(1), 1000).size, 0);
    const chain = Array.from({ length: 5000 }, (_, i) => one(i > 0 ? [i - 1] : [], [i]));
    assert.equal(keepOnChip(chain, new Array(5000).fill(1), 2).size, 4999);
    // One byte holds a tensor only while the next one is not there yet: every second one.
    assert.equal(keepOnChip(chain, new Array(5000).fill(1), 1).size, 2500);
  });
});

const ARRAY = parseHardware(
  {
    ...{ name: 'array', engine: 'spatial', rows: 16, cols: 16, frequency: 1e9, mem_bandwidth: 1e9, register_file: 64 },
    ...{ global_buffer: 65536, buffer_read_bandwidth: 64, buffer_write_bandwidth: 64 },
    precision: { input: 8, weight: 8, output: 8, partial_sum: 32 },
  },
  'array',
);

describe('residency: costs', () => {
  it('what stays is neither written nor read off chip; the buffer still hands it to the array', () => {
    const free = reportOf(smallModel(), ARRAY);
    const none = reportOf(smallModel(), overrideHardware(ARRAY, ['residency=false']));
    assert.deepEqual(layer(free, 0).resident, { inputs: [], outputs: ['r0'], inputBytes: 0, outputBytes: 2048 });
    // The convolution and the addition behind it both read the one tensor of 8·16·16 bytes.
    assert.deepEqual(layer(free, 3).resident, { inputs: ['r0'], outputs: ['r1'], inputBytes: 4096, outputBytes: 2048 });
    assert.deepEqual(layer(free, 6).resident?.inputs, ['r1']);
    assert.deepEqual(costAt(free, 0).offChipBytes, { ...costAt(none, 0).offChipBytes, output: 0 });
    assert.deepEqual(costAt(free, 3).offChipBytes, { ...costAt(none, 3).offChipBytes, input: 0, output: 0 });
    for (const id of [0, 3, 6]) {
      // Another mapping may ask the buffer more often.
      const [handed, had] = [costAt(free, id), costAt(none, id)].map((cost) => totalBytes(cost.globalBufferBytes));
      assert.ok((handed ?? 0) >= (had ?? 1), `node ${id}: ${handed} bytes, with nothing on chip ${had}`);
      assert.ok(costAt(free, id).seconds <= costAt(none, id).seconds);
      assert.ok(costAt(free, id).lowerBoundSeconds <= costAt(free, id).seconds);
    }
    assert.equal(layer(none, 0).resident, undefined);
    // What a model answers leaves the chip.
    assert.equal(costAt(free, 8).offChipBytes.output, costAt(none, 8).offChipBytes.output);
    assert.ok(free.totals.seconds < none.totals.seconds);
  });

  it('by hand: a product whose input and output stay takes what its weights take', () => {
    const model = sketched({
      nodes: [
        ['a', 'MatMul', 'x u'],
        ['b', 'MatMul', 'a v'],
        ['c', 'MatMul', 'b w'],
      ],
      inputs: [float32('x', 64, 64)],
      outputs: [{ name: 'c' }],
      constants: [weights('u', 64, 64), weights('v', 64, 64), weights('w', 64, 64)],
    });
    const shapes = inferShapes(model);
    const report = buildReport(model, shapes, ARRAY);
    assert.deepEqual(costAt(report, 1).offChipBytes, { input: 0, weight: 4096, output: 0 });
    // 4,096 bytes at 1 byte per cycle, and no less for the array: 64³ multiply-accumulates on 256 PEs.
    assert.equal(costAt(report, 1).terms.offChip, 4096e-9);
    const without = buildReport(model, shapes, overrideHardware(ARRAY, ['residency=false']));
    assert.equal(report.totals.unfusedSeconds, without.totals.seconds);
  });

  it('what a model answers is written off chip though it stays for a kernel that reads it', () => {
    const model = sketched({
      nodes: [
        ['a', 'MatMul', 'x u'],
        ['b', 'MatMul', 'a v'],
      ],
      inputs: [float32('x', 64, 64)],
      outputs: [{ name: 'a' }, { name: 'b' }],
      constants: [weights('u', 64, 64), weights('v', 64, 64)],
    });
    const report = buildReport(model, inferShapes(model), ARRAY);
    assert.deepEqual(costAt(report, 0).offChipBytes, { input: 4096, weight: 4096, output: 4096 });
    assert.deepEqual(costAt(report, 1).offChipBytes, { input: 0, weight: 4096, output: 4096 });
  });

  it('never in the founding mode, and not where the file says no', () => {
    for (const sets of [['parity=true'], ['residency=false']]) {
      const report = reportOf(smallModel(), overrideHardware(TX2, sets));
      assert.ok(report.layers.every(({ resident }) => resident === undefined));
    }
  });

  it('two layers that are equal but for what stays are costed apart', () => {
    const report = reportOf(smallModel(), TX2);
    const unfused = reportOf(smallModel(), TX2, { fuse: false });
    assert.equal(report.totals.unfusedSeconds, unfused.totals.seconds);
    assert.equal(unfused.totals.unfusedSeconds, unfused.totals.seconds);
    assert.ok(unfused.layers.every(({ resident }) => resident === undefined));
  });
});

/** Views by our own reading of ONNX: operators that never touch the elements. */
const VIEWS = /^(Reshape|Flatten|Squeeze|Unsqueeze|Identity|Dropout)$/;

/**
 * Replays a report without fusion from the graph and the names of what stays alone: every tensor that a kernel takes from on-chip memory must have been
 * left there and all that is there must fit. Answers the most bytes that were there at a time.
 */
function replay(graph: Graph, report: LatencyReport, bytesOf: (info: TensorInfo) => number): number {
  const source = new Map<string, string>();
  for (const { operator, inputs, outputs } of graph.nodes) {
    const [input = '', output = ''] = [inputs[0], outputs[0]];
    if (VIEWS.test(operator)) source.set(output, source.get(input) ?? input);
  }
  const lastRead = new Map<string, number>();
  for (const { id, inputs } of graph.nodes) {
    for (const name of inputs) lastRead.set(source.get(name) ?? name, id);
  }
  const memory = new Map<string, number>();
  let most = 0;
  for (const { id } of graph.nodes) {
    const { resident } = layer(report, id);
    for (const name of resident?.inputs ?? []) assert.ok(memory.has(name), `${name} is not there for node ${id}`);
    for (const name of resident?.outputs ?? []) {
      assert.ok(!memory.has(name), `${name} is there twice`);
      memory.set(name, bytesOf(report.shapes.infos.get(name) ?? assert.fail(name)));
    }
    most = Math.max(
      most,
      [...memory.values()].reduce((sum, bytes) => sum + bytes, 0),
    );
    for (const name of memory.keys()) if ((lastRead.get(name) ?? -1) <= id) memory.delete(name);
  }
  return most;
}

describe('residency: replayed on networks', () => {
  before(function () {
    needsShared(this);
  });

  const preset = (id: string): Hardware =>
    parseHardware(fs.readFileSync(path.join(root, `media/hardware/${id}.json`), 'utf8'), id);

  async function networks(): Promise<readonly Model[]> {
    const files = ['models/light_inception_v1.onnx', 'oracle/mobilenet_v2_025/model.onnx'];
    return Promise.all(files.map((file) => readModel(shared(`data/${file}`))));
  }

  it('nothing beats its bound, on any preset', async function () {
    this.timeout(60_000);
    for (const model of (await networks()).slice(1)) {
      const shapes = inferShapes(model, { batch: 1 });
      for (const file of fs.readdirSync(path.join(root, 'media/hardware'))) {
        if (file === 'schema.json') continue;
        const { layers } = buildReport(model, shapes, preset(path.basename(file, '.json')));
        for (const { cost, node } of layers) {
          if (isUnknown(cost)) continue;
          const what = `${model.path}, ${file}, node ${node.id}: ${cost.seconds} s, bound ${cost.lowerBoundSeconds} s`;
          assert.ok(cost.lowerBoundSeconds <= cost.seconds * (1 + 1e-9), what);
        }
      }
    }
  });

  it('what is on chip was left there and fits, and less is moved, on GPUs and arrays', async function () {
    this.timeout(60_000);
    for (const model of await networks()) {
      const shapes = inferShapes(model, { batch: 1 });
      for (const [hardware, capacity, bytesOf] of [
        [preset('jetson-tx2'), 524288, (info: TensorInfo) => byteSize(info) ?? 0],
        [preset('a100'), 41943040, (info: TensorInfo) => byteSize(info) ?? 0],
        [overrideHardware(ARRAY, ['global_buffer=1048576']), 1048576, (info: TensorInfo) => (byteSize(info) ?? 0) / 4],
      ] as const) {
        const report = buildReport(model, shapes, overrideHardware(hardware, ['residency=true', 'fusion=none']));
        const without = buildReport(model, shapes, overrideHardware(hardware, ['residency=false', 'fusion=none']));
        const most = replay(model.graph, report, bytesOf);
        assert.ok(most > 0 && most <= capacity, `${model.path} on ${hardware.name}: ${most} bytes`);
        for (const [id, { cost }] of report.layers.entries()) {
          const before = without.layers[id]?.cost ?? assert.fail();
          if (isUnknown(cost) || isUnknown(before)) assert.fail();
          assert.ok(cost.seconds <= before.seconds * (1 + 1e-12), `${model.path}, node ${id}`);
          assert.ok(totalBytes(cost.offChipBytes) <= totalBytes(before.offChipBytes), `${model.path}, node ${id}`);
        }
        const moved = report.layers.reduce((sum, _, id) => sum + totalBytes(costAt(report, id).offChipBytes), 0);
        const had = without.layers.reduce((sum, _, id) => sum + totalBytes(costAt(without, id).offChipBytes), 0);
        const kept = report.layers.reduce((sum, { resident }) => sum + (resident?.outputBytes ?? 0), 0);
        assert.ok(had - moved >= 2 * kept * (1 - 1e-9), 'each byte that stays is spared once out and once in');
      }
    }
  });
});

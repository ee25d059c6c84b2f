/**
 * How long a prediction takes the way the panel asks for it (Trials, then what is sent), each time with a value never seen before:
 * while a slider moves, and when it comes to rest and the whole search is done. Targets: ResNet-50 below 50 ms while it moves, median;
 * nothing holds the host's thread for more than 100 ms. Then what the advice of a layer takes when it is pointed at for the first time.
 * Run: npm run build && node out/test/bench/latency.cjs [PRESET …]
 */
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { readModel } from '../../src/formats/modelReader';
import type { Model } from '../../src/graph/graph';
import type { Hardware } from '../../src/hardware/hardware';
import { loadPresets } from '../../src/hardware/presets';
import { type Opened, reportOn, Trials } from '../../src/host/trial';
import { inferShapes } from '../../src/operators/inferShapes';
import { buildScene } from '../../src/scene/scene';
import { manyNodes } from '../manyNodes';
import { root, sharedPath } from '../shared';

/** Places of each slider, and after how many moves it rests. */
const PLACES = 9;
const REST = 3;
/** Of the hardware; a file has some of them. */
const SLIDERS = [
  ...['frequency', 'mem_bandwidth', 'mem_read_bandwidth'],
  ...['global_memory', 'global_buffer', 'conv_buffer', 'rows'],
];
/** Layers that are pointed at. */
const HOVERS = 15;

void main(process.argv.slice(2));

async function main(wanted: readonly string[]): Promise<void> {
  const resnet = sharedPath('data/models/light_resnet50.onnx');
  const models: [string, Model][] = [['5,000 nodes', manyNodes(5000)]];
  if (resnet) models.unshift(['ResNet-50', await readModel(resnet)]);
  for (const [name, model] of models) {
    const opened = open(model);
    console.log(`${name}: ${model.graph.nodes.length} nodes; times in ms`);
    for (const [id, hardware] of await loadPresets(path.join(root, 'media/hardware'))) {
      if (wanted.length === 0 || wanted.includes(id)) await measure(id, hardware, opened);
    }
  }
}

function open(model: Model): Opened {
  const shapes = inferShapes(model, { batch: 1 });
  return { model, shapes, scene: buildScene(model, shapes, 'bench'), batch: 1, elementType: undefined };
}

async function measure(id: string, hardware: Hardware, opened: Opened): Promise<void> {
  const trials = new Trials({
    opened: async () => opened,
    hardware: async () => ({ id, value: hardware, warnings: [] }),
    build: async () => opened,
  });
  const first = await timed(async () => reportOn(await trials.current()));
  const held = monitorEventLoopDelay({ resolution: 1 });
  held.enable();
  const moves: number[] = [];
  const rests: number[] = [];
  for (const changes of sliders(hardware)) {
    moves.push(await timed(async () => reportOn(await trials.put(changes, true))));
    if (moves.length % REST === 0) rests.push(await timed(async () => reportOn(await trials.put(changes))));
  }
  held.disable();
  const { adviser, report } = await trials.current();
  const bySeconds = report.layers
    .map(({ node, cost }) => ({ id: node.id, seconds: 'seconds' in cost ? cost.seconds : 0 }))
    .sort((a, b) => b.seconds - a.seconds);
  const hovers: number[] = [];
  for (const layer of bySeconds.slice(0, HOVERS)) hovers.push(await timed(() => adviser.adviceFor(layer.id)));
  const longest = (held.max / 1e6).toFixed(0).padStart(4);
  console.log(
    `  ${id.padEnd(18)} first ${first.toFixed(0).padStart(5)}   moving ${spread(moves)}   at rest ${spread(rests)}   thread held at most ${longest}   advice ${spread(hovers)}`,
  );
}

async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Each slider at values from half to twice what the file has. */
function* sliders(hardware: Hardware): Generator<Readonly<Record<string, number>>> {
  const numbers: Readonly<Record<string, unknown>> = { ...hardware };
  for (const key of SLIDERS) {
    const { [key]: value } = numbers;
    if (typeof value !== 'number') continue;
    for (let place = 0; place < PLACES; place++) {
      const moved = value * 2 ** (0.9 - (1.7 * place) / PLACES);
      yield { [key]: key === 'frequency' || key.startsWith('mem') ? moved : Math.round(moved) };
    }
  }
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(1).padStart(6);
  return `median ${at(0.5)} p95 ${at(0.95)} max ${at(1)}`;
}

/**
 * The mapping search on every distinct contraction of a few networks: time per layer, mappings evaluated, distance from the lower
 * bound, for each preset with an array. Target: median below 1 ms; total over bound on average within 5 %, nowhere above 10 %.
 * Build: npx esbuild test/bench/search.ts --bundle --platform=node --packages=external --outfile=out/test/bench/search.cjs
 * Run: node out/test/bench/search.cjs [MODEL.onnx …]; without models, those of ../shared.
 */
import path from 'node:path';
import { readModel } from '../../src/formats/modelReader';
import { loadPresets } from '../../src/hardware/presets';
import { ArrayLayer } from '../../src/latency/spatial/arrayLayer';
import { searchMapping } from '../../src/latency/spatial/search';
import { type Workload, workloadOf } from '../../src/latency/workload';
import { inferShapes } from '../../src/operators/inferShapes';
import type { LoopNest } from '../../src/operators/work';
import { root, sharedPath } from '../shared';

interface Layer {
  readonly workload: Workload;
  readonly nest: LoopNest;
}

/** The first round warms up. */
const ROUNDS = 3;
/** Distance from the bound of which no layer should be farther. */
const FAR = 1.1;
const NAMES = [
  ...['light_resnet50', 'light_vgg19', 'light_inception_v1', 'light_densenet121'],
  ...['mobilenet_v2_qdq', 'mobilenet_v1_0.25_128', 'vit_mnist_op12'],
];

void main(process.argv.slice(2));

async function main(models: readonly string[]): Promise<void> {
  const known = NAMES.flatMap((name) => sharedPath(`data/models/${name}.onnx`) ?? []);
  const layers = await distinctLayers(models.length > 0 ? models : known);
  console.log(`${layers.length} distinct layers; times in ms`);
  for (const [id, hardware] of await loadPresets(path.join(root, 'media/hardware'))) {
    if (hardware.engine !== 'spatial') continue;
    const times: number[] = [];
    const evaluated: number[] = [];
    const distances: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const { workload, nest } of layers) {
        const start = performance.now();
        const found = searchMapping(new ArrayLayer(workload, nest, hardware));
        const time = performance.now() - start;
        if (round === 0) continue;
        times.push(time);
        if (round > 1 || !found) continue;
        evaluated.push(found.evaluated);
        distances.push(found.seconds.total / found.lowerBoundSeconds);
      }
    }
    const mean = distances.reduce((sum, one) => sum + one, 0) / distances.length;
    const far = distances.filter((distance) => distance > FAR).length;
    console.log(
      `${id.padEnd(16)} time ${spread(times, 3)}   evaluated ${spread(evaluated, 0)}   over bound ${spread(distances, 3)} mean ${mean.toFixed(3)}, ${far} layers above ${FAR}`,
    );
  }
}

function spread(values: readonly number[], digits: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(digits);
  return `median ${at(0.5)} p95 ${at(0.95)} max ${at(1)}`;
}

async function distinctLayers(models: readonly string[]): Promise<readonly Layer[]> {
  const layers = new Map<string, Layer>();
  for (const file of models) {
    const model = await readModel(file);
    const shapes = inferShapes(model, { batch: 1 });
    for (const node of model.graph.nodes) {
      const work = shapes.work(node);
      if (work?.kind !== 'loopNest') continue;
      const workload = workloadOf({ context: shapes.context(node), work }, (name) => shapes.constants.has(name));
      if (!('unknown' in workload)) layers.set(JSON.stringify(workload), { workload, nest: work.nest });
    }
  }
  return [...layers.values()];
}

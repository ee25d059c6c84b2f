/**
 * What Grad-CAM costs on top of the plain forward pass: medians of interleaved runs in one child, CPU time and wall time.
 * Run: npm run build && node out/test/bench/cam.cjs [--runs 41] [--threads 1] [MODEL.onnx …]; without models, those of ../shared and sample/.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { planCam } from '../../src/cam/camPlan';
import { readModel } from '../../src/formats/modelReader';
import { elementCount } from '../../src/graph/graph';
import { inferShapes } from '../../src/operators/inferShapes';
import type { RunResult } from '../../src/protocol/runtime';
import { Runtime } from '../../src/runtime/runtime';
import { convertTo, float32Tensor, int64Tensor } from '../../src/runtime/runtimeTensor';
import { numbers } from '../gradients';
import { childPath } from '../runtime';
import { root, sharedPath } from '../shared';

const MODELS = [
  ...['squeezenet1.1_fp32', 'squeezenet1.1_fp16', 'mobilenet_v2_fp16weights', 'mobilenet_v2_qdq'],
  ...['mobilenet_v1_0.25_128', 'resnet8_cifar10', 'mnist-8', 'vit_mnist_op12', 'light_resnet50', 'light_densenet121'],
  ...['light_inception_v1', 'light_squeezenet', 'light_vgg19', 'light_bvlc_alexnet'],
].map((name) => `data/models/${name}.onnx`);

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '41' }, threads: { type: 'string', default: '1' } },
});

void main();

async function main(): Promise<void> {
  const shared = [...MODELS, 'data/oracle/mobilenet_v3_tiny/model.onnx', 'data/oracle/vit_mini/model.onnx'];
  const own = ['sample/shapes-resnet8.onnx', 'sample/shapes-mobilenetv2.onnx'].map((file) => path.join(root, file));
  const files = positionals.length > 0 ? positionals : [...shared.flatMap((file) => sharedPath(file) ?? []), ...own];
  console.log(
    'model                          forward ms  cam ms  ratio (wall)  forward cpu  cam cpu  ratio (cpu)  difference ms',
  );
  for (const file of files) console.log(await measure(file));
}

/** One line of the table. A child of its own for every model: the sessions before leave no trace. */
async function measure(file: string): Promise<string> {
  const runtime = new Runtime({ childPath, threads: Number(options.threads) });
  try {
    const model = await readModel(file);
    const { input, graph } = planCam(model, inferShapes(model, { batch: 1 }));
    const picture = float32Tensor(numbers(elementCount(input.shape) ?? 0, 1), input.shape);
    const feeds = { [input.name]: convertTo(input.type, picture) };
    const camFeeds = { ...feeds, [graph.classInput]: int64Tensor([1], [1]) };
    const fetches = [graph.logits, graph.chosenClass, graph.activations, graph.gradients];
    const plain = await runtime.load({ path: file });
    const cam = await runtime.load({ path: file, appended: graph.appended });
    const results: { plain: RunResult[]; cam: RunResult[] } = { plain: [], cam: [] };
    for (let run = 0; run < Number(options.runs) + 3; run++) {
      const pair = [await plain.run(feeds), await cam.run(camFeeds, fetches)] as const;
      if (run < 3) continue;
      results.plain.push(pair[0]);
      results.cam.push(pair[1]);
    }
    return row(path.basename(file) === 'model.onnx' ? path.basename(path.dirname(file)) : path.basename(file), results);
  } finally {
    runtime.dispose();
  }
}

function row(name: string, { plain, cam }: { plain: readonly RunResult[]; cam: readonly RunResult[] }): string {
  const wall = [plain, cam].map((runs) => median(runs.map(({ milliseconds }) => milliseconds)));
  const cpu = [plain, cam].map((runs) => median(runs.map(({ cpuMilliseconds }) => cpuMilliseconds)));
  const [plainWall = 0, camWall = 0] = wall;
  const [plainCpu = 0, camCpu = 0] = cpu;
  const cells = [
    [plainWall.toFixed(2), 11],
    [camWall.toFixed(2), 8],
    [(camWall / plainWall).toFixed(3), 14],
    [plainCpu.toFixed(2), 13],
    [camCpu.toFixed(2), 9],
    [(camCpu / plainCpu).toFixed(3), 13],
    [(camWall - plainWall).toFixed(2), 15],
  ] as const;
  return name.padEnd(30) + cells.map(([text, width]) => text.padStart(width)).join('');
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/**
 * What Grad-CAM costs on top of the plain forward pass, and what another class costs after it: medians of interleaved runs in
 * one child, CPU time and wall time. Then the greatest memory of both, and the time of an overlay.
 * Run: npm run build && node out/test/bench/cam.cjs [--runs 41] [--threads 1] [MODEL.onnx …]; without models, those of ../shared and sample/.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type CamPlan, planCam } from '../../src/cam/session/camPlan';
import { TailSessions } from '../../src/cam/session/tailSessions';
import { colorMap } from '../../src/display/colorMaps';
import { overlay } from '../../src/display/overlay';
import { readModel } from '../../src/formats/modelReader';
import { elementCount } from '../../src/graph/graph';
import { inferShapes } from '../../src/operators/inferShapes';
import type { RunResult, RuntimeTensors } from '../../src/protocol/runtime';
import { Runtime, type RuntimeSession } from '../../src/runtime/runtime';
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
    'model                          forward ms  cam ms  ratio (wall)  forward cpu  cam cpu  ratio (cpu)  difference ms  switch ms  ratio (wall)  ratio (cpu)',
  );
  for (const file of files) console.log(await measure(file));
  console.log('\nmodel                          peak MB: forward  Grad-CAM  difference');
  for (const file of files) console.log(await memory(file));
  console.log(`\noverlay of 640×480: ${median(overlays()).toFixed(2)} ms`);
}

/** Greatest memory of a child that runs the model, and of one that runs Grad-CAM and switches the class. Linux only. */
async function memory(file: string): Promise<string> {
  const model = await readModel(file);
  const plan = planCam(model, inferShapes(model, { batch: 1 }));
  const { input, graph } = plan;
  const picture = float32Tensor(numbers(elementCount(input.shape) ?? 0, 1), input.shape);
  const feeds = { [input.name]: convertTo(input.type, picture) };
  const plain = await peak(async (runtime) => {
    const session = await runtime.load({ path: file });
    for (let run = 0; run < 3; run++) await session.run(feeds);
  });
  const cam = await peak(async (runtime) => {
    const session = await runtime.load({ path: file, appended: graph.appended });
    const fetches = [...new Set([graph.logits, graph.activations, graph.gradients])];
    const asked = { ...feeds, [graph.classInput]: int64Tensor([1], [1]) };
    for (let run = 0; run < 2; run++) await session.run(asked, fetches);
    await (await classSwitch(runtime, plan, feeds, await session.run(asked, fetches)))();
  });
  const cells = [[plain, 16] as const, [cam, 10] as const, [cam - plain, 12] as const];
  return nameOf(file).padEnd(30) + cells.map(([mb, width]) => mb.toFixed(0).padStart(width)).join('');
}

/** Megabytes at most resident in a child of its own; NaN where the system does not tell. */
async function peak(work: (runtime: Runtime) => Promise<void>): Promise<number> {
  const runtime = new Runtime({ childPath, threads: Number(options.threads) });
  try {
    await work(runtime);
    const status = await fs.readFile(`/proc/${runtime.pid}/status`, 'utf8').catch(() => '');
    return Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
  } finally {
    runtime.dispose();
  }
}

/** Milliseconds of drawing a map over a picture of 640×480. */
function overlays(): readonly number[] {
  const [width, height] = [640, 480];
  const picture = { width, height, rgba: new Uint8Array(4 * width * height), seen: { x: 0, y: 0, width, height } };
  const map = { width: 224, height: 224, values: numbers(224 * 224, 1).map(Math.abs) };
  const { palette } = colorMap('turbo');
  return Array.from({ length: 24 }, () => {
    const start = performance.now();
    overlay(picture, map, palette, 0.5);
    return performance.now() - start;
  }).slice(3);
}

const nameOf = (file: string): string =>
  path.basename(file) === 'model.onnx' ? path.basename(path.dirname(file)) : path.basename(file);

/** One line of the table. A child of its own for every model: the sessions before leave no trace. */
async function measure(file: string): Promise<string> {
  const runtime = new Runtime({ childPath, threads: Number(options.threads) });
  try {
    const model = await readModel(file);
    const plan = planCam(model, inferShapes(model, { batch: 1 }));
    const { input, graph } = plan;
    const picture = float32Tensor(numbers(elementCount(input.shape) ?? 0, 1), input.shape);
    const feeds = { [input.name]: convertTo(input.type, picture) };
    const camFeeds = { ...feeds, [graph.classInput]: int64Tensor([1], [1]) };
    const fetches = [...new Set([graph.logits, graph.activations, graph.gradients])];
    const plain = await runtime.load({ path: file });
    const cam = await runtime.load({ path: file, appended: graph.appended });
    const another = await classSwitch(runtime, plan, feeds, await cam.run(camFeeds, fetches));
    const results: Results = { plain: [], cam: [], another: [] };
    for (let run = 0; run < Number(options.runs) + 3; run++) {
      const three = [await plain.run(feeds), await cam.run(camFeeds, fetches), await another()] as const;
      if (run < 3) continue;
      results.plain.push(three[0]);
      results.cam.push(three[1]);
      results.another.push(three[2]);
    }
    return row(nameOf(file), results);
  } finally {
    runtime.dispose();
  }
}

/** Runs of the unmodified model, of Grad-CAM, and of the part that another class takes. */
type Results = Record<'plain' | 'cam' | 'another', RunResult[]>;

/** The run that another class takes after the first: what follows the layer, as far as the class needs it, and back. */
async function classSwitch(
  runtime: Runtime,
  plan: CamPlan,
  fed: RuntimeTensors,
  { outputs }: RunResult,
): Promise<() => Promise<RunResult>> {
  const native = outputs[plan.layer.tensor];
  if (!native) throw new Error(`the run did not answer '${plan.layer.tensor}'`);
  let last: RunResult | undefined;
  const watched: Pick<Runtime, 'load'> = {
    load: async (source) => {
      const session = await runtime.load(source);
      const run: RuntimeSession['run'] = async (...question) => {
        last = await session.run(...question);
        return last;
      };
      return { ...session, run };
    },
  };
  const tails = new TailSessions(watched, plan);
  const shot = { fed, native, sides: new Map() };
  return async () => {
    await tails.classGradient(0, { shot });
    if (!last) throw new Error('the tail was not run');
    return last;
  };
}

function row(name: string, { plain, cam, another }: Results): string {
  const all = [plain, cam, another];
  const wall = all.map((runs) => median(runs.map(({ milliseconds }) => milliseconds)));
  const cpu = all.map((runs) => median(runs.map(({ cpuMilliseconds }) => cpuMilliseconds)));
  const [plainWall = 0, camWall = 0, switchWall = 0] = wall;
  const [plainCpu = 0, camCpu = 0, switchCpu = 0] = cpu;
  const cells = [
    [plainWall.toFixed(2), 11],
    [camWall.toFixed(2), 8],
    [(camWall / plainWall).toFixed(3), 14],
    [plainCpu.toFixed(2), 13],
    [camCpu.toFixed(2), 9],
    [(camCpu / plainCpu).toFixed(3), 13],
    [(camWall - plainWall).toFixed(2), 15],
    [switchWall.toFixed(2), 10],
    [(switchWall / plainWall).toFixed(3), 14],
    [(switchCpu / plainCpu).toFixed(3), 13],
  ] as const;
  return name.padEnd(30) + cells.map(([text, width]) => text.padStart(width)).join('');
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

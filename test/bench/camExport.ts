/**
 * What a self-explaining model costs on top of the original: medians of interleaved runs in one child, CPU time.
 * Run: npm run build && node out/test/bench/camExport.cjs [--runs 21] [MODEL.onnx …]; without models, those of sample/ and ../shared.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { explainedModel } from '../../src/cam/export/exportModel';
import { pictureInput } from '../../src/cam/layers/target';
import { readModel } from '../../src/formats/modelReader';
import { elementCount } from '../../src/graph/graph';
import { inferShapes } from '../../src/operators/inferShapes';
import { Runtime } from '../../src/runtime/runtime';
import { convertTo, float32Tensor } from '../../src/runtime/runtimeTensor';
import { numbers } from '../gradients';
import { childPath } from '../runtime';
import { root, sharedPath } from '../shared';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '21' } },
});
const OWN = ['shapes-resnet8', 'shapes-mobilenetv2', 'shapes-vgg'].map((name) =>
  path.join(root, `sample/${name}.onnx`),
);
const SHARED = ['mobilenet_v2_fp16weights', 'squeezenet1.1_fp32', 'vit_mnist_op12'];

void main();

async function main(): Promise<void> {
  const shared = SHARED.flatMap((name) => sharedPath(`data/models/${name}.onnx`) ?? []);
  for (const file of positionals.length > 0 ? positionals : [...OWN, ...shared]) console.log(await measure(file));
}

async function measure(file: string): Promise<string> {
  const runtime = new Runtime({ childPath, threads: 1 });
  try {
    const model = await readModel(file);
    const shapes = inferShapes(model, { batch: 1 });
    const { appended } = await explainedModel(runtime, model, shapes);
    const input = pictureInput(model.graph, shapes.infos);
    const picture = float32Tensor(numbers(elementCount(input.shape) ?? 0, 1), input.shape);
    const feeds = { [input.name]: convertTo(input.type, picture) };
    const sessions = [await runtime.load({ path: file }), await runtime.load({ path: file, appended })] as const;
    const times: [number[], number[]] = [[], []];
    for (let run = 0; run < Number(options.runs) + 3; run++) {
      for (const which of [0, 1] as const) {
        const { cpuMilliseconds } = await sessions[which].run(feeds);
        if (run >= 3) times[which].push(cpuMilliseconds);
      }
    }
    const [plain, explained] = times.map(median);
    const ratio = (explained ?? Number.NaN) / (plain ?? Number.NaN);
    return `${path.basename(file).padEnd(32)} ${ratio.toFixed(3)} of the original's CPU time, +${appended.length} bytes`;
  } finally {
    runtime.dispose();
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

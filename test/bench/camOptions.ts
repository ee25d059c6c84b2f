/**
 * What the options of heat maps do to where they point, on the sample's two-object pictures and their masks: a table per model.
 * Run: npm run build && node out/test/bench/camOptions.cjs [MODEL.onnx …]; without models, those of sample/.
 */
import fs from 'node:fs';
import path from 'node:path';
import { Explainer, type Question } from '../../src/cam/explain/explainer';
import { expansionLayer } from '../../src/cam/layers/bottleneckLayer';
import type { CamLayer } from '../../src/cam/layers/layers';
import { readModel } from '../../src/formats/modelReader';
import { decodeImage } from '../../src/image/decode';
import { Runtime } from '../../src/runtime/runtime';
import { childPath } from '../runtime';
import { root } from '../shared';

interface Shapes {
  readonly images: readonly {
    readonly image: string;
    readonly objects: readonly { readonly class: number; readonly mask: string }[];
  }[];
}

/** Of one map: overlap of its hotter half with the mask, energy in the mask of what was asked for and in the other's, whether its peak is inside. */
interface Score {
  readonly iou: number;
  readonly own: number;
  readonly other: number;
  readonly hit: number;
}

const sample = (name: string): string => path.join(root, 'sample', name);
const shapes = JSON.parse(fs.readFileSync(sample('masks/shapes.json'), 'utf8')) as Shapes;
const models = ['shapes-resnet8.onnx', 'shapes-mobilenetv2.onnx', 'shapes-vgg.onnx'].map(sample);

void main();

async function main(): Promise<void> {
  const runtime = new Runtime({ childPath });
  try {
    for (const file of process.argv.length > 2 ? process.argv.slice(2) : models) await measure(runtime, file);
  } finally {
    runtime.dispose();
  }
}

async function measure(runtime: Runtime, file: string): Promise<void> {
  const explainer = await Explainer.open(runtime, await readModel(file));
  console.log(`\n${path.basename(file)}`);
  console.log(`${''.padEnd(58)}   IoU  in mask  in other  own > other  peak inside`);
  for (const [title, question] of await variants(explainer)) {
    const scores: Score[] = [];
    for (const { image, objects } of shapes.images) {
      const subject = await explainer.subject(sample(`images/${image}`));
      const masks = await Promise.all(objects.map(({ mask }) => maskOf(sample(`masks/${mask}`))));
      for (const [index, { class: classIndex }] of objects.entries()) {
        const { map } = await explainer.explain(subject, { ...question, classIndex });
        scores.push(scoreOf(map.values, masks[index] ?? [], masks[1 - index] ?? []));
      }
    }
    const mean = (of: (score: Score) => number): number =>
      scores.reduce((sum, one) => sum + of(one), 0) / scores.length;
    const [iou, own, other] = [mean(({ iou }) => iou), mean(({ own }) => own), mean(({ other }) => other)];
    const better = scores.filter((one) => one.own > one.other).length;
    const hits = scores.filter(({ hit }) => hit).length;
    const fractions = [iou, own, other].map((value) => value.toFixed(3).padStart(8)).join(' ');
    console.log(`${title.padEnd(55)} ${fractions}       ${better}/${scores.length}        ${hits}/${scores.length}`);
  }
  await explainer.release();
}

async function variants(explainer: Explainer): Promise<readonly (readonly [string, Question])[]> {
  const { prepared, layers, layer } = await explainer.plan();
  const chosen = layers.findIndex(({ tensor }) => tensor === layer.tensor);
  const size = ({ channels, height, width }: CamLayer): string => `${channels}×${height}×${width}`;
  const finer = layers.slice(0, chosen).findLast(({ height }) => height > layer.height);
  const before = layers[chosen - 1];
  const third = expansionLayer(prepared.model.graph, prepared.infos, layers);
  const fuse = ['mean', 'max', 'product'] as const;
  return [
    [`Grad-CAM at the automatic layer (${size(layer)})`, {}],
    ...[2, 3, 4].map((pooling) => [`  weights on ${pooling}×${pooling} cells`, { pooling }] as const),
    ...[0.01, 0.1, 0.3].map((leak) => [`  leak ${leak}`, { leak }] as const),
    ['  eigen smoothing', { eigen: true }],
    ...withLayer('the layer before', before, fuse),
    ...withLayer('the next finer layer', finer, fuse),
    ...(finer ? [[`Grad-CAM at the next finer layer (${size(finer)})`, { layer: finer.tensor }] as const] : []),
    ...(third
      ? [[`Grad-CAM at the third bottleneck's expansion (${size(third)})`, { layer: third.tensor }] as const]
      : []),
    ...withLayer('that layer', third, fuse),
  ];

  function withLayer(name: string, other: CamLayer | undefined, ways: readonly ('mean' | 'max' | 'product')[]) {
    if (!other) return [];
    return ways.map(
      (way) => [`  ${way} with ${name} (${size(other)})`, { layers: [layer.tensor, other.tensor], fuse: way }] as const,
    );
  }
}

async function maskOf(file: string): Promise<readonly boolean[]> {
  const { width, height, rgb } = await decodeImage(file);
  return Array.from({ length: width * height }, (_, i) => (rgb[3 * i] ?? 0) > 127);
}

function scoreOf(map: Float32Array, own: readonly boolean[], other: readonly boolean[]): Score {
  const total = map.reduce((a, b) => a + b, 0);
  const energy = (mask: readonly boolean[]): number =>
    map.reduce((sum, value, i) => sum + (mask[i] ? value : 0), 0) / total;
  const peak = map.reduce((best, value, i) => (value > (map[best] ?? 0) ? i : best), 0);
  const hot = Array.from(map, (value) => value >= 0.5);
  const shared = hot.filter((is, i) => is && own[i]).length;
  const either = hot.filter((is, i) => is || own[i]).length;
  const known = total > 0;
  return {
    iou: shared / either,
    own: known ? energy(own) : 0,
    other: known ? energy(other) : 0,
    hit: own[peak] && known ? 1 : 0,
  };
}

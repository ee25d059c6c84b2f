import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Explainer, Explanation, Question } from '../cam/explainer';
import { percent } from '../display/format';
import { readNpy, writeNpy } from '../display/npy';
import { overlay } from '../display/overlay';
import { readModel } from '../formats/modelReader';
import { loadLabels } from '../image/labels';
import type { CamResult } from '../protocol/camPanel';
import type { RuntimeTensor } from '../protocol/runtime';
import { Runtime } from '../runtime/runtime';
import { type CamRequest, camRequest, METHOD_IDS } from './camRequest';
import { type Command, emit, packageRoot, progress } from './command';

export const camCommand: Command = {
  name: 'cam',
  usage: 'cam MODEL --image FILE [--class INDEX|NAME] [--layer TENSOR] [--output overlay.png] [--map map.npy]',
  help: `Runs the model and shows which pixels speak for a class (Grad-CAM).
--image FILE                 a picture, or --input FILE.npy: a ready float32 tensor
--class INDEX|NAME           default: the most probable class
--layer TENSOR               target layer; default: chosen automatically
--method NAME                ${METHOD_IDS.join(', ')}; default gradcam
--mode reverse               how gradients are made; there is no other mode yet
--preset NAME                preprocessing: imagenet, signed, unit, raw, caffe, digits, mnist, gray-unit
--mean R,G,B --std R,G,B --scale 255|1 --channels rgb|bgr|gray --resize squash|crop --size HxW
--labels FILE                class names, one for each class
--output FILE.png            the picture under its heat map
--colormap NAME --opacity X  for --output; default turbo, 0.5
--map FILE.npy               the normalised map at input size, float32
--raw FILE.npy               the low-resolution map before normalisation
--format table|json`,
  async run(args) {
    const request = await camRequest(args);
    const runtime = new Runtime({ childPath: path.join(packageRoot, 'dist', 'runtimeChild.js') });
    disposeOnSignal(runtime);
    const started = performance.now();
    try {
      const { picture, result } = await explain(runtime, request);
      const total = performance.now() - started;
      progress('');
      await writeFiles(result, picture, request);
      const text = request.format === 'json' ? JSON.stringify(toJson(result, total), undefined, 1) : toTable(result);
      await emit(text, undefined);
    } finally {
      runtime.dispose();
    }
    return 0;
  },
};

/** Ended from outside, the command takes its child along, however deep in native code that is; the exit code is the shell's. */
function disposeOnSignal(runtime: Runtime): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      runtime.dispose();
      process.exit(128 + os.constants.signals[signal]);
    });
  }
}

type Answer = { readonly result: CamResult; readonly picture?: Explanation['picture'] };

async function explain(runtime: Runtime, request: CamRequest): Promise<Answer> {
  progress('reading the model…');
  const explainer = await openExplainer(runtime, request);
  const question: Question = {
    ...(request.layer !== undefined && { layer: request.layer }),
    ...(request.class !== undefined && { classIndex: await explainer.classIndex(request.class, request.layer) }),
  };
  progress('running the model…');
  const { source } = request;
  if ('image' in source) return explainer.explain(source.image, question);
  const tensor = await readTensor(source.input);
  return { result: await explainer.explainTensor(tensor, path.basename(source.input), question) };
}

async function openExplainer(runtime: Runtime, request: CamRequest): Promise<Explainer> {
  // Loaded on first use: the native image library costs start-up.
  const { Explainer } = await import('../cam/explainer');
  const { model, preset, method, labels } = request;
  const names = labels === undefined ? undefined : await loadLabels(labels);
  const explainer = await Explainer.open(runtime, await readModel(model), { preset, method });
  const { spec, certain, why } = explainer.preprocessing;
  explainer.usePreprocessing({ spec: { ...spec, ...request.preprocessing }, certain, why });
  if (names) explainer.useLabels(names);
  return explainer;
}

async function readTensor(file: string): Promise<RuntimeTensor> {
  const bytes = await fs.readFile(file).catch((error: Error) => {
    throw new Error(`--input ${file} cannot be read: ${error.message}`);
  });
  const { shape, values } = readNpy(bytes);
  if (!(values instanceof Float32Array)) throw new Error(`${file}: float32 is needed; save it with .astype('float32')`);
  return { type: 'float32', shape, data: new Uint8Array(values.slice().buffer) };
}

async function writeFiles(
  result: CamResult,
  picture: Explanation['picture'] | undefined,
  request: CamRequest,
): Promise<void> {
  const npy = async (file: string | undefined, { width, height, values }: CamResult['map']): Promise<void> => {
    if (file !== undefined) await fs.writeFile(file, writeNpy(values, [height, width]));
  };
  await npy(request.map, result.map);
  await npy(request.raw, result.raw);
  if (request.output === undefined || !picture) return;
  const { encodePng } = await import('../image/decode');
  const rgba = overlay(picture, result.map, request.palette, request.opacity);
  await fs.writeFile(request.output, await encodePng(rgba, picture.width, picture.height));
}

function toTable(result: CamResult): string {
  const classes = result.classes.slice(0, 5).map(({ index, name, probability }) => {
    const mark = index === result.targetClass ? '▸' : ' ';
    return `${mark} ${String(index).padStart(4)}  ${percent(probability).padStart(7)}  ${name}`;
  });
  const { raw, layer, selfCheck, preprocessing, note, allZero } = result;
  const error = Number.isNaN(selfCheck)
    ? 'not possible: the gradient is zero'
    : `${selfCheck.toExponential(1)} relative error of the gradient`;
  return [
    ...classes,
    '',
    `layer          ${layer} (${raw.height}×${raw.width})`,
    `preprocessing  ${preprocessing}`,
    `self-check     ${error}`,
    ...(allZero ? ['the map is empty: nothing at this layer speaks for this class'] : []),
    ...(note ? [note] : []),
  ].join('\n');
}

/** The document of design: classes, target, map, selfCheck, milliseconds. */
function toJson(result: CamResult, total: number): object {
  const { classes, targetClass, layer, layers, method, mode, map, allZero, selfCheck, milliseconds, note } = result;
  return {
    classes: classes.map(({ name, ...rest }) => ({ ...rest, ...(name && { name }) })),
    target: {
      class: targetClass,
      layer,
      layerShape: layers.find(({ tensor }) => tensor === layer)?.shape,
      method,
      mode,
    },
    map: {
      shape: [map.height, map.width],
      min: map.values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
      max: map.values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
      allZero,
    },
    selfCheck: { relativeError: Number.isNaN(selfCheck) ? null : selfCheck },
    milliseconds: { ...milliseconds, total },
    ...(note && { note }),
  };
}

import fs from 'node:fs/promises';
import path from 'node:path';
import type { Explainer, Explanation, Question } from '../cam/explainer';
import { percent } from '../display/format';
import { readNpy, writeNpy } from '../display/npy';
import { overlay } from '../display/overlay';
import { readModel } from '../formats/modelReader';
import { loadLabels } from '../image/labels';
import type { CamResult } from '../protocol/camPanel';
import type { RuntimeTensor } from '../protocol/runtime';
import type { Runtime } from '../runtime/runtime';
import { type CamRequest, camRequest, METHOD_IDS } from './camRequest';
import { type Command, emit, progress } from './command';
import { withRuntime } from './runtime';

export const camCommand: Command = {
  name: 'cam',
  usage:
    'cam MODEL --image FILE [--class INDEX|NAME] [--layer TENSOR] [--method NAME] [--output overlay.png] [--map map.npy]',
  help: `Runs the model and shows which pixels speak for a class (Grad-CAM and its kin).
--image FILE                 a picture, or --input FILE.npy: a ready float32 tensor
--class INDEX|NAME           default: the most probable class
--layer TENSOR               target layer; default: chosen automatically
--method NAME|all            ${METHOD_IDS.slice(0, 6).join(', ')},
                             ${METHOD_IDS.slice(6).join(', ')}; default gradcam;
                             all: a list of every method's map, from one run
--eigen                      the first principal component of a method's weighted maps instead of their sum
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
    const started = performance.now();
    const { picture, results } = await withRuntime((runtime) => explain(runtime, request));
    const total = performance.now() - started;
    progress('');
    await writeFiles(results[0], picture, request);
    const table = () => [toTable(results[0]), ...(results.length > 1 ? ['', methodTable(results)] : [])].join('\n');
    await emit(request.format === 'json' ? JSON.stringify(toJson(results, total), undefined, 1) : table(), undefined);
    return 0;
  },
};

/** One result for every method that is asked for. */
type Results = readonly [CamResult, ...CamResult[]];
type Answer = { readonly results: Results; readonly picture?: Explanation['picture'] };

async function explain(runtime: Runtime, request: CamRequest): Promise<Answer> {
  progress('reading the model…');
  const explainer = await openExplainer(runtime, request);
  const question: Question = {
    ...(request.layer !== undefined && { layer: request.layer }),
    ...(request.class !== undefined && { classIndex: await explainer.classIndex(request.class, request.layer) }),
  };
  progress('running the model…');
  const { source, methods } = request;
  const [first, ...more] = methods;
  const answer =
    'image' in source ? explainPicture(explainer, source.image) : await explainInput(explainer, source.input);
  const { result, ...rest } = await answer({ ...question, ...first });
  const results: [CamResult, ...CamResult[]] = [result];
  for (const how of more) results.push((await answer({ ...question, ...how })).result);
  return { results, ...rest };
}

type Explain = (
  question: Question,
) => Promise<{ readonly result: CamResult; readonly picture?: Explanation['picture'] }>;

function explainPicture(explainer: Explainer, file: string): Explain {
  return (question) => explainer.explain(file, question);
}

async function explainInput(explainer: Explainer, file: string): Promise<Explain> {
  const tensor = await readTensor(file);
  return async (question) => ({ result: await explainer.explainTensor(tensor, path.basename(file), question) });
}

async function openExplainer(runtime: Runtime, request: CamRequest): Promise<Explainer> {
  // Loaded on first use: the native image library costs start-up.
  const { Explainer } = await import('../cam/explainer');
  const { model, preset, labels } = request;
  const names = labels === undefined ? undefined : await loadLabels(labels);
  const explainer = await Explainer.open(runtime, await readModel(model), { preset });
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
  const { raw, layer, methodTitle, selfCheck, preprocessing, note, allZero } = result;
  const error = Number.isNaN(selfCheck)
    ? 'not possible: the gradient is zero'
    : `${selfCheck.toExponential(1)} relative error of the gradient`;
  return [
    ...classes,
    '',
    `layer          ${layer} (${raw.height}×${raw.width})`,
    `method         ${methodTitle}`,
    `preprocessing  ${preprocessing}`,
    `self-check     ${error}`,
    ...(allZero ? ['the map is empty: nothing at this layer speaks for this class'] : []),
    ...(note ? [note] : []),
  ].join('\n');
}

/** A line for every method: where its map is brightest, and the range of the map before ReLU. */
function methodTable(results: Results): string {
  const lines = results.map(({ method, methodTitle, map, raw, allZero }) => {
    const { x, y } = peak(map);
    const { min, max } = range(raw.values);
    return [method, methodTitle, allZero ? 'empty' : `${x}, ${y}`, min.toPrecision(3), max.toPrecision(3)];
  });
  const rows = [['method', '', 'peak x, y', 'least', 'greatest'], ...lines];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Pixel of the input where a map is greatest. */
function peak({ width, values }: CamResult['map']): { readonly x: number; readonly y: number } {
  const index = values.indexOf(range(values).max);
  return { x: index % width, y: Math.floor(index / width) };
}

function range(values: Float32Array): { readonly min: number; readonly max: number } {
  return {
    min: values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    max: values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  };
}

/** The document of design: classes, target, map, selfCheck, milliseconds; with several methods, `methods` too. */
function toJson(results: Results, total: number): object {
  const [{ classes, targetClass, layer, layers, method, eigen, mode, map, allZero, selfCheck, milliseconds, note }] =
    results;
  return {
    classes: classes.map(({ name, ...rest }) => ({ ...rest, ...(name && { name }) })),
    target: {
      class: targetClass,
      layer,
      layerShape: layers.find(({ tensor }) => tensor === layer)?.shape,
      method,
      ...(eigen && { eigen }),
      mode,
    },
    map: { shape: [map.height, map.width], ...range(map.values), allZero },
    ...(results.length > 1 && {
      methods: results.map((one) => ({
        ...{ method: one.method, title: one.methodTitle, raw: range(one.raw.values), allZero: one.allZero },
        ...(!one.allZero && { peak: peak(one.map) }),
      })),
    }),
    selfCheck: { relativeError: Number.isNaN(selfCheck) ? null : selfCheck },
    milliseconds: { ...milliseconds, total },
    ...(note && { note }),
  };
}

import fs from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Explanation } from '../cam/explainer';
import { COLOR_MAPS, colorMap } from '../display/colorMaps';
import { percent } from '../display/format';
import { readNpy, writeNpy } from '../display/npy';
import { overlay } from '../display/overlay';
import { readModel } from '../formats/modelReader';
import { loadLabels } from '../image/labels';
import type { Preprocessing } from '../image/preprocess';
import type { CamResult } from '../protocol/camPanel';
import { Runtime } from '../runtime/runtime';
import { type Command, emit, numbers, oneOf, onePositional, packageRoot, progress, UsageError } from './command';

const TEXT = { type: 'string' } as const;
const OPTIONS = {
  image: TEXT,
  input: TEXT,
  class: TEXT,
  layer: TEXT,
  method: TEXT,
  mode: TEXT,
  labels: TEXT,
  preset: TEXT,
  mean: TEXT,
  std: TEXT,
  scale: TEXT,
  channels: TEXT,
  resize: TEXT,
  size: TEXT,
  output: TEXT,
  map: TEXT,
  raw: TEXT,
  format: TEXT,
  colormap: TEXT,
  opacity: TEXT,
};

type Values = { readonly [K in keyof typeof OPTIONS]?: string | undefined };

export const camCommand: Command = {
  name: 'cam',
  usage: 'cam MODEL --image FILE [--class INDEX|NAME] [--layer TENSOR] [--output overlay.png] [--map map.npy]',
  help: `Runs the model and shows which pixels speak for a class (Grad-CAM).
--image FILE                 a picture, or --input FILE.npy: a ready float32 tensor
--class INDEX|NAME           default: the most probable class
--layer TENSOR               target layer; default: chosen automatically
--method gradcam             see docs for the others
--mode reverse               how gradients are made; forward mode is not there yet
--preset NAME                preprocessing: imagenet, signed, unit, raw, caffe, digits, mnist, gray-unit
--mean R,G,B --std R,G,B --scale 255|1 --channels rgb|bgr --resize squash|crop --size HxW
--labels FILE                class names
--output FILE.png            the picture under its heat map
--colormap NAME --opacity X  for --output; default turbo, 0.5
--map FILE.npy               the normalised map at input size, float32
--raw FILE.npy               the low-resolution map before normalisation
--format table|json`,
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
    const format = oneOf('--format', values.format, ['table', 'json'], 'table');
    oneOf('--mode', values.mode, ['reverse'], 'reverse');
    const model = onePositional(positionals, 'model');
    if ((values.image === undefined) === (values.input === undefined)) throw new UsageError('give --image or --input');
    const runtime = new Runtime({ childPath: path.join(packageRoot, 'dist', 'runtimeChild.js') });
    const started = performance.now();
    try {
      const { picture, result } = await explain(runtime, model, values);
      const total = performance.now() - started;
      progress('');
      await writeFiles(result, picture, values);
      await emit(format === 'json' ? JSON.stringify(toJson(result, total), undefined, 1) : toTable(result), undefined);
    } finally {
      runtime.dispose();
    }
    return 0;
  },
};

type Answer = { readonly result: CamResult; readonly picture?: Explanation['picture'] };

async function explain(runtime: Runtime, model: string, values: Values): Promise<Answer> {
  progress('reading the model…');
  const { Explainer } = await import('../cam/explainer');
  const explainer = await Explainer.open(runtime, await readModel(model), {
    preset: values.preset,
    method: values.method,
  });
  const { spec, certain, why } = explainer.preprocessing;
  explainer.usePreprocessing({ spec: overridden(spec, values), certain, why });
  if (values.labels !== undefined) explainer.useLabels(await loadLabels(values.labels));
  const question = {
    ...(values.layer !== undefined && { layer: values.layer }),
    ...(values.class !== undefined && { classIndex: await explainer.classIndex(values.class, values.layer) }),
  };
  progress('running the model…');
  if (values.image !== undefined) return explainer.explain(values.image, question);
  const file = values.input ?? '';
  const { shape, values: elements } = readNpy(await fs.readFile(file));
  if (!(elements instanceof Float32Array))
    throw new Error(`${file}: float32 is needed; save it with .astype('float32')`);
  const data = new Uint8Array(elements.slice().buffer);
  return { result: await explainer.explainTensor({ type: 'float32', shape, data }, path.basename(file), question) };
}

/** The guessed preprocessing with what the options say instead. */
function overridden(spec: Preprocessing, values: Values): Preprocessing {
  const [height, width] = values.size === undefined ? [] : numbers('--size', values.size, /[x×]/);
  return {
    ...spec,
    ...(values.mean !== undefined && { mean: numbers('--mean', values.mean, ',') }),
    ...(values.std !== undefined && { std: numbers('--std', values.std, ',') }),
    scale:
      values.scale === undefined ? spec.scale : oneOf('--scale', values.scale, ['255', '1'], '255') === '1' ? 1 : 255,
    channels: oneOf('--channels', values.channels, ['rgb', 'bgr', 'gray'], spec.channels),
    resize: oneOf('--resize', values.resize, ['squash', 'crop'], spec.resize),
    ...(height !== undefined && width !== undefined && { height, width }),
  };
}

async function writeFiles(
  result: CamResult,
  picture: Explanation['picture'] | undefined,
  values: Values,
): Promise<void> {
  const npy = async (
    file: string | undefined,
    { width, height, values: elements }: CamResult['map'],
  ): Promise<void> => {
    if (file !== undefined) await fs.writeFile(file, writeNpy(elements, [height, width]));
  };
  await npy(values.map, result.map);
  await npy(values.raw, result.raw);
  if (values.output === undefined) return;
  if (!picture) throw new UsageError('--output needs --image: a ready tensor has no picture to draw on');
  const names = COLOR_MAPS.map(({ name }) => name);
  const { palette } = colorMap(oneOf('--colormap', values.colormap, names, 'turbo'));
  const opacity = Number(values.opacity ?? 0.5);
  if (!(opacity >= 0 && opacity <= 1)) throw new UsageError(`--opacity ${values.opacity}: give a number from 0 to 1`);
  const { encodePng } = await import('../image/decode');
  const rgba = overlay(picture, result.map, palette, opacity);
  await fs.writeFile(values.output, await encodePng(rgba, picture.width, picture.height));
}

function toTable(result: CamResult): string {
  const classes = result.classes.slice(0, 5).map(({ index, name, probability }) => {
    const mark = index === result.targetClass ? '▸' : ' ';
    return `${mark} ${String(index).padStart(4)}  ${percent(probability).padStart(7)}  ${name}`;
  });
  const { raw, layer, selfCheck, preprocessing, note, allZero } = result;
  return [
    ...classes,
    '',
    `layer          ${layer} (${raw.height}×${raw.width})`,
    `preprocessing  ${preprocessing}`,
    `self-check     ${selfCheck.toExponential(1)} relative error of the gradient`,
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

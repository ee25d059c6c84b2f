import path from 'node:path';
import { parseArgs } from 'node:util';
import {
  type OpenSaliency,
  openSaliency,
  SALIENCY_IDS,
  type SaliencyQuestion,
  type SaliencyResult,
  saliencyKind,
} from '../cam/saliency';
import { COLOR_MAPS, colorMap } from '../display/colorMaps';
import { significant } from '../display/format';
import { writeNpy } from '../display/npy';
import { overlay } from '../display/overlay';
import { readModel } from '../formats/modelReader';
import { textTable } from '../latency/textTable';
import type { Picture } from '../protocol/camPanel';
import type { Runtime } from '../runtime/runtime';
import { type AimRequest, targetOf } from './camRequest';
import {
  type Command,
  checkWritable,
  emit,
  numbers,
  oneOf,
  onePositional,
  positive,
  progress,
  UsageError,
  writeWhole,
} from './command';
import { questionFor } from './openExplainer';
import { preprocessingOf } from './preprocessingOptions';
import { withRuntime } from './runtime';

const TEXT = { type: 'string' } as const;
const PREPROCESSING = { preset: TEXT, mean: TEXT, std: TEXT, scale: TEXT, channels: TEXT, resize: TEXT, size: TEXT };
const KIND_OPTIONS = { samples: TEXT, noise: TEXT, seed: TEXT, steps: TEXT, channel: TEXT };
const OUTPUT = { output: TEXT, map: TEXT, raw: TEXT, format: TEXT, colormap: TEXT };
const OPTIONS = {
  ...{ image: TEXT, kind: TEXT, class: TEXT, target: TEXT, layer: TEXT },
  ...KIND_OPTIONS,
  ...PREPROCESSING,
  ...OUTPUT,
};
/** Of the model. */
const MOST_RUNS = 10_000;

type Values = { readonly [K in keyof typeof OPTIONS]?: string | undefined };

export const saliencyCommand: Command = {
  name: 'saliency',
  usage: 'saliency MODEL --image FILE [--kind NAME|all] [--class INDEX|NAME] [--output out.png] [--map out.npy]',
  help: `Differentiates a class's score by the picture itself: which pixels it depends on.
--image FILE                 a picture
--kind NAME|all              ${SALIENCY_IDS.slice(0, 5).join(', ')},
                             ${SALIENCY_IDS.slice(5).join(', ')}; default gradient; all: a list of every kind
--class INDEX|NAME           default: the most probable class
--target KIND                instead of a class: as for cam
--layer TENSOR               for guided-gradcam and zfnet; default: chosen automatically
--samples N --noise X --seed N   for smoothgrad; default 25 copies, 0.15 of the picture's range, seed 1
--steps N                    for integrated-gradients; default 50
--channel N                  for zfnet; default the channel with the layer's greatest activation
--preset NAME                preprocessing, as for cam; also --mean --std --scale --channels --resize --size
--output FILE.png            the signal around grey, as pytorch-grad-cam shows it; a map over the picture where there is only one
--colormap NAME              for a map over the picture; default turbo
--map FILE.npy               one value per pixel, 0–1, float32 [H, W]
--raw FILE.npy               the signal as it is, float32 [C, H, W]
--format table|json`,
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
    const model = onePositional(positionals, 'model file');
    const { image } = values;
    if (image === undefined) throw new UsageError('give --image');
    const kind = oneOf('--kind', values.kind, [...SALIENCY_IDS, 'all'], 'gradient');
    await checkFiles(values, kind);
    if (values.class !== undefined && values.target !== undefined) {
      throw new UsageError('--class and --target: give one of them');
    }
    checkKindOptions(values, kind);
    const question = questionOf(values);
    const aim = values.target === undefined ? {} : await targetOf(values.target);
    const palette = paletteOf(values.colormap);
    const format = oneOf('--format', values.format, ['table', 'json'], 'table');
    const { results, picture } = await withRuntime((runtime) =>
      answers(runtime, { model, image, kind, question: { ...question, ...aim } }, values),
    );
    progress('');
    const [first] = results;
    if (first) await writeFiles(first, picture, palette, values);
    await emit(format === 'json' ? JSON.stringify(results.map(toJson), undefined, 1) : toTable(results), undefined);
    return 0;
  },
};

interface Asked {
  readonly model: string;
  readonly image: string;
  readonly kind: string;
  readonly question: SaliencyQuestion & AimRequest;
}

async function answers(runtime: Runtime, { model, image, kind, question }: Asked, values: Values) {
  progress('reading the model…');
  // Loaded on first use: the native image library costs start-up.
  const { Explainer } = await import('../cam/explain/explainer');
  const explainer = await Explainer.open(runtime, await readModel(model), { preset: values.preset });
  const { spec, ...rest } = explainer.preprocessing;
  explainer.usePreprocessing({ ...rest, spec: { ...spec, ...preprocessingOf(values) } });
  const subject = await explainer.subject(image);
  progress('running the model…');
  const open = await openSaliency(explainer, subject, {
    ...(await questionFor(explainer, { class: values.class, question })),
    onProgress: (done, total) => progress(`${done} of ${total}…`),
  });
  const results = kind === 'all' ? await every(open) : [await open.of(kind)];
  return { results, picture: subject.picture };
}

async function every(open: OpenSaliency): Promise<readonly SaliencyResult[]> {
  const results: SaliencyResult[] = [];
  for (const id of SALIENCY_IDS) results.push(await open.of(id));
  return results;
}

function questionOf({ layer, samples, noise, seed, steps, channel }: Values): SaliencyQuestion {
  const count = positive('--samples', samples, true, MOST_RUNS);
  const many = positive('--steps', steps, true, MOST_RUNS);
  return {
    ...(layer !== undefined && { layer }),
    ...(count !== undefined && { samples: count }),
    ...(many !== undefined && { steps: many }),
    ...(noise !== undefined && { noise: notNegative('--noise', noise) }),
    ...(seed !== undefined && { seed: notNegative('--seed', seed, true) }),
    ...(channel !== undefined && { channel: notNegative('--channel', channel, true) }),
  };
}

/** Throws where an option changes nothing. */
function checkKindOptions(values: Values, kind: string): void {
  if (kind === 'all') return;
  const { options = [] } = saliencyKind(kind);
  for (const name of ['samples', 'noise', 'seed', 'steps', 'channel'] as const) {
    if (values[name] === undefined || options.includes(name)) continue;
    const kinds = SALIENCY_IDS.filter((id) => saliencyKind(id).options?.includes(name));
    throw new UsageError(`--${name}: ${kind} has none; it is for ${kinds.join(', ')}`);
  }
}

function notNegative(option: string, text: string, whole = false): number {
  const [value = Number.NaN, ...more] = numbers(option, text, ',');
  if (value >= 0 && more.length === 0 && (!whole || Number.isInteger(value))) return value;
  throw new UsageError(`${option} ${text}: give a ${whole ? 'whole ' : ''}number that is not below zero`);
}

function paletteOf(name: string | undefined): Uint8Array {
  const names = COLOR_MAPS.map((one) => one.name);
  return colorMap(oneOf('--colormap', name, names, 'turbo')).palette;
}

async function checkFiles({ output, map, raw }: Values, kind: string): Promise<void> {
  const files = Object.entries({ output, map, raw });
  const file = files.find(([, name]) => name !== undefined);
  if (kind === 'all' && file) throw new UsageError(`--${file[0]} writes one kind: name one instead of all`);
  if (output !== undefined && path.extname(output).toLowerCase() !== '.png') {
    throw new UsageError(`--output ${output}: only PNG is written; let the name end in .png`);
  }
  for (const [option, name] of files) await checkWritable(`--${option}`, name);
}

async function writeFiles(
  { raw, map, rgba }: SaliencyResult,
  picture: Picture | undefined,
  palette: Uint8Array,
  files: Values,
): Promise<void> {
  if (files.map !== undefined) await writeWhole(files.map, writeNpy(map.values, [map.height, map.width]));
  if (files.raw !== undefined) await writeWhole(files.raw, writeNpy(raw.values, [raw.channels, raw.height, raw.width]));
  if (files.output === undefined) return;
  const { encodePng } = await import('../image/decode');
  if (rgba) await writeWhole(files.output, await encodePng(rgba, map.width, map.height));
  else if (picture) {
    const pixels = overlay(picture, map, palette, 0.5);
    await writeWhole(files.output, await encodePng(pixels, picture.width, picture.height));
  }
}

/** Where a map is greatest, in pixels of the input, and the range of the signal. */
function summary({ map, raw }: SaliencyResult) {
  const greatest = map.values.reduce((a, b) => Math.max(a, b), 0);
  const index = map.values.indexOf(greatest);
  return {
    peak: { x: index % map.width, y: Math.floor(index / map.width) },
    least: raw.values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    greatest: raw.values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  };
}

function toTable(results: readonly SaliencyResult[]): string {
  const rows = results.map((result) => {
    const { peak, least, greatest } = summary(result);
    return [result.kind, result.title, `${peak.x}, ${peak.y}`, significant(least), significant(greatest)];
  });
  const notes = results.flatMap(({ kind, note }) => (note ? [`${kind}: ${note}`] : []));
  const [first] = results;
  return [
    ...(first?.classIndex === undefined ? [] : [first.targetTitle ?? `class ${first.classIndex}`, '']),
    textTable([['kind', '', 'peak x, y', 'least', 'greatest'], ...rows], [false, false, true, true, true]),
    ...(notes.length > 0 ? ['', ...notes] : []),
  ].join('\n');
}

function toJson(result: SaliencyResult): object {
  const { kind, title, classIndex, targetTitle, raw, note, completenessError } = result;
  const { peak, least, greatest } = summary(result);
  return {
    ...{ kind, title, shape: [raw.channels, raw.height, raw.width], min: least, max: greatest, peak },
    ...(classIndex !== undefined && { class: classIndex }),
    ...(targetTitle !== undefined && { target: targetTitle }),
    ...(completenessError !== undefined && { completenessError }),
    ...(note && { note }),
  };
}

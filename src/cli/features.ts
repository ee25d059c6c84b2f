import { parseArgs } from 'node:util';
import type { Explainer, Question } from '../cam/explain/explainer';
import { explainedWeights, featureMaps, featurePage, featureTensors } from '../cam/features/features';
import { percent, shape as sizes } from '../display/format';
import { readModel } from '../formats/modelReader';
import type { Model } from '../graph/graph';
import { textTable } from '../latency/textTable';
import { inferShapes } from '../operators/inferShapes';
import type { FeaturePage, FeatureTensor } from '../protocol/mapPage';
import { type Command, emit, onePositional, progress, UsageError } from './command';
import { emitMaps, MAP_HELP, MAP_OPTIONS, mapOutput } from './mapOutput';
import { openExplainer } from './openExplainer';
import { PREPROCESSING_HELP, PREPROCESSING_OPTIONS, preprocessingOf } from './preprocessingOptions';
import { withRuntime } from './runtime';

const TEXT = { type: 'string' } as const;
const OPTIONS = {
  ...MAP_OPTIONS,
  ...PREPROCESSING_OPTIONS,
  channels: TEXT,
  image: TEXT,
  layer: TEXT,
  class: TEXT,
  preset: TEXT,
  labels: TEXT,
};

export const featuresCommand: Command = {
  name: 'features',
  usage: 'features MODEL [--image FILE] [--layer TENSOR] [--output grid.png|maps.npy|stats.csv]',
  help: `Runs the model and shows a layer's activations as a grid of maps, strongest (mean |A|) first; without --image, which tensors can be shown.
--image FILE                 a picture
--layer TENSOR               any tensor that holds maps, tokens or a vector; default: the last with maps of more than one pixel
--class INDEX|NAME|top       order the channels by their weight for that class (Grad-CAM's α)
--labels FILE                class names, one for each class
${PREPROCESSING_HELP}
${MAP_HELP}`,
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
    const file = onePositional(positionals, 'model file');
    const how = await mapOutput(values);
    const { image, output } = values;
    if (image === undefined && output !== undefined) throw new UsageError('give --image: maps are those of a picture');
    const preprocessing = preprocessingOf(values);
    if (image === undefined) {
      const tensors = tensorsOf(await readModel(file));
      await emit(how.kind === 'json' ? JSON.stringify(tensors, undefined, 1) : listed(tensors), undefined);
      return 0;
    }
    return withRuntime(async (runtime) => {
      progress('running the model…');
      const { preset, labels } = values;
      const explainer = await openExplainer(runtime, { model: file, preset, labels, preprocessing });
      const { model } = explainer;
      const subject = await explainer.subject(image);
      const tensor = values.layer ?? lastMaps(model, subject.input.shape);
      const features = await featureMaps(explainer, subject, tensor);
      const question = await questionOf(explainer, values.class);
      const weights = question && (await explainedWeights(explainer, subject, tensor, question));
      progress('');
      const page = featurePage(features, { count: how.top, ...(weights && { weights }) });
      const { channels, height, width } = features;
      await emitMaps(
        {
          page,
          title: titleOf(page),
          whole: { values: features.maps, shape: page.kind === 'vector' ? [channels] : [channels, height, width] },
          header: ['channel', ...(weights ? ['weight'] : []), 'mean |A|', 'min', 'max', 'mean', 'zeros'],
          rows: page.statistics.map(({ min, max, mean, meanMagnitude, zeros }, index) => [
            ...(weights ? [page.strengths[index] ?? Number.NaN] : []),
            ...[meanMagnitude, min, max, mean, zeros],
          ]),
        },
        how,
      );
      return 0;
    });
  },
};

/** By whose weights channels are ordered; undefined: by strength. */
async function questionOf(explainer: Explainer, wanted: string | undefined): Promise<Question | undefined> {
  if (wanted === undefined) return undefined;
  return wanted === 'top' ? {} : { classIndex: await explainer.classIndex(wanted) };
}

function tensorsOf(model: Model, inputShape?: readonly number[]): readonly FeatureTensor[] {
  const [input] = model.graph.inputs.filter(({ name }) => !model.graph.constants.has(name));
  const shapes = input && inputShape ? { inputShapes: new Map([[input.name, inputShape]]) } : { batch: 1 };
  return featureTensors(model, inferShapes(model, shapes).infos);
}

function lastMaps(model: Model, inputShape: readonly number[]): string {
  const last = tensorsOf(model, inputShape).findLast(({ height, width }) => height * width > 1);
  if (last) return last.tensor;
  throw new Error('no tensor of this model holds maps of more than one pixel; give --layer');
}

function titleOf({ tensor, label, shape, total, labels, dead }: FeaturePage): string {
  const part = labels.length < total ? `, the strongest ${labels.length} of ${total}` : '';
  const share = dead > 0 ? `; ${dead} of ${total} channels (${percent(dead / total)}) are dead: zero everywhere` : '';
  return `${tensor} (${sizes(shape)}) of ${label}${part}${share}`;
}

function listed(tensors: readonly FeatureTensor[]): string {
  if (tensors.length === 0) return 'no tensor of this model holds maps, tokens or a vector';
  const rows = tensors.map(({ tensor, label, kind, channels, height, width }) => [
    ...[tensor, label, kind === 'vector' ? `${channels}` : sizes([channels, height, width])],
  ]);
  return textTable([['tensor', 'node', 'maps'], ...rows], [false, false, true]);
}

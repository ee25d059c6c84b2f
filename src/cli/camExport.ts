import fs from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import {
  checkExportTarget,
  EXPORTABLE,
  type ExplainedModel,
  type ExportOptions,
  explainedModel,
  writeExplained,
} from '../cam/export/exportModel';
import { lossTexts, type QuantizationLoss } from '../cam/export/quantizationLoss';
import type { KnownShapes } from '../cam/session/camPlan';
import { bytes as inBytes, shape as sizes } from '../display/format';
import type { Model } from '../graph/graph';
import { loadLabels } from '../image/labels';
import { errorMessage } from '../protocol/rpc';
import type { Runtime } from '../runtime/runtime';
import { type Command, checkWritable, emit, oneOf, onePositional, progress, UsageError } from './command';
import { openModel, SHAPE_HELP, SHAPE_OPTIONS, warn } from './model';
import { withRuntime } from './runtime';

const TEXT = { type: 'string' } as const;
const OPTIONS = {
  ...{ output: TEXT, class: TEXT, layer: TEXT, method: TEXT, labels: TEXT, size: TEXT, format: TEXT },
  ...{ images: TEXT, preset: TEXT, int8: { type: 'boolean' } as const },
  shape: SHAPE_OPTIONS.shape,
};

export const camExportCommand: Command = {
  name: 'cam-export',
  usage: 'cam-export MODEL --output FILE.onnx [--class top|input|INDEX|NAME] [--layer TENSOR] [--size layer|input]',
  help: `Writes the model with one more output, 'cam': its class activation map. Any ONNX runtime computes it, without this tool.
--output FILE.onnx           the new model; the original is not changed
--class top                  the most probable class (default); input: a new int64 input says which; or an index or name
--layer TENSOR               target layer; default: chosen automatically
--method NAME                ${EXPORTABLE.join(', ')}; default gradcam
--size layer|input           the map at the layer's size (default), or enlarged to the picture's
--labels FILE                class names, one for each class
--int8 --images FOLDER       weights and activations in int8 (QDQ), calibrated on a few pictures; says what that loses
--preset NAME                how those pictures are normalised; default: found beside the model, or guessed
${SHAPE_HELP.split('\n').at(-1)}
--format table|json`,
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
    const file = onePositional(positionals, 'model file');
    const { output } = values;
    if (output === undefined) throw new UsageError('give --output FILE.onnx');
    if (path.extname(output).toLowerCase() !== '.onnx') {
      throw new UsageError(`--output ${output}: an ONNX model is written; let the name end in .onnx`);
    }
    await checkWritable('--output', output);
    const size = oneOf('--size', values.size, ['layer', 'input'], 'layer');
    const method = oneOf('--method', values.method, EXPORTABLE, 'gradcam');
    const format = oneOf('--format', values.format, ['table', 'json'], 'table');
    if (values.class?.trim() === '') throw new UsageError('--class: give top, input, an index or a name');
    const labels = values.labels === undefined ? undefined : await loadLabels(values.labels);
    // The batch is one: a map explains one picture.
    const { images, preset } = values;
    if ((values.int8 === true) !== (images !== undefined)) {
      throw new UsageError('--int8 needs --images FOLDER to calibrate on, and --images is for --int8');
    }
    const { model, shapes } = await openModel(file, { batch: '1', shape: values.shape });
    await checkExportTarget(model, output);
    return withRuntime(async (runtime) => {
      const options = {
        ...{ method, size },
        ...(values.class !== undefined && { class: values.class }),
        ...(values.layer !== undefined && { layer: values.layer }),
        ...(labels && { labels }),
      };
      const { explained, loss } =
        images === undefined
          ? await appended(runtime, model, shapes, output, options)
          : await quantized(runtime, model, shapes, output, { ...options, images, preset });
      progress('');
      warn(explained.notes);
      const { appended: tail, notes, ...facts } = explained;
      const bytes = {
        original: (await fs.stat(file)).size,
        written: (await fs.stat(output)).size,
        appended: tail.length,
      };
      const document = { file: output, ...facts, bytes, ...(loss && { loss }), ...(notes.length > 0 && { notes }) };
      await emit(format === 'json' ? JSON.stringify(document, undefined, 1) : toTable(document), undefined);
      return 0;
    });
  },
};

interface Made {
  readonly explained: ExplainedModel;
  readonly loss?: QuantizationLoss;
}

async function appended(
  runtime: Runtime,
  model: Model,
  shapes: KnownShapes,
  output: string,
  options: ExportOptions,
): Promise<Made> {
  progress('appending the map…');
  const explained = await explainedModel(runtime, model, shapes, options);
  progress('writing the model…');
  await writeExplained(model, explained, output);
  return { explained };
}

async function quantized(
  runtime: Runtime,
  model: Model,
  shapes: KnownShapes,
  output: string,
  { images, preset, ...options }: ExportOptions & { readonly images: string; readonly preset: string | undefined },
): Promise<Made> {
  progress('reading the pictures…');
  // Loaded on first use: the native image library costs start-up.
  const [{ Explainer }, { calibrationPictures, writeQuantizedExplained }, { folderPictures }] = await Promise.all([
    import('../cam/explain/explainer'),
    import('../cam/export/quantizeModel'),
    import('../cam/judging/folder'),
  ]);
  const explainer = await Explainer.open(runtime, model, { preset });
  const damaged = (error: unknown): void => warn([errorMessage(error)]);
  const pictures = await calibrationPictures(explainer, await folderPictures(images), undefined, damaged);
  return writeQuantizedExplained(runtime, model, shapes, output, { ...options, pictures, progress });
}

interface Written extends Omit<ExplainedModel, 'appended' | 'notes'> {
  readonly file: string;
  readonly bytes: { readonly original: number; readonly written: number; readonly appended: number };
  readonly loss?: QuantizationLoss;
}

function toTable({ file, output, shape, classInput, layer, method, rule, bytes, loss }: Written): string {
  return [
    `written   ${file}`,
    `output    ${output} (${sizes(shape)}, 0 to 1): ${method} at ${layer}`,
    `class     ${rule}`,
    ...(classInput === undefined ? [] : [`input     ${classInput} (int64, 1 element)`]),
    loss
      ? `int8      ${inBytes(bytes.written)} instead of ${inBytes(bytes.original)}, calibrated on ${loss.pictures} pictures`
      : `appended  ${inBytes(bytes.appended)} behind the model's own ${inBytes(bytes.original)}, which are unchanged`,
    ...(loss ? lossLines(loss) : []),
  ].join('\n');
}

function lossLines(loss: QuantizationLoss): readonly string[] {
  const { classes, maps } = lossTexts(loss);
  return [`classes   ${classes}`, `maps      ${maps}`];
}

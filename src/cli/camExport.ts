import fs from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { checkExportTarget, EXPORTABLE, type ExplainedModel, explainedModel, writeExplained } from '../cam/exportModel';
import { bytes as inBytes, shape as sizes } from '../display/format';
import { loadLabels } from '../image/labels';
import { type Command, checkWritable, emit, oneOf, onePositional, progress, UsageError } from './command';
import { openModel, SHAPE_HELP, SHAPE_OPTIONS, warn } from './model';
import { withRuntime } from './runtime';

const TEXT = { type: 'string' } as const;
const OPTIONS = {
  ...{ output: TEXT, class: TEXT, layer: TEXT, method: TEXT, labels: TEXT, size: TEXT, format: TEXT },
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
    const { model, shapes } = await openModel(file, { batch: '1', shape: values.shape });
    await checkExportTarget(model, output);
    return withRuntime(async (runtime) => {
      progress('appending the map…');
      const explained = await explainedModel(runtime, model, shapes, {
        ...{ method, size },
        ...(values.class !== undefined && { class: values.class }),
        ...(values.layer !== undefined && { layer: values.layer }),
        ...(labels && { labels }),
      });
      progress('writing the model…');
      await writeExplained(model, explained, output);
      progress('');
      warn(explained.notes);
      const { appended, notes, ...facts } = explained;
      const bytes = { original: (await fs.stat(file)).size, appended: appended.length };
      const document = { file: output, ...facts, bytes, ...(notes.length > 0 && { notes }) };
      await emit(format === 'json' ? JSON.stringify(document, undefined, 1) : toTable(document), undefined);
      return 0;
    });
  },
};

interface Written extends Omit<ExplainedModel, 'appended' | 'notes'> {
  readonly file: string;
  readonly bytes: { readonly original: number; readonly appended: number };
}

function toTable({ file, output, shape, classInput, layer, method, rule, bytes }: Written): string {
  return [
    `written   ${file}`,
    `output    ${output} (${sizes(shape)}, 0 to 1): ${method} at ${layer}`,
    `class     ${rule}`,
    ...(classInput === undefined ? [] : [`input     ${classInput} (int64, 1 element)`]),
    `appended  ${inBytes(bytes.appended)} behind the model's own ${inBytes(bytes.original)}, which are unchanged`,
  ].join('\n');
}

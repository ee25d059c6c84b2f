import { parseArgs } from 'node:util';
import { summarize, summaryToCsv, summaryToJson, summaryToTable } from '../latency/summary';
import { type Command, checkWritable, emit, oneOf, onePositional } from './command';
import { openModel, SHAPE_HELP, SHAPE_OPTIONS } from './model';

export const summaryCommand: Command = {
  name: 'summary',
  usage: 'summary MODEL [--batch N] [--shape INPUT=1x3x224x224]… [--format table|json|csv] [--output FILE]',
  help: `Layers, output shapes, parameters, MACs, FLOPs, memory access, like torchsummary and torchstat.
${SHAPE_HELP}`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...SHAPE_OPTIONS, format: { type: 'string' }, output: { type: 'string' } },
    });
    const format = oneOf('--format', values.format, ['table', 'json', 'csv'], 'table');
    await checkWritable('--output', values.output);
    const { model, shapes, warnings } = await openModel(onePositional(positionals, 'model file'), values);
    const summary = summarize(model, shapes);
    const text = {
      table: () => summaryToTable(summary),
      csv: () => summaryToCsv(summary),
      json: () => JSON.stringify(summaryToJson(model, summary, warnings), undefined, 1),
    }[format];
    await emit(text(), values.output);
    return 0;
  },
};

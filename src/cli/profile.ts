import { parseArgs } from 'node:util';
import { atLeast, seconds } from '../display/format';
import type { Hardware } from '../hardware/hardware';
import { ELEMENT_TYPES, withElementType } from '../latency/elementType';
import { buildReport } from '../latency/report';
import { reportToDot } from '../latency/reportDot';
import { reportToJson } from '../latency/reportJson';
import { reportToCsv, reportToTable } from '../latency/reportTable';
import { reportToTrace } from '../latency/reportTrace';
import type { Totals } from '../latency/totals';
import { ownPrecision } from '../scene/warnings';
import { type Command, checkWritable, emit, oneOf, onePositional, positive } from './command';
import { chosenHardware } from './hardware';
import { openModel, SHAPE_HELP, SHAPE_OPTIONS, warn } from './model';

const PRECISIONS = ['model', ...ELEMENT_TYPES] as const;

export const profileCommand: Command = {
  name: 'profile',
  usage: 'profile MODEL [--hardware NAME|FILE] [--batch N] [--shape INPUT=1x3x224x224]… [--set KEY=VALUE]… [--unfused]',
  help: `Predicts cycles and latency of every layer. Nothing is run.
--hardware NAME|FILE         a preset (see: hardware list) or a *.evohw.json file; default jetson-tx2
--set KEY=VALUE              overrides a hardware field (repeatable), e.g. --set frequency=1.3e9
${SHAPE_HELP}
--precision ${PRECISIONS.join('|')}  what floating-point tensors hold; default model: as they are
--unfused                    every node is a kernel of its own
--budget SECONDS             exit code 3 when the predicted time is above it, 1 when it is not known
--format table|json|csv|trace|dot
--output FILE                write there instead of standard output`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...SHAPE_OPTIONS,
        hardware: { type: 'string' },
        set: { type: 'string', multiple: true },
        precision: { type: 'string' },
        unfused: { type: 'boolean' },
        budget: { type: 'string' },
        format: { type: 'string' },
        output: { type: 'string' },
      },
    });
    const format = oneOf('--format', values.format, ['table', 'json', 'csv', 'trace', 'dot'], 'table');
    const budget = positive('--budget', values.budget);
    await checkWritable('--output', values.output);
    const precision = oneOf('--precision', values.precision, PRECISIONS, 'model');
    const { model, shapes: own, warnings: ofModel } = await openModel(onePositional(positionals, 'model file'), values);
    const shapes = precision === 'model' ? own : withElementType(own, precision);
    const hardware = await chosenHardware(values.hardware, values.set);
    const ofPrecision = precision === 'model' ? [] : precisionWarning(hardware);
    warn(ofPrecision);
    const warnings = [...ofModel, ...ofPrecision];
    const report = buildReport(model, shapes, hardware, { fuse: !values.unfused });
    const text = {
      table: () => reportToTable(report),
      json: () => JSON.stringify(reportToJson(model, report, warnings), undefined, 1),
      csv: () => reportToCsv(report),
      trace: () => JSON.stringify(reportToTrace(report)),
      dot: () => reportToDot(model.graph, report),
    }[format];
    await emit(text(), values.output);
    return budget === undefined ? 0 : withinBudget(report.totals, budget);
  },
};

function precisionWarning(hardware: Hardware): readonly string[] {
  const own = ownPrecision(hardware);
  return own === undefined ? [] : [`${own}: --precision has no effect`];
}

/** The exit code. Where nodes are unknown the total is a lower bound: it can break a budget but not keep it. */
function withinBudget({ seconds: total, unknownNodes }: Totals, budget: number): number {
  if (total > budget) {
    const predicted = atLeast(total, seconds, unknownNodes > 0);
    process.stderr.write(`evo-profiler: predicted ${predicted}, over the budget of ${seconds(budget)}\n`);
    return 3;
  }
  if (unknownNodes === 0) return 0;
  const nodes = unknownNodes === 1 ? '1 node is' : `${unknownNodes} nodes are`;
  throw new Error(`${nodes} not costed: whether the budget of ${seconds(budget)} is kept is not known`);
}

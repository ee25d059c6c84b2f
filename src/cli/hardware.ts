import fs from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { printable } from '../display/format';
import { describeHardware } from '../hardware/describe';
import type { Hardware } from '../hardware/hardware';
import { positionsIn } from '../hardware/jsonText';
import { overrideHardware, parseHardware } from '../hardware/parse';
import { loadPresets } from '../hardware/presets';
import { hardwareProblems } from '../hardware/problems';
import { errorMessage } from '../protocol/rpc';
import { type Command, emit, oneOf, onePositional, packageRoot, UsageError } from './command';

const presets = (): Promise<Map<string, Hardware>> => loadPresets(path.join(packageRoot, 'media', 'hardware'));

/** A preset by its name, upper or lower case, or a file; `--set` overrides apply. */
export async function chosenHardware(choice = 'jetson-tx2', overrides: readonly string[] = []): Promise<Hardware> {
  const known = await presets();
  const hardware = known.get(choice.toLowerCase()) ?? (await fileHardware(choice, [...known.keys()]));
  try {
    return overrideHardware(hardware, overrides);
  } catch (error) {
    throw new UsageError(errorMessage(error));
  }
}

async function fileHardware(file: string, names: readonly string[]): Promise<Hardware> {
  const text = await fs.readFile(file, 'utf8').catch(() => {
    throw new Error(`no hardware '${file}': neither a preset (${names.join(', ')}) nor a file`);
  });
  return parseHardware(text, path.basename(file));
}

export const hardwareCommand: Command = {
  name: 'hardware',
  usage: 'hardware [list | show NAME|FILE | check FILE] [--format table|json]',
  help: `list    the presets, one a line (default)
show    a preset or a file as JSON, with every default filled in
check   reads a *.evohw.json file and says all that is wrong with it, line by line; exit code 1 where it cannot be used`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { format: { type: 'string' } },
    });
    const [verb = 'list', ...rest] = positionals;
    const format = oneOf('--format', values.format, ['table', 'json'], 'table');
    if (verb === 'list' && rest.length > 0)
      throw new UsageError(`hardware list takes no name; see: hardware show ${rest[0]}`);
    if (verb === 'list') await emit(format === 'json' ? await listJson() : await listTable(), undefined);
    else if (verb === 'show')
      await emit(json(await chosenHardware(onePositional(rest, 'preset or hardware file'))), undefined);
    else if (verb === 'check') return check(onePositional(rest, 'hardware file'));
    else throw new UsageError(`hardware ${verb}: choose list, show or check`);
    return 0;
  },
};

const json = (value: unknown): string => JSON.stringify(value, undefined, 2);

async function listTable(): Promise<string> {
  const known = [...(await presets())];
  const width = Math.max(...known.map(([id]) => id.length));
  return known
    .map(([id, one]) => `${id.padEnd(width)}  ${one.name}: ${describeHardware(one)}${one.guess ? ' (a guess)' : ''}`)
    .join('\n');
}

async function listJson(): Promise<string> {
  return json([...(await presets())].map(([id, hardware]) => ({ id, ...hardware })));
}

/** Every problem as `file:line:column: severity: sentence`; answers the exit code, 1 where there is an error. */
async function check(file: string): Promise<number> {
  const text = await textOf(file);
  const problems = hardwareProblems(text);
  const positionOf = positionsIn(text);
  const lines = problems.map(({ message, severity, offset }) => {
    const { line, column } = positionOf(offset);
    return `${file}:${line}:${column}: ${severity}: ${message}`;
  });
  const wrong = problems.some(({ severity }) => severity === 'error');
  if (!wrong) {
    const hardware = parseHardware(text, path.basename(file));
    lines.push(`${file}: ok, ${hardware.name}: ${describeHardware(hardware)}`);
  }
  await emit(lines.map(printable).join('\n'), undefined);
  return wrong ? 1 : 0;
}

async function textOf(file: string): Promise<string> {
  return fs.readFile(file, 'utf8').catch((error: unknown) => {
    throw new Error(`cannot read the hardware file '${file}': ${errorMessage(error)}`);
  });
}

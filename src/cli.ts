import fs from 'node:fs/promises';
import path from 'node:path';
import { camCommand } from './cli/cam';
import { camExportCommand } from './cli/camExport';
import { type Command, packageRoot, UsageError } from './cli/command';
import { compareCommand } from './cli/compare';
import { featuresCommand } from './cli/features';
import { hardwareCommand } from './cli/hardware';
import { kernelsCommand } from './cli/kernels';
import { profileCommand } from './cli/profile';
import { saliencyCommand } from './cli/saliency';
import { summaryCommand } from './cli/summary';
import { sweepCommand } from './cli/sweep';
import { printable } from './display/format';
import { errorMessage } from './protocol/rpc';

const COMMANDS: readonly Command[] = [
  profileCommand,
  camCommand,
  camExportCommand,
  saliencyCommand,
  featuresCommand,
  kernelsCommand,
  summaryCommand,
  sweepCommand,
  compareCommand,
  hardwareCommand,
];

const HELP = `evo-profiler COMMAND …

${COMMANDS.map(({ usage }) => `  ${usage}`).join('\n')}

--version prints the version. Every command answers --help, and --format json where it prints a table.
Exit codes: 0 done, 1 failed (one line on stderr), 2 wrong usage, 3 over a budget.
`;

/** The same core without an editor. Answers the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === 'help') {
    process.stdout.write(HELP);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    process.stdout.write(`${await version()}\n`);
    return 0;
  }
  const command = COMMANDS.find((one) => one.name === name);
  try {
    if (!command) throw new UsageError(`no command '${name}'; there are ${COMMANDS.map((one) => one.name).join(', ')}`);
    if (rest.includes('--help')) {
      process.stdout.write(`${command.usage}\n\n${command.help}\n`);
      return 0;
    }
    return await command.run(rest);
  } catch (error) {
    const message = isParseError(error) ? parseErrorMessage(error, rest) : errorMessage(error);
    process.stderr.write(`evo-profiler: ${printable(message)}\n`);
    return error instanceof UsageError || isParseError(error) ? 2 : 1;
  }
}

async function version(): Promise<string> {
  const { version: text }: { version: string } = JSON.parse(
    await fs.readFile(path.join(packageRoot, 'package.json'), 'utf8'),
  );
  return text;
}

/** parseArgs marks wrong usage with its own codes. */
function isParseError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

/** parseArgs says in the sentences that follow the first what one may have meant. */
function parseErrorMessage({ message }: Error, args: readonly string[]): string {
  const [, option] = /^Option '(--[^ ']+)' argument is ambiguous/.exec(message) ?? [];
  if (option === undefined) return message.replace(/\.\s.*$/s, '');
  const value = args[args.indexOf(option) + 1];
  return `${option} ${value}: write a value that begins with a dash as ${option}=${value}, or give ${option} its value`;
}

if (require.main === module) {
  // A closed pipe (`| head`) is the reader's choice, not a failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  void main(process.argv.slice(2)).then((code) => {
    process.exitCode = code;
  });
}

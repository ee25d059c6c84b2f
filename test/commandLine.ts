import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from './shared';

/** The built command line. */
export const cli = path.join(root, 'dist', 'cli.js');

export interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in a process of its own, as people do. */
export function spawnCommand(...args: readonly string[]): Answer {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', cwd: root });
  return { status, stdout, stderr };
}

/** Runs a command of the same built file in this process, which saves its start. */
export async function runCommand(...args: readonly string[]): Promise<Answer> {
  const { main }: { main: (args: readonly string[]) => Promise<number> } = createRequire(cli)(cli);
  const said = { stdout: '', stderr: '' };
  const restore = (['stdout', 'stderr'] as const).map((stream) => {
    const { write } = process[stream];
    process[stream].write = (text: string | Uint8Array): boolean => {
      said[stream] += text.toString();
      return true;
    };
    return () => {
      process[stream].write = write;
    };
  });
  try {
    return { status: await main(args), ...said };
  } finally {
    for (const put of restore) put();
  }
}

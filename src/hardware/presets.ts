import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Hardware, MulticoreHardware } from './hardware';
import { parseHardware } from './parse';

/**
 * The presets of a folder (media/hardware) by id, in the order of their names; the id is the file name without `.json`.
 * A preset that says `this_machine` is filled in from this computer.
 */
export async function loadPresets(directory: string): Promise<Map<string, Hardware>> {
  const files = (await fs.readdir(directory)).filter((file) => file.endsWith('.json') && file !== 'schema.json').sort();
  const presets = await Promise.all(
    files.map(async (file): Promise<[string, Hardware]> => {
      const hardware = parseHardware(await fs.readFile(path.join(directory, file), 'utf8'), file);
      return [
        path.basename(file, '.json'),
        hardware.engine === 'multicore' && hardware.this_machine ? thisMachine(hardware) : hardware,
      ];
    }),
  );
  return new Map(presets);
}

/**
 * The preset with cores and clock of the machine that runs this: logical processors, and the highest clock that the
 * operating system reports for one (often the nominal one, and 0 on some systems: then the preset's stays).
 * Everything else of `base` (lanes, caches, bandwidth) stays a guess until it is calibrated.
 */
export function thisMachine(
  base: MulticoreHardware,
  cpus: readonly { readonly speed: number }[] = os.cpus(),
): MulticoreHardware {
  const megahertz = Math.max(0, ...cpus.map(({ speed }) => speed));
  return {
    ...base,
    n_pes: cpus.length || base.n_pes,
    frequency: megahertz > 0 ? megahertz * 1e6 : base.frequency,
    guess: true,
  };
}

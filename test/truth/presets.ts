import fs from 'node:fs';
import path from 'node:path';
import type { Hardware } from '../../src/hardware/hardware';
import { parseHardware } from '../../src/hardware/parse';
import { root } from '../shared';

const DIRECTORY = path.join(root, 'media/hardware');

export function presetFiles(): readonly string[] {
  const names = fs.readdirSync(DIRECTORY).filter((name) => name.endsWith('.json') && name !== 'schema.json');
  return names.sort().map((name) => path.join(DIRECTORY, name));
}

/** `media/hardware/PRESET.json` as its file has it. */
export function presetOf(preset: string): Hardware {
  const file = path.join(DIRECTORY, `${preset}.json`);
  return parseHardware(fs.readFileSync(file, 'utf8'), file);
}

import fs from 'node:fs/promises';
import path from 'node:path';
import type { Model, ValueInfo } from '../graph/graph';
import { type GuessedPreprocessing, guessPreprocessing } from './guessPreprocessing';
import { type InputGeometry, inputGeometry, withRecipe } from './preprocessing';

/** Hugging Face's image processor: what transformers and optimum write beside a model. */
const FILE = 'preprocessor_config.json';

/**
 * How a model wants its pictures: from a `preprocessor_config.json` beside it or one folder up, else guessed. A file that
 * makes pictures of another size than the model takes is another model's.
 * @throws one sentence when the input cannot be a picture, or that file cannot be understood.
 */
export async function findPreprocessing(model: Model, input: ValueInfo): Promise<GuessedPreprocessing> {
  const folder = path.dirname(model.path);
  const geometry = inputGeometry(input);
  for (const file of [path.join(folder, FILE), path.join(folder, '..', FILE)]) {
    const text = await fs.readFile(file, 'utf8').catch(() => undefined);
    const config = text === undefined ? undefined : parse(text, file);
    if (config && fits(config, geometry)) return fromConfig(config, geometry);
  }
  return guessPreprocessing(input, model);
}

interface ProcessorConfig {
  readonly do_normalize?: unknown;
  readonly do_rescale?: unknown;
  readonly rescale_factor?: unknown;
  readonly do_center_crop?: unknown;
  readonly crop_size?: unknown;
  readonly size?: unknown;
  readonly image_mean?: unknown;
  readonly image_std?: unknown;
}

function fits(
  { do_center_crop, crop_size, size }: ProcessorConfig,
  { width, height, sizeIsFree }: InputGeometry,
): boolean {
  const made = do_center_crop === true ? crop_size : size;
  if (sizeIsFree || typeof made !== 'object' || made === null || !('height' in made && 'width' in made)) return true;
  return made.height === height && made.width === width;
}

function fromConfig(config: ProcessorConfig, geometry: InputGeometry): GuessedPreprocessing {
  const normalized = config.do_normalize !== false;
  const rescaled = config.do_rescale !== false;
  const { size, rescale_factor: factor = 1 / 255 } = config;
  const byShortSide = typeof size === 'object' && size !== null && 'shortest_edge' in size;
  return {
    spec: withRecipe(geometry, {
      channels: geometry.channels === 1 ? 'gray' : 'rgb',
      scale: rescaled ? 255 : 1,
      mean: (normalized && numbers(config.image_mean)) || [0],
      std: (normalized && numbers(config.image_std)) || [1],
      resize: config.do_center_crop === true || byShortSide ? 'crop' : 'squash',
    }),
    certain: !geometry.sizeIsFree && Math.abs(255 * Number(factor) - 1) < 0.01,
    why: `${FILE} beside the model says so`,
  };
}

function parse(text: string, file: string): ProcessorConfig {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below, with the file's name.
  }
  throw new Error(`${file} is not a JSON object: repair or remove it.`);
}

function numbers(value: unknown): readonly number[] | undefined {
  if (typeof value === 'number') return [value];
  const list = Array.isArray(value) ? value.filter((item): item is number => typeof item === 'number') : [];
  return list.length > 0 ? list : undefined;
}

import fs from 'node:fs/promises';
import path from 'node:path';

export interface Labels {
  /** By class index. */
  readonly names: readonly string[];
  /** Where they come from, for people. */
  readonly source: string;
}

/** One class of a result; the same shape as the panel's. */
export interface ClassScore {
  readonly index: number;
  /** '' when no labels are known. */
  readonly name: string;
  readonly probability: number;
  readonly logit: number;
}

/** What a network says about every class. */
export interface Scores {
  readonly logits: ArrayLike<number>;
  readonly probabilities: ArrayLike<number>;
}

/** The most probable classes first, at most `count`, and always with those of `keep` among them. */
export function topClasses(
  { logits, probabilities }: Scores,
  { names = [], count = 50, keep = [] }: { names?: readonly string[]; count?: number; keep?: readonly number[] } = {},
): readonly ClassScore[] {
  const score = (index: number): ClassScore => ({
    index,
    name: names[index] ?? '',
    probability: probabilities[index] ?? Number.NaN,
    logit: logits[index] ?? Number.NaN,
  });
  const all = Array.from(logits, (_, index) => score(index));
  const ranked = all.sort((a, b) => b.probability - a.probability || b.logit - a.logit);
  const kept = ranked.filter(({ index }) => keep.includes(index));
  const others = ranked.filter(({ index }) => !keep.includes(index)).slice(0, Math.max(0, count - kept.length));
  const shown = new Set([...kept, ...others]);
  return ranked.filter((one) => shown.has(one));
}

/** Metadata keys that exporters put labels under (Ultralytics: `names`). */
const METADATA_KEYS = ['labels', 'classes', 'names', 'class_names', 'class_labels', 'id2label'];

/** Files beside a model that hold labels; `*` is the model's name without its ending. */
const FILES = [
  /^\*\.labels\.(txt|json)$/,
  /^\*\.(txt|classes)$/,
  /^(labels|classes|class_names)\.(txt|json)$/,
  /synset.*\.txt$/,
  /^imagenet.*(class|label).*\.(txt|json)$/,
  /^config\.json$/,
];

/**
 * Labels from the model's metadata or from a file in its folder. Only a list of exactly `classCount` labels is taken
 * (TensorFlow's 1,001: the first is then `background`), so a digit model never shows another model's labels.
 */
export async function findLabelsFor(
  modelPath: string,
  classCount: number,
  metadata: ReadonlyMap<string, string> = new Map(),
): Promise<Labels | undefined> {
  for (const key of METADATA_KEYS) {
    const names = fitLabels(parseLabels(metadata.get(key) ?? ''), classCount);
    if (names) return { names, source: `metadata '${key}'` };
  }
  const folder = path.dirname(modelPath);
  const stem = path.basename(modelPath).replace(/\.[^.]*$/, '');
  const present = await fs.readdir(folder).catch(() => []);
  for (const pattern of FILES) {
    for (const file of present) {
      const generic = file.startsWith(`${stem}.`) ? `*${file.slice(stem.length)}` : file;
      if (!pattern.test(generic)) continue;
      const names = fitLabels(parseLabels(await fs.readFile(path.join(folder, file), 'utf8')), classCount);
      if (names) return { names, source: file };
    }
  }
  return undefined;
}

/** Reads a label file in any form that `parseLabels` knows. @throws when it cannot be read or holds no labels. */
export async function loadLabels(file: string): Promise<readonly string[]> {
  const bytes = await fs.readFile(file).catch((error: Error) => {
    throw new Error(`The labels ${file} cannot be read: ${error.message}.`);
  });
  const names = parseLabels(decodeText(bytes, file));
  if (names.length === 0) {
    throw new Error(
      `${file} holds no labels: one per line, a JSON list, or a JSON object of index and label is needed.`,
    );
  }
  return names;
}

function decodeText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${file} holds no labels: it is no text in UTF-8.`);
  }
}

/**
 * The one class that is called what is wanted. Throws a sentence where there is none, or are several.
 * `names`: one per class, or none where they are not known.
 */
export function classNamed(names: readonly string[], wanted: string, classes: number): number {
  const indices = classesNamed(names, wanted);
  const [index, ...others] = indices;
  if (index !== undefined && others.length === 0) return index;
  const range = `0 to ${classes - 1}`;
  if (names.length === 0) {
    throw new Error(`no labels are known for this model; give the class's index, ${range}, or --labels FILE`);
  }
  if (index === undefined) throw new Error(`no class is called '${wanted}'; give its index, ${range}`);
  const some = indices.slice(0, 5).map((one) => `${one} ${names[one]}`);
  const more = indices.length > some.length ? ' …' : '';
  throw new Error(`'${wanted}' fits ${indices.length} classes; give the index of one: ${some.join(', ')}${more}`);
}

/** Indices of the labels that are what is wanted, upper or lower case; else of those with these words, or with such a part. */
function classesNamed(names: readonly string[], wanted: string): readonly number[] {
  const text = wanted.trim().toLowerCase();
  const indices = (matches: (name: string) => boolean): readonly number[] =>
    names.flatMap((name, index) => (matches(name.toLowerCase()) ? [index] : []));
  const words = (name: string): string => ` ${name.split(/[^\p{L}\p{N}]+/u).join(' ')} `;
  const tries = [(name: string) => name === text, (name: string) => words(name).includes(words(text))];
  const found = tries.map(indices).find((some) => some.length > 0);
  return found ?? indices((name) => name.includes(text));
}

/**
 * One label per line, with or without an index or a WordNet id in front; a JSON list; a JSON or Python mapping from index
 * to label (`{"0": "tench"}`, `{"0": ["n01440764", "tench"]}`), from label to index, or with such a mapping under
 * `id2label`. [] when it is none of them.
 */
export function parseLabels(text: string): readonly string[] {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (/^[[{]/.test(trimmed)) return fromJson(trimmed) ?? fromPython(trimmed);
  const lines = trimmed.split(/\r?\n/).map((line) => line.trim());
  const numbered = lines.every((line, index) => new RegExp(`^${index}\\b[\\s:,;]`).test(line));
  return lines.map((line) => line.replace(numbered ? /^\d+[\s:,;]+/ : /^n\d{8}\s+/, '')).filter((line) => line !== '');
}

function fromJson(text: string): readonly string[] | undefined {
  try {
    return fromValue(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function fromValue(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(String);
  if (typeof value !== 'object' || value === null) return [];
  if ('id2label' in value) return fromValue(value.id2label);
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
  const byName = entries.every(([, index]) => typeof index === 'number');
  const pairs = entries.map(([key, label]): [number, string] =>
    byName ? [Number(label), key] : [Number(key), String(Array.isArray(label) ? label.at(-1) : label)],
  );
  return inOrder(pairs);
}

/** `{0: 'tench', 1: "jack-o'-lantern"}` or `['a', 'b']`. */
function fromPython(text: string): readonly string[] {
  const quoted = /(?:(\d+)\s*:\s*)?(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g;
  const pairs = [...text.matchAll(quoted)].map(([, index, single, double], position): [number, string] => [
    Number(index ?? position),
    (single ?? double ?? '').replace(/\\(.)/g, '$1'),
  ]);
  return inOrder(pairs);
}

/** Labels by index; [] unless the indices are 0 … n − 1. */
function inOrder(pairs: readonly (readonly [number, string])[]): readonly string[] {
  const names: string[] = [];
  for (const [index, name] of pairs) names[index] = name;
  return names.length === pairs.length && pairs.every(([index]) => index in names && Number.isInteger(index))
    ? names
    : [];
}

/** Labels for so many classes; undefined where the numbers differ by more than TensorFlow's `background`. */
export function fitLabels(names: readonly string[], classCount: number): readonly string[] | undefined {
  if (names.length === 0) return undefined;
  if (names.length === classCount) return names;
  return names.length === 1000 && classCount === 1001 ? ['background', ...names] : undefined;
}

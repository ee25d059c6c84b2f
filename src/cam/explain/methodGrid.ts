import type { CamTile } from '../../protocol/camPanel';
import type { CamMethod, MapSize } from '../camMethod';
import type { ModeBench } from '../gradientMode';
import { pictureSize } from '../layers/target';
import { computeMap } from '../maths/arithmetic';
import { whyNotFinite } from '../maths/finite';
import { thumbnail } from '../maths/thumbnail';
import { METHODS, type MethodChoice } from '../methods';
import type { Explainer, Question, Subject } from './explainer';

export interface GridOptions {
  /** Whether methods that run the model many times are computed too (default: they only say what they would cost). */
  readonly costly?: boolean;
  /** Told of each tile as soon as it is there. */
  readonly onTile?: (tile: CamTile) => void;
}

/** Methods of at most so many runs of what follows the layer are computed without being asked for. */
const CHEAP_RUNS = 8;

/**
 * The map of every method: the formulas from one run, the others from their own. A method that cannot be computed here says
 * why, and the others go on; only a cancel ends all.
 */
export async function methodGrid(
  explainer: Explainer,
  subject: Subject,
  question: Question = {},
  { costly = false, onTile }: GridOptions = {},
): Promise<readonly CamTile[]> {
  const bench = await explainer.bench(subject, question);
  const worker = explainer.runtime.bundle('arithmeticWorker.js');
  const tiles: CamTile[] = [];
  for (const method of Object.values<CamMethod>(METHODS)) {
    const cost = costOf(method, bench.layer, question);
    const wanted = costly || cost === undefined || (cost.whole === 0 && cost.tail <= CHEAP_RUNS);
    const tile = wanted ? await mapTile(worker, method, bench, question) : { id: method.id, title: method.title, cost };
    onTile?.(tile);
    tiles.push(tile);
  }
  return tiles;
}

/** Runs of the whole model and of what follows the layer, besides the first; undefined for formulas. */
export function costOf(method: CamMethod, layer: MapSize, { channels }: MethodChoice): CamTile['cost'] {
  return method.needs === 'runs' ? method.cost(layer, channels ?? method.channelsDefault ?? 'all') : undefined;
}

/** That a map is not the exact one, in one sentence; undefined where it is. */
export function channelsNote(method: CamMethod, { channels }: MapSize, choice: MethodChoice): string | undefined {
  if (method.needs !== 'runs' || method.channelsDefault === undefined) return undefined;
  const asked = choice.channels ?? method.channelsDefault;
  if (asked === 'all' || asked >= channels) return undefined;
  return `${method.title} tried the ${asked} strongest of ${channels} channels: ask for all of them for the exact map.`;
}

async function mapTile(worker: string, method: CamMethod, bench: ModeBench, question: Question): Promise<CamTile> {
  const { height, width } = bench.layer;
  const { channels, leak } = question;
  const { id, title } = method;
  try {
    const values = await computeMap(worker, { method: id, ...(channels !== undefined && { channels }) }, bench);
    const problem = whyNotFinite(values, bench.layer.tensor, bench.activations);
    if (problem !== undefined) return { id, title, note: problem };
    const raw = { width, height, values };
    const empty = values.every((value) => value <= 0) && !leak;
    const note = empty
      ? 'nothing at this layer speaks for it: the map is empty'
      : channelsNote(method, bench.layer, question);
    const map = thumbnail(raw, pictureSize(bench.input), leak);
    return { id, title, raw, map, ...(note !== undefined && { note }) };
  } catch (error) {
    if (question.signal?.aborted) throw error;
    return { id, title, note: error instanceof Error ? error.message : String(error) };
  }
}

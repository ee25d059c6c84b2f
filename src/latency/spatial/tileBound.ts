import type { Dataflow } from '../../hardware/hardware';
import { overlapped } from '../layerCost';
import type { ArrayLayer } from './arrayLayer';
import { C, K, KEEP_ALL, KEEP_INPUT, KEEP_OUTPUT, KEEP_WEIGHT, N, P, Q, R, S } from './mapping';
import { type Corner, corners } from './placements';

/** Boxes that are opened before the bound has to do as it is. */
const MOST_BOXES = 3000;

/** Kinds of loops: pixels leave weights as they are, sums outputs, filters inputs. Every triple in this file has one entry for each. */
const PIXELS = 0;
const SUMS = 1;
const FILTERS = 2;
const LOOPS = [[N, P, Q], [C, R, S], [K]] as const;
type Triple = readonly [pixels: number, sums: number, filters: number];

/** Kind of the loops under which what a dataflow keeps in the PEs stays as it is. */
const STATIONARY: Partial<Record<Dataflow, 0 | 1 | 2>> = { ws: PIXELS, os: SUMS, is: FILTERS };

/** A tile of the loops of one kind: its entries, and how many tiles there are at least. */
interface Cut {
  readonly entries: number;
  readonly trips: number;
}

/** What the array does at most. */
interface ArrayOption {
  /** Kind of the innermost loop: what it leaves as it is stays in the PEs. */
  readonly innermost: number;
  readonly inSpace: Corner;
  /** Entries that all PEs hold together. */
  readonly held: Triple;
  /** Array tiles, at least. */
  readonly trips: Triple;
  /** Words of inputs that the array takes, at least, while no loop over filters repeats. */
  readonly inputs: number;
}

/** Buffer tiles from one cut of each kind to another, as indices, and what none of them beats. */
interface Box {
  readonly low: Triple;
  readonly high: Triple;
  readonly seconds: number;
}

/**
 * Seconds that no mapping beats, where neither arithmetic nor the traffic of one memory alone says enough: all of them for the same
 * tiles. `floor` is known to be needed; the answer is at most `enough`.
 *
 * Proof. Take any mapping. Let t be the entries of its buffer tile along the loops of each kind, a those of its array tile, T and A how
 * many such tiles there are.
 *
 * 1. A tile of weights is filters · sums words, one of outputs filters · pixels. An input row serves at most
 *    ⌈R / (stride / gcd(stride, dilation))⌉ pairs of an output row and a filter row, or P·R/H where all H rows are there; columns
 *    alike; so a tile of inputs is at least pixels · sums / reuse words. The tiles fit the buffer, kept operands with all their
 *    words; what one PE holds fits its registers.
 * 2. Off chip: let X be the kind of the innermost loop over buffer tiles with more than one trip. It changes two operands; all loops
 *    that leave one of these as it is lie outside it, so that each comes T times, T of the kind that repeats it. The third comes at
 *    least once.
 * 3. Between buffer and array the same holds for the innermost loop of all, of kind Y, and A. The third operand comes T times, T of
 *    kind Y, since those loops over buffer tiles lie outside one that changes it; once only if X = Y and the array holds all that
 *    the buffer tile has of the other two kinds.
 * 4. T and A are no less than the fewest tiles of at most so many entries, over all ways to share them among the loops of a kind. PEs
 *    along a kind are no more than the dataflow allows, nor than the tile has entries.
 * 5. A dataflow that keeps an operand in the PEs has its loops innermost: Y is the kind that leaves it as it is, unless A of that kind is 1.
 * 6. A tile of inputs under p · q pixels and r · s places of the window serves p · q · r · s pairs. Of p · r no more than p, nor than r,
 *    are of one row, except where tiles reach beyond the border, p · r/H; columns alike. So where no halo is kept between tiles, the
 *    array takes all pairs over that of an array tile. By the same a PE holds no fewer words of inputs than pixels, nor than sums; of
 *    weights and outputs it holds no fewer than entries of each kind of loop that indexes them.
 *
 * What 2 to 6 ask for shrinks with larger tiles, what 1 asks for grows. So no tile in a box beats its largest while its smallest fits,
 * and branch and bound (Land & Doig, Econometrica 1960) finds the least over all tiles.
 */
export function tileBound(problem: ArrayLayer, floor: number, enough: number): number {
  return new TileBound(problem, floor, enough).run();
}

class TileBound {
  private readonly problem: ArrayLayer;
  private readonly floor: number;
  private readonly cuts: readonly [readonly Cut[], readonly Cut[], readonly Cut[]];
  private readonly whole: Triple;
  private readonly reuse: number;
  /** Pixels and sums per word of inputs in a PE, at most: more than one only where tiles reach beyond the border. */
  private readonly perWord: { readonly pixels: number; readonly sums: number };
  private readonly options: readonly ArrayOption[];
  private least: number;
  private opened = 0;

  constructor(problem: ArrayLayer, floor: number, enough: number) {
    const { sizes, strideH, strideW, dilationH, dilationW, H, W } = problem.layer;
    const size = (d: number): number => sizes[d] ?? 1;
    const [pixels, sums, filters] = LOOPS;
    this.problem = problem;
    this.floor = floor;
    this.least = enough;
    this.cuts = [cutsOf(pixels.map(size)), cutsOf(sums.map(size)), cutsOf(filters.map(size))];
    this.whole = [size(N) * size(P) * size(Q), size(C) * size(R) * size(S), size(K)];
    this.reuse =
      pairsPerRow(size(P), size(R), strideH, dilationH, H) * pairsPerRow(size(Q), size(S), strideW, dilationW, W);
    this.perWord = {
      pixels: Math.max(1, size(P) / H) * Math.max(1, size(Q) / W),
      sums: Math.max(1, size(R) / H) * Math.max(1, size(S) / W),
    };
    this.options = this.arrayOptions();
  }

  run(): number {
    const [pixels, sums, filters] = this.cuts;
    this.open(this.box([0, 0, 0], [pixels.length - 1, sums.length - 1, filters.length - 1]));
    return Math.max(this.least, this.floor);
  }

  /** Lowers `least` to what the best tile in a box takes. */
  private open({ low, high, seconds }: Box): void {
    if (seconds >= this.least) return;
    let kind = PIXELS;
    let width = 0;
    for (let i = 0; i < LOOPS.length; i++) {
      const here = (high[i] ?? 0) - (low[i] ?? 0);
      if (here > width) [kind, width] = [i, here];
    }
    if (width === 0 || ++this.opened > MOST_BOXES) {
      this.least = seconds;
      return;
    }
    const middle = (low[kind] ?? 0) + (width >> 1);
    const smaller = this.box(low, replaced(high, kind, middle));
    const larger = this.box(replaced(low, kind, middle + 1), high);
    const [first, second] = smaller.seconds < larger.seconds ? [smaller, larger] : [larger, smaller];
    this.open(first);
    this.open(second);
  }

  private box(low: Triple, high: Triple): Box {
    const smallest = this.at(low, 'entries');
    const largest = this.at(high, 'entries');
    const trips = this.at(high, 'trips');
    const offChip: Triple = [
      this.offChip(smallest, largest, trips, PIXELS),
      this.offChip(smallest, largest, trips, SUMS),
      this.offChip(smallest, largest, trips, FILTERS),
    ];
    const leastOffChip = Math.min(...offChip);
    let seconds = Number.POSITIVE_INFINITY;
    if (leastOffChip < this.least) {
      for (const option of this.options) {
        seconds = Math.min(seconds, this.seconds(option, largest, trips, leastOffChip, false));
        const { held, innermost } = option;
        const same = offChip[innermost] ?? leastOffChip;
        if (same < seconds && holdsOthers(held, largest, innermost)) {
          seconds = Math.min(seconds, this.seconds(option, largest, trips, same, true));
        }
        if (seconds <= this.floor) break;
      }
    }
    return { low, high, seconds: Math.max(seconds, this.floor) };
  }

  private at([p, s, f]: Triple, what: keyof Cut): Triple {
    const [pixels, sums, filters] = this.cuts;
    return [pixels[p]?.[what] ?? 1, sums[s]?.[what] ?? 1, filters[f]?.[what] ?? 1];
  }

  /** Least time off chip with the innermost loop of a kind; ∞ where not even the smallest tiles fit. */
  private offChip(smallest: Triple, largest: Triple, trips: Triple, innermost: number): number {
    const { words } = this.problem;
    let best = Number.POSITIVE_INFINITY;
    for (let kept = 0; kept <= KEEP_ALL; kept++) {
      const inputs = kept & KEEP_INPUT || innermost === FILTERS ? 1 : trips[FILTERS];
      const weights = kept & KEEP_WEIGHT || innermost === PIXELS ? 1 : trips[PIXELS];
      const spilled = kept & KEEP_OUTPUT || innermost === SUMS ? 0 : trips[SUMS] - 1;
      const seconds = this.problem.offChip(words.input * inputs, words.weight * weights, words.output * spilled);
      if (seconds < best && this.fits(smallest, largest, kept)) best = seconds;
    }
    return best;
  }

  /** Whether a tile of a box may fit. An operand whose tile may be all of it is there once, others perhaps twice. */
  private fits(smallest: Triple, largest: Triple, kept: number): boolean {
    const { problem, whole, reuse } = this;
    const { words, layer } = problem;
    const least = (tile: number, a: number, b: number, operand: number, keeps: number): number => {
      const all = operand / layer.groups;
      if (keeps) return all;
      const maybeWhole = layer.groups === 1 && largest[a] === whole[a] && largest[b] === whole[b];
      return maybeWhole && 2 * tile > all ? Math.max(tile, all) : tile;
    };
    const [pixels, sums, filters] = smallest;
    return problem.fitsBuffer(
      least((pixels * sums) / reuse, PIXELS, SUMS, words.input, kept & KEEP_INPUT),
      least(filters * sums, FILTERS, SUMS, words.weight, kept & KEEP_WEIGHT),
      least(filters * pixels, FILTERS, PIXELS, words.output, kept & KEEP_OUTPUT),
    );
  }

  /** `stays`: what the innermost loop leaves as it is comes once. */
  private seconds(option: ArrayOption, largest: Triple, trips: Triple, offChip: number, stays: boolean): number {
    const { problem } = this;
    const { words, hardware, macs } = problem;
    const { innermost, inSpace } = option;
    const still = stays ? 1 : (trips[innermost] ?? 1);
    const inputs = innermost === FILTERS ? still : Math.max(option.trips[FILTERS], trips[FILTERS]);
    const weights = innermost === PIXELS ? still : Math.max(option.trips[PIXELS], trips[PIXELS]);
    const outputs = innermost === SUMS ? still : Math.max(option.trips[SUMS], trips[SUMS]);
    const pes =
      inSpace.groups *
      Math.min(inSpace.pixels, largest[PIXELS]) *
      Math.min(inSpace.sums, largest[SUMS]) *
      Math.min(inSpace.filters, largest[FILTERS]);
    const steady = overlapped(
      hardware.overlap,
      problem.computeSeconds(macs / Math.min(pes, hardware.rows * hardware.cols)),
      problem.globalBuffer(option.inputs * inputs, words.weight * weights, words.output * (outputs - 1)),
      offChip,
    );
    return steady + problem.arrayFillSeconds;
  }

  /** For each corner of the placements and each operand that stays in the PEs: ways to share registers among what changes it. */
  private arrayOptions(): readonly ArrayOption[] {
    const { problem, reuse, whole, perWord } = this;
    const { input, weight, output } = problem.registerWords();
    const inputs = input * reuse;
    const pixels = Math.min(whole[PIXELS], output, Math.floor(input * perWord.pixels));
    const sums = Math.min(whole[SUMS], weight, Math.floor(input * perWord.sums));
    const filters = Math.min(whole[FILTERS], weight, output);
    const stationary = STATIONARY[problem.hardware.dataflow];
    const found: ArrayOption[] = [];
    for (const inSpace of corners(problem.layer, problem.hardware)) {
      const add = (innermost: number, p: number, s: number, f: number): void => {
        const held: Triple = [p * inSpace.pixels, s * inSpace.sums, f * inSpace.filters];
        const trips: Triple = [
          fewestTrips(this.cuts[PIXELS], held[PIXELS]),
          fewestTrips(this.cuts[SUMS], held[SUMS]),
          fewestTrips(this.cuts[FILTERS], held[FILTERS]),
        ];
        if (stationary !== undefined && innermost !== stationary && trips[stationary] > 1) return;
        found.push({ innermost, inSpace, held, trips, inputs: this.inputsTaken(held) });
      };
      for (const [p, s] of shares(inputs, pixels, sums)) add(FILTERS, p, s, filters);
      for (const [p, f] of shares(output, pixels, filters)) add(SUMS, p, sums, f);
      for (const [s, f] of shares(weight, sums, filters)) add(PIXELS, pixels, s, f);
    }
    return found;
  }

  /** Words that array tiles of so many entries take; see 6. */
  private inputsTaken([pixels, sums]: Triple): number {
    const { problem, reuse, perWord } = this;
    const { words, macs, hardware } = problem;
    if (hardware.halo === 'sliding') return words.input;
    const within = Math.min(reuse, pixels * perWord.sums, sums * perWord.pixels);
    return Math.max(words.input, macs / (problem.layer.sizes[K] ?? 1) / within);
  }
}

function replaced([pixels, sums, filters]: Triple, kind: number, value: number): Triple {
  return [kind === PIXELS ? value : pixels, kind === SUMS ? value : sums, kind === FILTERS ? value : filters];
}

/** Whether the array holds all that the buffer tile has of the kinds other than the innermost. */
function holdsOthers(held: Triple, tile: Triple, innermost: number): boolean {
  return (
    (innermost === PIXELS || held[PIXELS] >= tile[PIXELS]) &&
    (innermost === SUMS || held[SUMS] >= tile[SUMS]) &&
    (innermost === FILTERS || held[FILTERS] >= tile[FILTERS])
  );
}

/** Whole numbers a, b with a · b within `product`, neither of which can grow alone. */
function shares(product: number, mostA: number, mostB: number): readonly (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  const limit = Math.max(1, Math.min(mostA, product));
  for (let a = 1; a <= limit; a++) {
    const b = Math.max(1, Math.min(mostB, Math.floor(product / a)));
    a = Math.max(a, Math.min(mostA, Math.floor(product / b)));
    found.push([a, b]);
  }
  return found;
}

/** Most pairs of an output row and a filter row that one input row serves, on average over the rows of a tile. */
function pairsPerRow(outputs: number, kernel: number, stride: number, dilation: number, available: number): number {
  const apart = stride / greatestDivisor(stride, dilation);
  return Math.max(Math.ceil(kernel / apart), (outputs * kernel) / available);
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** Fewest tiles of at most so many entries. */
function fewestTrips(cuts: readonly Cut[], entries: number): number {
  return cuts.findLast((cut) => cut.entries <= entries)?.trips ?? Number.POSITIVE_INFINITY;
}

/** Tiles over several loops that no other beats in both entries and trips, smallest first. */
function cutsOf(sizes: readonly number[]): readonly Cut[] {
  return sizes.reduce<readonly Cut[]>(
    (all, size) => {
      const cuts = evenCuts(size);
      return undominated(
        all.flatMap((a) => cuts.map((b) => ({ entries: a.entries * b.entries, trips: a.trips * b.trips }))),
      );
    },
    [{ entries: 1, trips: 1 }],
  );
}

/** The smallest tile for every number of tiles of one loop. */
function evenCuts(size: number): readonly Cut[] {
  const cuts: Cut[] = [];
  for (let entries = 1; entries < size; entries = Math.ceil(size / (Math.ceil(size / entries) - 1))) {
    cuts.push({ entries, trips: Math.ceil(size / entries) });
  }
  return [...cuts, { entries: size, trips: 1 }];
}

function undominated(cuts: readonly Cut[]): readonly Cut[] {
  const kept: Cut[] = [];
  for (const cut of [...cuts].sort((a, b) => a.entries - b.entries || a.trips - b.trips)) {
    if (cut.trips < (kept.at(-1)?.trips ?? Number.POSITIVE_INFINITY)) kept.push(cut);
  }
  return kept;
}

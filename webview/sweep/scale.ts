/** A number as a share of the way between two others, in equal steps or equal ratios, and round numbers on that way. */

/** Beyond this ratio of the highest to the lowest value equal steps would leave most of them in one corner. */
const LOG_FROM = 8;

export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
}

/** From the lowest to the highest of the values that are known; 0 to 1 where none is. */
export function scaleOf(values: readonly number[]): Scale {
  const known = values.filter(Number.isFinite);
  if (known.length === 0) return { low: 0, high: 1, log: false };
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return { low, high, log: low > 0 && high / low > LOG_FROM };
}

/** With room on both sides; where all values are the same, room is all there is. */
export function padded({ low, high, log }: Scale, by = 0.06): Scale {
  if (log) {
    const ratio = (high / low) ** by;
    return { low: low / ratio, high: high * ratio, log };
  }
  const room = high > low ? (high - low) * by : Math.abs(high) * by || 1;
  return { low: low - room, high: high + room, log };
}

/** 0 at the low end, 1 at the high end, a half where they are the same; NaN is unknown. */
export function shareOf({ low, high, log }: Scale, value: number): number {
  if (!Number.isFinite(value)) return Number.NaN;
  if (high === low) return 0.5;
  return log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

/** Round numbers on the way, about `most` of them. */
export function ticksOf({ low, high, log }: Scale, most: number): readonly number[] {
  if (!(high > low)) return [];
  return log ? ratios(low, high, most) : steps(low, high, most);
}

function steps(low: number, high: number, most: number): readonly number[] {
  const least = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= least) ?? power;
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

function ratios(low: number, high: number, most: number): readonly number[] {
  const decades = Math.log10(high / low);
  const factors = [[1, 2, 5], [1, 3], [1]].find((some) => some.length * decades <= most) ?? [1];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++) {
    for (const factor of factors) ticks.push(Number(`${factor}e${power}`));
  }
  return ticks.filter((tick) => tick >= low && tick <= high);
}

/** The part of an axis that is shown, and how it is zoomed and moved. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** By a factor about a place that stays where it is; not below `least` long, and all of it where it would be longer. */
export function zoomed({ from, to }: Span, at: number, factor: number, all: Span, least: number): Span {
  const long = Math.max(least, (to - from) / factor);
  const share = (at - from) / (to - from);
  return inside({ from: at - share * long, to: at + (1 - share) * long }, all);
}

export function moved({ from, to }: Span, by: number, all: Span): Span {
  return inside({ from: from + by, to: to + by }, all);
}

/** Of the same length within `all`; all of it where it is as long. */
function inside({ from, to }: Span, all: Span): Span {
  const long = to - from;
  if (long >= all.to - all.from) return all;
  const start = Math.min(all.to - long, Math.max(all.from, from));
  return { from: start, to: start + long };
}

/** The span moved, and made longer where it has to be, until `wanted` lies in it. */
export function holding(span: Span, wanted: Span, all: Span): Span {
  if (wanted.from >= span.from && wanted.to <= span.to) return span;
  const half = Math.max(span.to - span.from, 1.2 * (wanted.to - wanted.from)) / 2;
  const middle = (wanted.from + wanted.to) / 2;
  return inside({ from: middle - half, to: middle + half }, all);
}

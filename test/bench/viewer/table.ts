/** The results for people: a line per model and viewer, and how many times faster the first viewer is than the second. */
import type { Gesture } from './browser';
import type { Opening } from './viewers';

export interface Result {
  readonly viewer: string;
  readonly model: string;
  readonly opening?: Opening;
  readonly bytes?: number;
  /** Drawn per second. */
  readonly frames?: Partial<Record<Gesture, number>>;
  /** Milliseconds. */
  readonly search?: number;
  /** Why there is nothing else. */
  readonly problem?: string;
}

const HEAD = [
  'model',
  'viewer',
  'painted ms',
  '× faster',
  'host: read',
  'shapes',
  'scene',
  'report',
  'sent',
  'layout',
  'paint',
  'MB',
  'wheel',
  'drag',
  'zoom',
  'search ms',
];

export function printTable(results: readonly Result[]): void {
  const rows = [HEAD, ...results.map((result) => row(result, results))];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  for (const cells of rows) {
    console.log(
      cells
        .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    );
  }
}

function row(result: Result, all: readonly Result[]): readonly string[] {
  const { viewer, model, opening, bytes, frames = {}, search, problem } = result;
  if (!opening) return [model, viewer, problem ?? ''];
  const { host, page, painted } = opening;
  const peer = all.find((other) => other.model === model && !other.opening?.host)?.opening;
  const hostSum = host ? host.read + host.shapes + host.scene + host.report : Number.NaN;
  const split = [
    host?.read,
    host?.shapes,
    host?.scene,
    host?.report,
    page && page.received - hostSum,
    page && page.laidOut - page.layoutStarted,
    page && page.painted - page.laidOut,
  ];
  return [
    model,
    viewer,
    whole(painted),
    host && peer ? (peer.painted / painted).toFixed(1) : '',
    ...split.map(whole),
    whole(bytes === undefined ? undefined : bytes / 1e6),
    whole(frames.wheel),
    whole(frames.drag),
    whole(frames.zoom),
    whole(search),
  ];
}

function whole(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '' : value.toFixed(0);
}

/** Going through several pictures, or the frames of an animation: a strip of them, and buttons to step and play. */
import type { CamOpening, CamSeries, Picture } from '../../src/protocol/camPanel';
import { h } from '../dom';
import { button } from '../toolkit';
import { checkbox } from './fields';
import type { Actions } from './scene';
import { drawn } from './thumbnail';
import { tiles } from './tiles';

/** So many pictures before and after the shown one are in the strip. */
const AROUND = 12;
const DEFAULT_MILLISECONDS = 100;

export interface SeriesActions extends Pick<Actions, 'host'> {
  /** Shows another picture when it is there; whether that went well, and nothing newer was asked meanwhile. */
  go(answer: Promise<CamOpening>): Promise<boolean>;
}

export function seriesBar(actions: SeriesActions) {
  let series: CamSeries | undefined;
  let playing = false;
  const thumbnails = new Map<number, Picture>();

  const strip = tiles('cam-series', 'Pictures', (id) => void choose(Number(id)), true);
  const place = h('output', { id: 'cam-series-place', 'aria-live': 'polite' });
  const play = button('Play', () => void (playing ? stop() : start()));
  play.id = 'cam-play';
  const sameClass = checkbox(
    'cam-same-class',
    'Same class for all',
    'Explain the class that is shown in every picture, instead of the most probable one of each',
    () => undefined,
  );
  const step = (by: number): void => {
    if (!series) return;
    stop();
    void go((series.index + by + series.names.length) % series.names.length);
  };
  const element = h(
    'section',
    { class: 'series', 'aria-label': 'Several pictures', hidden: true },
    h(
      'div',
      { class: 'hint' },
      button('‹ Previous', () => step(-1)),
      play,
      button('Next ›', () => step(1)),
      place,
      sameClass.element,
    ),
    strip.element,
  );

  const go = (index: number): Promise<boolean> => actions.go(actions.host.goTo(index, sameClass.input.checked));
  const choose = async (index: number): Promise<void> => {
    stop();
    await go(index);
  };
  const stop = (): void => {
    playing = false;
    play.textContent = 'Play';
  };
  const start = async (): Promise<void> => {
    playing = true;
    play.textContent = 'Pause';
    while (playing && series) {
      const { index, names, milliseconds } = series;
      const began = performance.now();
      if (!(await go((index + 1) % names.length))) break;
      const left = (milliseconds?.[index] ?? DEFAULT_MILLISECONDS) - (performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, left)));
    }
    stop();
  };

  const draw = (): void => {
    const shown = series;
    if (!shown) return;
    const first = Math.max(0, Math.min(shown.index - AROUND, shown.names.length - 2 * AROUND - 1));
    const window = shown.names.slice(first, first + 2 * AROUND + 1);
    strip.show(
      window.map((name, i) => {
        const picture = thumbnails.get(first + i);
        const canvas = picture && drawn(picture.width, picture.height, new Uint8ClampedArray(picture.rgba));
        const tile = { id: String(first + i), title: name, chosen: first + i === shown.index };
        return canvas ? { ...tile, canvas } : { ...tile, note: '…' };
      }),
    );
    const missing = window.flatMap((_, i) => (thumbnails.has(first + i) ? [] : [first + i]));
    if (missing.length > 0) void fetchThumbnails(missing, shown.names);
  };
  const fetchThumbnails = async (indices: readonly number[], names: readonly string[]): Promise<void> => {
    const pictures = await actions.host.thumbnails(indices).catch(() => []);
    if (series?.names.join() !== names.join() || pictures.length === 0) return;
    for (const [i, index] of indices.entries()) {
      const picture = pictures[i];
      if (picture) thumbnails.set(index, picture);
    }
    draw();
  };

  return {
    element,
    get isShown(): boolean {
      return series !== undefined;
    },
    show(next: CamSeries | undefined): void {
      element.hidden = !next;
      if (next?.names.join() !== series?.names.join()) thumbnails.clear();
      series = next;
      if (!next) {
        stop();
        return;
      }
      place.value = `${next.index + 1} of ${next.names.length}: ${next.names[next.index] ?? ''}`;
      draw();
    },
  };
}

/** What survives Reload Window. */
import type { Place } from './graphView/place';
import { type MetricId, metricOf } from './model/metrics';

export type Tab = 'graph' | 'layers';

export interface ViewState {
  readonly tab: Tab;
  readonly metric: MetricId;
  /** Name of the selected node. */
  readonly selected: string | undefined;
  readonly place: Place | undefined;
  /** Pixels; undefined for the style sheet's. */
  readonly paneWidth: number | undefined;
  /** Warnings that the reader has closed. */
  readonly dismissed: readonly string[];
}

/** State that an older version wrote, or none, becomes the defaults, field by field. */
export function readState(stored: unknown): ViewState {
  const state: Partial<Record<keyof ViewState, unknown>> =
    typeof stored === 'object' && stored !== null ? { ...stored } : {};
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return {
    tab: state.tab === 'layers' ? 'layers' : 'graph',
    metric: metricOf(text(state.metric)).id,
    selected: text(state.selected),
    place: isPlace(state.place) ? state.place : undefined,
    paneWidth: typeof state.paneWidth === 'number' ? state.paneWidth : undefined,
    dismissed: Array.isArray(state.dismissed) ? state.dismissed.filter((item) => typeof item === 'string') : [],
  };
}

function isPlace(value: unknown): value is Place {
  if (typeof value !== 'object' || value === null) return false;
  const place: Partial<Record<keyof Place, unknown>> = { ...value };
  const numbers = [place.dx, place.dy, place.scale];
  return typeof place.name === 'string' && numbers.every(Number.isFinite) && Number(place.scale) > 0;
}

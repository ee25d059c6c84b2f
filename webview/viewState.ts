/** What survives Reload Window. */
import type { Changes } from '../src/protocol/graphPanel';
import type { Place } from './graphView/place';
import { AS_FITS, type Expansion } from './model/expansion';
import { type MetricId, metricOf } from './model/metrics';
import type { Pin } from './panes/pins';

export const TABS = ['graph', 'layers', 'roofline', 'timeline', 'difference'] as const;
export type Tab = (typeof TABS)[number];

/** What was tried out on a hardware. */
export interface Trial {
  readonly hardwareId: string;
  readonly changes: Changes;
}

export interface ViewState {
  readonly tab: Tab;
  readonly metric: MetricId;
  /** Name of the selected node. */
  readonly selected: string | undefined;
  readonly place: Place | undefined;
  /** Which groups are open. */
  readonly expanded: Expansion;
  /** Pixels; undefined for the style sheet's. */
  readonly paneWidth: number | undefined;
  /** Warnings that the reader has closed. */
  readonly dismissed: readonly string[];
  /** Nodes that the reader keeps at hand, in his order. */
  readonly pins: readonly Pin[];
  readonly whatIfOpen: boolean;
  readonly trial: Trial | undefined;
}

/** State that an older version wrote, or none, becomes the defaults, field by field. */
export function readState(stored: unknown): ViewState {
  const state: Partial<Record<keyof ViewState, unknown>> =
    typeof stored === 'object' && stored !== null ? { ...stored } : {};
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return {
    tab: TABS.find((tab) => tab === state.tab) ?? 'graph',
    metric: metricOf(text(state.metric)).id,
    selected: text(state.selected),
    place: isPlace(state.place) ? state.place : undefined,
    expanded: expansionOf(state.expanded),
    paneWidth: typeof state.paneWidth === 'number' ? state.paneWidth : undefined,
    dismissed: Array.isArray(state.dismissed) ? state.dismissed.filter((item) => typeof item === 'string') : [],
    pins: Array.isArray(state.pins) ? state.pins.filter(isPin) : [],
    whatIfOpen: state.whatIfOpen === true,
    trial: trialOf(state.trial),
  };
}

function expansionOf(value: unknown): Expansion {
  if (typeof value !== 'object' || value === null) return AS_FITS;
  const { levels, toggled }: Partial<Record<keyof Expansion, unknown>> = value;
  const known = levels === 'auto' || levels === 'all' || (typeof levels === 'number' && levels >= 0);
  if (!known || !Array.isArray(toggled)) return AS_FITS;
  return { levels, toggled: toggled.filter((path) => typeof path === 'string') };
}

function isPin(value: unknown): value is Pin {
  if (typeof value !== 'object' || value === null) return false;
  const { name, place }: Partial<Record<keyof Pin, unknown>> = value;
  return typeof name === 'string' && typeof place === 'number';
}

function trialOf(value: unknown): Trial | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { hardwareId, changes }: Partial<Record<keyof Trial, unknown>> = value;
  if (typeof hardwareId !== 'string' || typeof changes !== 'object' || changes === null) return undefined;
  const known = Object.entries(changes).filter(([, one]) => typeof one === 'number' || typeof one === 'string');
  return { hardwareId, changes: Object.fromEntries(known) };
}

function isPlace(value: unknown): value is Place {
  if (typeof value !== 'object' || value === null) return false;
  const place: Partial<Record<keyof Place, unknown>> = { ...value };
  const numbers = [place.dx, place.dy, place.scale];
  return typeof place.name === 'string' && numbers.every(Number.isFinite) && Number(place.scale) > 0;
}

/** What survives Reload Window, and what is remembered between sessions. */
import type { SweepRequest, SweepView } from '../../src/protocol/sweepPanel';

export const SHOWN = ['map', 'scatter', 'table'] as const;
export type Shown = (typeof SHOWN)[number];

export interface SavedState {
  /** The host's own, opaque. */
  readonly restore: string;
  /** Of the hardware that it was asked for. */
  readonly hardwareId: string;
  readonly request: SweepRequest | undefined;
  readonly view: SweepView;
}

export const DEFAULT_VIEW: SweepView = { shown: 'map', metric: 'latency', cost: '' };

export function shownOf({ shown }: SweepView): Shown {
  return SHOWN.find((one) => one === shown) ?? 'map';
}

/** The state as it was saved; undefined when it is absent or of another version. The request is checked where it is used. */
export function parseState(state: unknown): SavedState | undefined {
  const { restore, hardwareId, request, view }: Unchecked<SavedState> = asRecord(state);
  if (typeof restore !== 'string' || typeof hardwareId !== 'string') return undefined;
  const asked = typeof request === 'object' && request !== null ? (request as SweepRequest) : undefined;
  return { restore, hardwareId, request: asked, view: viewIn(view) ?? DEFAULT_VIEW };
}

export function viewIn(view: unknown): SweepView | undefined {
  const { shown, metric, cost }: Unchecked<SweepView> = asRecord(view);
  const known = typeof shown === 'string' && typeof metric === 'string' && typeof cost === 'string';
  return known ? { shown, metric, cost } : undefined;
}

/** The fields of T as they come from outside. */
type Unchecked<T> = { readonly [K in keyof T]?: unknown };

function asRecord(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

/** What survives Reload Window. */
import { COLOR_MAPS, type ColorMapName } from '../../src/display/colorMaps';
import type { CamView } from '../../src/protocol/camPanel';

/** What the large picture shows. */
export const SHOWN = ['overlay', 'map', 'image'] as const;
export type Shown = (typeof SHOWN)[number];

/** How the panel draws; nothing of it concerns the host but opacity and colour map. */
export interface PanelView {
  /** 0–1 */
  readonly opacity: number;
  readonly colorMap: ColorMapName;
  readonly shown: Shown;
  /** The map before ReLU, with evidence against the class. */
  readonly signed: boolean;
}

export interface SavedState {
  /** The host's own, opaque. */
  readonly restore: string;
  readonly classIndex: number;
  readonly layer: string;
  readonly method: string;
  readonly eigen: boolean;
  readonly view: PanelView;
}

export const DEFAULT_VIEW: PanelView = { opacity: 0.5, colorMap: 'turbo', shown: 'overlay', signed: false };

/** The host's remembered choices, where they make sense, over the rest of a view. */
export function withHostView(view: PanelView, { opacity, colorMap }: CamView): PanelView {
  return {
    ...view,
    opacity: opacity >= 0 && opacity <= 1 ? opacity : view.opacity,
    colorMap: COLOR_MAPS.find(({ name }) => name === colorMap)?.name ?? view.colorMap,
  };
}

/** The state as it was saved; undefined when it is absent or of another version. */
export function parseState(state: unknown): SavedState | undefined {
  const { restore, classIndex, layer, method, eigen, view }: Unchecked<SavedState> = asRecord(state);
  if (typeof restore !== 'string' || typeof classIndex !== 'number') return undefined;
  if (typeof layer !== 'string' || typeof method !== 'string') return undefined;
  const { opacity, colorMap, shown, signed }: Unchecked<PanelView> = asRecord(view);
  const drawn = withHostView(DEFAULT_VIEW, { opacity: Number(opacity), colorMap: String(colorMap) });
  return {
    restore,
    classIndex,
    layer,
    method,
    eigen: eigen === true,
    view: { ...drawn, shown: SHOWN.find((one) => one === shown) ?? 'overlay', signed: signed === true },
  };
}

/** The fields of T as they come from outside. */
type Unchecked<T> = { readonly [K in keyof T]?: unknown };

function asRecord(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

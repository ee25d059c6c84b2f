/** What survives Reload Window. */
import { COLOR_MAPS, type ColorMapName } from '../../src/display/colorMaps';
import type { Blend } from '../../src/display/overlay';
import type { CamView } from '../../src/protocol/camPanel';

/** What the large picture shows. */
export const SHOWN = ['overlay', 'map', 'image'] as const;
export type Shown = (typeof SHOWN)[number];

export const BLENDS = ['alpha', 'additive'] as const satisfies readonly Blend[];

/** How the panel draws; the host remembers opacity, colours and blending for the next panel. */
export interface PanelView {
  /** 0–1 */
  readonly opacity: number;
  readonly colorMap: ColorMapName;
  readonly blend: Blend;
  readonly shown: Shown;
  /** The map before ReLU, with evidence against the class. */
  readonly signed: boolean;
  /** Share of the map's maximum at which a line is drawn; 0 for none. */
  readonly contour: number;
  /** Id of the tab below the pictures; '' for none. */
  readonly tab: string;
  /** Classes that are compared, besides the one that is explained. */
  readonly compared: readonly number[];
}

export interface SavedState {
  /** The host's own, opaque: what was explained, and how. */
  readonly restore: string;
  readonly view: PanelView;
}

export const DEFAULT_VIEW: PanelView = {
  ...{ opacity: 0.5, colorMap: 'turbo', blend: 'alpha', shown: 'overlay', signed: false, contour: 0 },
  ...{ tab: 'layers', compared: [] },
};

/** How colours are laid over the picture: added, a diverging palette would turn everything white. */
export function blendOf({ signed, blend }: PanelView): Blend {
  return signed ? 'alpha' : blend;
}

/** The host's remembered choices, where they make sense, over the rest of a view. */
export function withHostView(view: PanelView, { opacity, colorMap, blend }: CamView): PanelView {
  return {
    ...view,
    opacity: isShare(opacity) ? opacity : view.opacity,
    colorMap: COLOR_MAPS.find(({ name }) => name === colorMap)?.name ?? view.colorMap,
    blend: BLENDS.find((one) => one === blend) ?? view.blend,
  };
}

/** The state as it was saved; undefined when it is absent or of another version. */
export function parseState(state: unknown): SavedState | undefined {
  const { restore, view }: Unchecked<SavedState> = asRecord(state);
  if (typeof restore !== 'string') return undefined;
  const { opacity, colorMap, blend, shown, signed, contour, tab, compared }: Unchecked<PanelView> = asRecord(view);
  const drawn = withHostView(DEFAULT_VIEW, { opacity: Number(opacity), colorMap: String(colorMap) });
  return {
    restore,
    view: {
      ...drawn,
      blend: BLENDS.find((one) => one === blend) ?? drawn.blend,
      shown: SHOWN.find((one) => one === shown) ?? drawn.shown,
      signed: signed === true,
      contour: isShare(contour) ? contour : drawn.contour,
      tab: typeof tab === 'string' ? tab : drawn.tab,
      compared: Array.isArray(compared) ? compared.filter((one) => Number.isInteger(one) && one >= 0) : drawn.compared,
    },
  };
}

function isShare(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

/** The fields of T as they come from outside. */
type Unchecked<T> = { readonly [K in keyof T]?: unknown };

function asRecord(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

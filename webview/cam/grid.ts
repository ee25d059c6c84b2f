/** A page of small maps on one canvas: what lies under the mouse, or under a mark that the arrow keys move, is told beneath. */

import type { ColorMapName } from '../../src/display/colorMaps';
import { colorMap, SIGNED_PALETTE } from '../../src/display/colorMaps';
import {
  drawGrid,
  type GridPlan,
  mapAfterKey,
  mapAt,
  mapCorner,
  type Normalisation,
  planGrid,
  type Rgba,
} from '../../src/display/mapGrid';
import { h, on } from '../dom';
import { type GridPage, mapFacts, pageFacts } from './gridFacts';

export interface GridView {
  /** Signed kernels have their own colours. */
  readonly colorMap: ColorMapName;
  readonly normalise: Normalisation;
}

export interface MapGrid {
  readonly element: HTMLElement;
  /** What can be saved as a picture. */
  readonly canvas: HTMLCanvasElement;
  show(page: GridPage, view: GridView): void;
}

/** Longer side of a map as it is drawn, in pixels of the screen; of an element of a vector; of a map alone. */
const MAP_SIDE = 72;
const CELL_SIDE = 16;
const ALONE_SIDE = 480;

/** `choose` is told the place of a map on the page when it is clicked, or Enter is pressed on it. */
export function mapGrid(id: string, choose: (index: number) => void = () => undefined): MapGrid {
  const canvas = h('canvas', { id, role: 'img', tabindex: 0 });
  const mark = h('div', { class: 'map-mark', hidden: true });
  const reading = h('output', { class: 'map-reading', 'aria-live': 'polite' });
  const element = h('div', { class: 'map-grid' }, h('div', { class: 'map-frame' }, canvas, mark), reading);
  let shown: { readonly page: GridPage; readonly view: GridView; readonly plan: GridPlan } | undefined;
  let marked: number | undefined;

  const tell = (index: number | undefined): void => {
    reading.value = shown ? (index === undefined ? pageFacts(shown.page) : mapFacts(shown.page, index)) : '';
  };
  const place = (index: number | undefined): void => {
    marked = index;
    mark.hidden = index === undefined || !shown;
    tell(index);
    if (index === undefined || !shown) return;
    const { plan } = shown;
    const { x, y } = mapCorner(plan, index);
    mark.style.setProperty('left', `${(100 * x) / plan.width}%`);
    mark.style.setProperty('top', `${(100 * y) / plan.height}%`);
    mark.style.setProperty('width', `${(100 * plan.mapWidth) / plan.width}%`);
    mark.style.setProperty('height', `${(100 * plan.mapHeight) / plan.height}%`);
    mark.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  };
  const under = ({ offsetX, offsetY }: MouseEvent): number | undefined => {
    if (!shown || canvas.clientWidth === 0) return undefined;
    const scale = canvas.width / canvas.clientWidth;
    return mapAt(shown.plan, offsetX * scale, offsetY * scale);
  };
  const draw = (page: GridPage, view: GridView): void => {
    const ratio = Math.max(1, Math.round(window.devicePixelRatio));
    const maxWidth = Math.max(MAP_SIDE, element.clientWidth) * ratio;
    const onePixel = page.width * page.height === 1;
    const side = onePixel ? CELL_SIDE : page.total === 1 ? ALONE_SIDE : MAP_SIDE;
    const plan = planGrid(page, {
      maxWidth,
      mapSide: Math.min(maxWidth, side * ratio),
      textScale: onePixel ? ratio : 2 * ratio,
    });
    shown = { page, view, plan };
    canvas.width = plan.width;
    canvas.height = plan.height;
    canvas.style.setProperty('width', `${plan.width / ratio}px`);
    const context = canvas.getContext('2d');
    const palette = page.signed ? SIGNED_PALETTE : colorMap(view.colorMap).palette;
    const normalise = onePixel ? 'all' : view.normalise;
    // Saved as a picture, the numbers must be readable: on the ground that they have here.
    const styles = getComputedStyle(element);
    const ground = rgbaOf(styles.getPropertyValue('--vscode-editor-background'));
    const pixels = drawGrid(page, plan, { palette, normalise, ground, ink: rgbaOf(styles.color) });
    context?.putImageData(new ImageData(pixels, plan.width, plan.height), 0, 0);
    canvas.setAttribute('aria-label', `${pageFacts(page)}. Arrow keys go from map to map.`);
  };

  on(canvas, 'pointermove', (event) => tell(under(event) ?? marked));
  on(canvas, 'pointerleave', () => tell(marked));
  on(canvas, 'click', (event) => {
    const index = under(event);
    place(index);
    if (index !== undefined) choose(index);
  });
  on(canvas, 'keydown', (event) => {
    if (!shown) return;
    if (event.key === 'Escape') place(undefined);
    else if (event.key === 'Enter' && marked !== undefined) choose(marked);
    else {
      const next = marked === undefined ? 0 : mapAfterKey(shown.plan, marked, event.key);
      if (next === undefined || mapAfterKey(shown.plan, 0, event.key) === undefined) return;
      place(next);
    }
    event.preventDefault();
  });
  new ResizeObserver(() => {
    if (!shown || element.clientWidth === 0) return;
    draw(shown.page, shown.view);
    place(marked);
  }).observe(element);

  return {
    ...{ element, canvas },
    show(page, view) {
      draw(page, view);
      place(undefined);
    },
  };
}

/** A colour as CSS writes it; what is none is transparent. */
function rgbaOf(css: string): Rgba {
  const context = h('canvas', { width: 1, height: 1 }).getContext('2d');
  if (!context) return [0, 0, 0, 0];
  context.fillStyle = 'transparent';
  context.fillStyle = css;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, alpha = 0] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, alpha];
}

/** The bar between graph and details: drag it, or move it with the arrow keys. */
import { h, on } from '../dom';

const MIN = 220;
const MIN_REST = 260;
const KEY_STEP = 24;

/** `pane` lies right of the bar; `changed` is called with its width in pixels. */
export function splitter(pane: HTMLElement, width: number | undefined, changed: (width: number) => void): HTMLElement {
  const bar = h('div', {
    class: 'splitter',
    role: 'separator',
    tabindex: 0,
    'aria-orientation': 'vertical',
    'aria-label': 'Width of the details',
    'aria-controls': pane.id,
    'aria-valuemin': MIN,
  });
  const set = (wanted: number) => {
    const most = Math.max(MIN, (pane.parentElement?.clientWidth ?? Number.POSITIVE_INFINITY) - MIN_REST);
    const next = Math.round(Math.min(most, Math.max(MIN, wanted)));
    pane.style.setProperty('--details-width', `${next}px`);
    bar.setAttribute('aria-valuenow', String(next));
    changed(next);
  };
  if (width !== undefined) pane.style.setProperty('--details-width', `${width}px`);

  let from: { readonly x: number; readonly width: number } | undefined;
  on(bar, 'pointerdown', (event) => {
    bar.setPointerCapture(event.pointerId);
    from = { x: event.clientX, width: pane.offsetWidth };
  });
  on(bar, 'pointermove', (event) => {
    if (from) set(from.width + from.x - event.clientX);
  });
  on(bar, 'pointerup', () => {
    from = undefined;
  });
  on(bar, 'keydown', (event) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    set(pane.offsetWidth + (event.key === 'ArrowLeft' ? KEY_STEP : -KEY_STEP));
  });
  return bar;
}

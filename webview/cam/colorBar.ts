import { cssColor } from '../../src/display/colorMaps';
import { h } from '../dom';
import { meaning, type Shading } from './shading';

/** The palette from low to high with a mark at the value under the probe. */
export function colorBar() {
  const scale = h('div', { class: 'scale' });
  const mark = h('div', { class: 'mark', hidden: true });
  const [low, middle, high] = [h('span'), h('span'), h('span')] as const;
  const reading = h('output', { id: 'cam-reading', 'aria-live': 'polite' });
  let shades: Shading | undefined;
  return {
    element: h(
      'div',
      { class: 'color-bar' },
      h('div', { class: 'scale-frame' }, scale, mark),
      h('div', { class: 'ticks' }, low, middle, high),
      reading,
    ),
    show(next: Shading): void {
      shades = next;
      const stops = Array.from({ length: 17 }, (_, stop) => cssColor(next.palette, stop / 16));
      scale.style.setProperty('background', `linear-gradient(to right, ${stops.join(', ')})`);
      low.textContent = meaning(next, 0);
      middle.textContent = meaning(next, 0.5);
      high.textContent = meaning(next, 1);
    },
    /** NaN hides the mark. */
    mark(value: number): void {
      mark.hidden = Number.isNaN(value);
      mark.style.setProperty('left', `${100 * value}%`);
      reading.value = shades && !mark.hidden ? `value ${meaning(shades, value)}` : '';
    },
  };
}

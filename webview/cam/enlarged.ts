import type { CamTile } from '../../src/protocol/camPanel';
import { h } from '../dom';
import type { Scene } from './scene';
import { drawn, Thumbnails } from './thumbnail';

const WIDTH = 720;

/** The chosen tile of a tab, large, with a line below. */
export function enlarged(id: string) {
  const element = h('figure', { class: 'large', id, hidden: true });
  const pictures = new Thumbnails(WIDTH);
  return {
    element,
    hide(): void {
      element.hidden = true;
    },
    /** `label` is what screen readers say of the picture. */
    show({ map, raw, colors }: CamTile, { picture, view }: Scene, label: string, caption: string): void {
      const canvas = colors
        ? drawn(colors.width, colors.height, new Uint8ClampedArray(colors.rgba))
        : map && pictures.of(picture, map, view, raw);
      if (!canvas) return;
      canvas.setAttribute('role', 'img');
      canvas.setAttribute('aria-label', label);
      element.hidden = false;
      element.replaceChildren(canvas, h('figcaption', {}, caption));
    },
  };
}

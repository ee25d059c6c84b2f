import type { CamTile } from '../../src/protocol/camPanel';
import { h } from '../dom';
import { button } from '../toolkit';
import { targetName } from './facts';
import { mapTab, questionOf } from './mapTab';
import type { Actions, Scene } from './scene';
import type { Tab } from './tabs';
import { drawn, Thumbnails } from './thumbnail';

/** Gradients in the picture itself: a tile for each kind, the chosen one large. */
export function saliencyTab(actions: Actions): Tab {
  let scene: Scene | undefined;
  let chosen = '';
  let costlyFor: string | undefined;
  const large = h('figure', { class: 'large', id: 'cam-saliency', hidden: true });
  const pictures = new Thumbnails(720);
  const all = button('Compute all', () => {
    if (!scene) return;
    costlyFor = questionOf(scene, 'method');
    tab.show(scene);
  });
  const isWhole = (now: Scene): boolean => costlyFor === questionOf(now, 'method');
  const enlarge = (tile: CamTile, now: Scene): void => {
    const { title, map, colors, note } = tile;
    const canvas = colors
      ? drawn(colors.width, colors.height, new Uint8ClampedArray(colors.rgba))
      : map && pictures.of(now.picture, map, now.view);
    if (!canvas) return;
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `${title} for ${targetName(now.result)}`);
    large.hidden = false;
    large.replaceChildren(canvas, h('figcaption', {}, `${title} for ${targetName(now.result)}. ${note ?? ''}`));
  };
  const maps = mapTab(
    {
      id: 'saliency',
      title: 'Saliency',
      hint: 'Which pixels the score depends on, pixel by pixel. Enter or a click enlarges one.',
      label: 'Kinds of saliency',
      tools: [all],
      wait: 'Differentiating by the picture…',
      question: (now) => `${questionOf(now, 'method')}${isWhole(now)}`,
      load: async (now) => {
        large.hidden = true;
        return actions.host.saliencyGrid(isWhole(now));
      },
      isChosen: ({ id }) => id === chosen,
      choose: (tile, now) => {
        chosen = tile.id;
        enlarge(tile, now);
        maps.show(now);
      },
    },
    actions,
  );
  const tab: Tab = {
    ...maps,
    element: h('div', {}, maps.element, large),
    show(now) {
      scene = now;
      all.hidden = isWhole(now);
      maps.show(now);
    },
  };
  return tab;
}

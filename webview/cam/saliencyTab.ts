import { h } from '../dom';
import { button } from '../toolkit';
import { enlarged } from './enlarged';
import { targetName } from './facts';
import { mapTab, questionOf } from './mapTab';
import type { Actions, Scene } from './scene';
import type { Tab } from './tabs';

/** Gradients in the picture itself: a tile for each kind, the chosen one large. */
export function saliencyTab(actions: Actions): Tab {
  let scene: Scene | undefined;
  let chosen = '';
  let costlyFor: string | undefined;
  const large = enlarged('cam-saliency');
  const all = button('Compute all', () => {
    if (!scene) return;
    costlyFor = questionOf(scene, 'method');
    tab.show(scene);
  });
  const isWhole = (now: Scene): boolean => costlyFor === questionOf(now, 'method');
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
        large.hide();
        return actions.host.saliencyGrid(isWhole(now));
      },
      isChosen: ({ id }) => id === chosen,
      choose: (tile, now) => {
        chosen = tile.id;
        const label = `${tile.title} for ${targetName(now.result)}`;
        large.show(tile, now, label, `${label}. ${tile.note ?? ''}`);
        maps.show(now);
      },
    },
    actions,
  );
  const tab: Tab = {
    ...maps,
    element: h('div', {}, maps.element, large.element),
    show(now) {
      scene = now;
      all.hidden = isWhole(now);
      maps.show(now);
    },
  };
  return tab;
}

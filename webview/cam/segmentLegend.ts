import { percent } from '../../src/display/format';
import type { CamResult } from '../../src/protocol/camPanel';
import { h, on } from '../dom';
import { className } from './facts';

/** Of a segmenter: the classes in the picture, each a button that explains it in its own pixels, as a click in them does. */
export function segmentLegend(choose: (index: number) => void) {
  const element = h('p', { id: 'cam-segments', class: 'hint', hidden: true });
  return {
    element,
    show({ segments, target }: Pick<CamResult, 'segments' | 'target'>): void {
      const legend = segments?.legend ?? [];
      element.hidden = legend.length === 0;
      const buttons = legend.map(({ index, name, share }) => {
        const text = `${className({ index, name })} ${percent(share)}`;
        const chosen = target?.kind === 'mask' && target.index === index;
        const one = h('button', { type: 'button', class: 'segment', 'aria-pressed': String(chosen) }, text);
        return on(one, 'click', () => choose(index));
      });
      element.replaceChildren('In the picture, or click there:', ...buttons);
    },
  };
}

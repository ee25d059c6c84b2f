/** What a detector found, drawn over the picture: a box is a button that makes it the target. */
import { percent } from '../../src/display/format';
import type { CamBox, CamResult, Picture } from '../../src/protocol/camPanel';
import { h, on } from '../dom';

export function boxLayer(choose: (box: CamBox) => void) {
  const element = h('div', { class: 'boxes', role: 'group', 'aria-label': 'Boxes that the model found' });
  let drawn: CamResult['boxes'];
  return {
    element,
    show(picture: Picture, { boxes: found, map, target }: CamResult): void {
      element.hidden = !found?.length;
      // Small ones lie on top of large ones, so that each can be clicked.
      const boxes = found?.toSorted((a, b) => b.width * b.height - a.width * a.height);
      if (found !== drawn) {
        drawn = found;
        element.replaceChildren(...(boxes ?? []).map((box) => boxButton(box, choose)));
      }
      for (const [i, button] of [...element.querySelectorAll('button')].entries()) {
        const box = boxes?.[i];
        if (!box) continue;
        place(button, box, picture, map);
        const chosen = target?.kind === 'box' && target.anchor === box.anchor && target.output === box.output;
        button.setAttribute('aria-pressed', String(chosen));
      }
    },
  };
}

function boxButton(box: CamBox, choose: (box: CamBox) => void): HTMLButtonElement {
  const name = box.name || `class ${box.class}`;
  const label = `${name} ${percent(box.score)}`;
  const button = h('button', { type: 'button', title: `Explain this box: ${label}` }, h('span', {}, label));
  button.setAttribute('aria-label', `Explain the box of ${label}`);
  return on(button, 'click', () => choose(box));
}

/** From the model's input, which covers what was seen, to shares of the picture. */
function place(
  button: HTMLElement,
  box: CamBox,
  { seen, width, height }: Picture,
  input: { readonly width: number; readonly height: number },
): void {
  const percentOf = (part: number, whole: number): string => `${(100 * part) / whole}%`;
  button.style.setProperty('left', percentOf(seen.x + (box.x / input.width) * seen.width, width));
  button.style.setProperty('top', percentOf(seen.y + (box.y / input.height) * seen.height, height));
  button.style.setProperty('width', percentOf((box.width / input.width) * seen.width, width));
  button.style.setProperty('height', percentOf((box.height / input.height) * seen.height, height));
}

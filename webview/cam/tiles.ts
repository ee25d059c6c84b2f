/** Small pictures side by side of which one can be chosen: with the mouse, or with the arrow keys and Enter. */
import { h, on } from '../dom';
import { focusOption, moveFocus } from './roving';

export interface Tile {
  readonly id: string;
  readonly title: string;
  /** A second, quieter line. */
  readonly sub?: string;
  /** Drawn where there is one; else the note takes its place. */
  readonly canvas?: HTMLCanvasElement;
  readonly note?: string;
  readonly chosen: boolean;
}

export interface Tiles {
  readonly element: HTMLElement;
  show(tiles: readonly Tile[]): void;
}

/** `strip`: one row that scrolls; arrow keys then choose at once. With Ctrl or Shift, several can be meant. */
export function tiles(id: string, label: string, choose: (id: string, several: boolean) => void, strip = false): Tiles {
  const list = h('ul', { id, class: strip ? 'tiles strip' : 'tiles', role: 'listbox', 'aria-label': label });
  if (strip) list.setAttribute('aria-orientation', 'horizontal');
  const chooseOption = (target: EventTarget | null, several: boolean): void => {
    const option = target instanceof Element ? target.closest<HTMLElement>('[role=option]') : null;
    const wanted = option?.getAttribute('data-id');
    if (!option || wanted === null || wanted === undefined) return;
    option.focus();
    choose(wanted, several);
  };
  const isSeveral = (event: MouseEvent | KeyboardEvent): boolean => event.ctrlKey || event.metaKey || event.shiftKey;
  on(list, 'click', (event) => chooseOption(event.target, isSeveral(event)));
  on(list, 'keydown', (event) => {
    if (event.key === 'Enter' || event.key === ' ') chooseOption(event.target, isSeveral(event));
    else if (!moveFocus(list, event.key, 'row')) return;
    else if (strip && !isSeveral(event)) chooseOption(document.activeElement, false);
    event.preventDefault();
  });
  return {
    element: list,
    show(next) {
      const hadFocus = list.contains(document.activeElement);
      const left = list.scrollLeft;
      list.replaceChildren(...next.map(option));
      list.scrollLeft = left;
      const options = [...list.querySelectorAll<HTMLElement>('[role=option]')];
      const chosen = options.find((one) => one.getAttribute('aria-selected') === 'true');
      if (hadFocus) focusOption(options, chosen ?? options[0]);
      else if (options.length > 0) (chosen ?? options[0] ?? list).tabIndex = 0;
      if (strip && chosen) reveal(list, chosen);
    },
  };
}

function option({ id, title, sub, canvas, note, chosen }: Tile): HTMLElement {
  canvas?.setAttribute('aria-hidden', 'true');
  return h(
    'li',
    {
      role: 'option',
      tabindex: -1,
      'aria-selected': chosen ? 'true' : 'false',
      'data-id': id,
      'aria-label': [title, sub, note].filter(Boolean).join(', '),
      title: [title, sub, note].filter(Boolean).join('\n'),
    },
    canvas ?? h('span', { class: 'blank' }, note ?? ''),
    h('span', { class: 'tile-title' }, title),
    sub !== undefined && h('span', { class: 'tile-sub' }, sub),
  );
}

/** Scrolls the strip, and not the page around it. */
function reveal(strip: HTMLElement, { offsetLeft, offsetWidth }: HTMLElement): void {
  const start = offsetLeft - strip.offsetLeft;
  const left = Math.min(strip.scrollLeft, start);
  strip.scrollLeft = Math.max(left, start + offsetWidth - strip.clientWidth);
}

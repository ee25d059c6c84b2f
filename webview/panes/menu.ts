/** A button that opens a short list of actions. */
import { h, on } from '../dom';
import { button } from '../toolkit';

export interface MenuItem {
  readonly label: string;
  run(): void;
}

export function menuButton(label: string, items: readonly MenuItem[]): HTMLElement {
  const list = h('div', { class: 'menu', role: 'menu', hidden: true, 'aria-label': label });
  const opener = button(`${label} ▾`, () => toggle(list.hidden !== false));
  opener.setAttribute('aria-haspopup', 'menu');
  opener.setAttribute('aria-expanded', 'false');
  const holder = h('div', { class: 'menu-holder' }, opener, list);

  const entries = items.map(({ label: text, run }) =>
    on(h('button', { type: 'button', role: 'menuitem', tabindex: -1 }, text), 'click', () => {
      toggle(false);
      run();
    }),
  );
  list.append(...entries);

  const outside = (event: Event) => {
    if (event.target instanceof Node && !holder.contains(event.target)) toggle(false);
  };
  const toggle = (open: boolean) => {
    list.hidden = !open;
    opener.setAttribute('aria-expanded', String(open));
    if (open) {
      entries[0]?.focus();
      document.addEventListener('pointerdown', outside);
    } else {
      document.removeEventListener('pointerdown', outside);
      if (list.contains(document.activeElement)) opener.focus();
    }
  };
  on(list, 'keydown', (event) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (event.key === 'Escape') {
      toggle(false);
      opener.focus();
    } else if (step === 0) return;
    const place = entries.findIndex((entry) => entry.matches(':focus'));
    entries[(place + step + entries.length) % entries.length]?.focus();
    event.preventDefault();
    event.stopPropagation();
  });
  return holder;
}

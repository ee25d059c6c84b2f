/** A button that opens a short list of actions. */
import { h, on } from '../dom';
import { button } from '../toolkit';

export interface MenuItem {
  readonly label: string;
  /** Only where the toolbar is too narrow to have it beside the menu. */
  readonly narrow?: boolean;
  /** Whether it can be done now; default: always. */
  fits?(): boolean;
  run(): void;
}

/** `sign`: what stands on the button where there is no room for words, and what that is called. */
export function menuButton(
  label: string,
  sign: { readonly text: string; readonly name: string },
  items: readonly MenuItem[],
): HTMLElement {
  const list = h('div', { class: 'menu', role: 'menu', hidden: true, 'aria-label': label });
  const opener = button('', () => toggle(list.hidden !== false));
  opener.append(
    h('div', { class: 'wide' }, `${label} ▾`),
    h('div', { class: 'narrow', 'aria-label': sign.name }, sign.text),
  );
  opener.setAttribute('aria-haspopup', 'menu');
  opener.setAttribute('aria-expanded', 'false');
  const holder = h('div', { class: 'menu-holder' }, opener, list);

  const entries = items.map(({ label: text, narrow, run }) =>
    on(
      h('button', { type: 'button', role: 'menuitem', tabindex: -1, class: narrow && 'narrow' }, text),
      'click',
      () => {
        toggle(false);
        run();
      },
    ),
  );
  list.append(...entries);
  const shown = () => entries.filter((entry) => entry.offsetParent !== null);

  const outside = (event: Event) => {
    if (event.target instanceof Node && !holder.contains(event.target)) toggle(false);
  };
  const toggle = (open: boolean) => {
    list.hidden = !open;
    for (const [i, entry] of entries.entries()) entry.hidden = !(items[i]?.fits?.() ?? true);
    opener.setAttribute('aria-expanded', String(open));
    if (open) {
      shown()[0]?.focus();
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
    const visible = shown();
    const place = visible.findIndex((entry) => entry.matches(':focus'));
    visible[(place + step + visible.length) % visible.length]?.focus();
    event.preventDefault();
    event.stopPropagation();
  });
  return holder;
}

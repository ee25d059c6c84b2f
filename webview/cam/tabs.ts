/** Sections of which one is open, below the pictures. */
import { h, on } from '../dom';
import type { Scene } from './scene';

export interface Tab {
  readonly id: string;
  readonly title: string;
  readonly element: HTMLElement;
  /** Whether there is anything to show for this result; default: always. */
  fits?(scene: Scene): boolean;
  /** Told of what is shown while the tab is open, and when it opens. */
  show(scene: Scene): void;
}

/** `open` is told which tab was chosen; an open one is closed by choosing it again. */
export function tabList(tabs: readonly Tab[], open: (id: string) => void) {
  const list = h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'More about this picture' });
  const panels = h('div', { class: 'tab-panels' });
  let scene: Scene | undefined;
  const buttons = new Map<string, HTMLButtonElement>();
  for (const { id, title, element } of tabs) {
    const tab = h(
      'button',
      { type: 'button', role: 'tab', id: `cam-tab-${id}`, 'aria-controls': `cam-panel-${id}` },
      title,
    );
    on(tab, 'click', () => open(scene?.view.tab === id ? '' : id));
    on(tab, 'keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step === undefined) return;
      const shown = [...buttons.values()].filter((one) => !one.hidden);
      const next = shown[(shown.indexOf(tab) + step + shown.length) % shown.length];
      next?.click();
      next?.focus();
      event.preventDefault();
    });
    buttons.set(id, tab);
    list.append(tab);
    panels.append(
      h(
        'section',
        { id: `cam-panel-${id}`, role: 'tabpanel', 'aria-labelledby': `cam-tab-${id}`, hidden: true },
        element,
      ),
    );
  }
  return {
    element: h('div', { class: 'tabbed' }, list, panels),
    show(next: Scene): void {
      scene = next;
      for (const tab of tabs) {
        const button = buttons.get(tab.id);
        const fits = tab.fits?.(next) ?? true;
        const chosen = fits && next.view.tab === tab.id;
        if (button) button.hidden = !fits;
        button?.setAttribute('aria-selected', String(chosen));
        if (button) button.tabIndex = chosen ? 0 : -1;
        const panel = panels.querySelector<HTMLElement>(`#cam-panel-${tab.id}`);
        if (panel) panel.hidden = !chosen;
        if (chosen) tab.show(next);
      }
      const stop = [...buttons.values()].find((one) => one.tabIndex === 0);
      const first = [...buttons.values()].find((one) => !one.hidden);
      if (!stop && first) first.tabIndex = 0;
    },
  };
}

/** What the reader has set up to find his way: where he is, what is highlighted, what he has pinned. Hidden while there is nothing. */
import { h } from '../dom';
import { icon } from '../icons';
import { button } from '../toolkit';

export class ReadingBar {
  readonly element = h('div', { id: 'reading-bar', role: 'group', 'aria-label': 'Reading', hidden: true });
  private readonly crumbs = h('div', { class: 'reading-part' });
  private readonly trail = h('div', { class: 'reading-part', role: 'status' });
  private readonly pins = h('div', { class: 'reading-part' });

  constructor() {
    this.element.append(this.crumbs, this.trail, this.pins);
  }

  setBreadcrumbs(element: HTMLElement | undefined): void {
    this.put(this.crumbs, element);
  }

  setPins(element: HTMLElement | undefined): void {
    this.put(this.pins, element);
  }

  /** `text`: what is highlighted; undefined for nothing. */
  setTrail(text: string | undefined, clear: () => void): void {
    if (text === undefined) {
      this.put(this.trail, undefined);
      return;
    }
    const close = button('', clear, 'icon');
    close.setAttribute('aria-label', 'End the highlight');
    close.title = 'End the highlight (Esc)';
    close.append(icon('close'));
    this.put(this.trail, h('span', { class: 'trail-chip' }, text, close));
  }

  private put(part: HTMLElement, content: HTMLElement | undefined): void {
    part.replaceChildren(...(content ? [content] : []));
    this.element.hidden = [this.crumbs, this.trail, this.pins].every(
      ({ childElementCount }) => childElementCount === 0,
    );
  }
}

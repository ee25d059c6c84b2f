/** Over the empty canvas while the layout takes its time: progress with a way out, or a way back in. */
import { h } from '../dom';
import { button, progressRing } from '../toolkit';

/** Milliseconds; a layout that is faster shows no progress. */
const PATIENCE = 150;

export class LayoutStatus {
  readonly element = h('div', { class: 'layout-status', role: 'status', hidden: true });
  private readonly percent = h('span');
  private timer: ReturnType<typeof setTimeout> | undefined;

  start(nodeCount: number, cancel: () => void): void {
    this.done();
    this.progress(0);
    this.timer = setTimeout(() => {
      const text = h('span', {}, `Laying out ${nodeCount.toLocaleString('en-US')} nodes … `, this.percent);
      this.show(progressRing('Layout in progress'), text, button('Cancel', cancel));
    }, PATIENCE);
  }

  progress(fraction: number): void {
    this.percent.textContent = `${Math.round(100 * fraction)} %`;
  }

  stopped(message: string, again: () => void): void {
    this.done();
    this.show(h('span', {}, message), button('Lay out again', again));
  }

  done(): void {
    clearTimeout(this.timer);
    this.element.hidden = true;
  }

  private show(...content: HTMLElement[]): void {
    this.element.replaceChildren(...content);
    this.element.hidden = false;
  }
}

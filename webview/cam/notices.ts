import type { CamResult } from '../../src/protocol/camPanel';
import { h } from '../dom';
import { button, progressRing } from '../toolkit';
import { className, targetClass } from './facts';

/** What the panel is waiting for, with a way out. */
export function progressBar(cancel: () => void) {
  const message = h('span');
  const stop = button('Cancel', cancel);
  stop.id = 'cam-cancel';
  const element = h(
    'div',
    { id: 'progress', class: 'notice', role: 'status', hidden: true },
    progressRing('Working'),
    message,
    stop,
  );
  return {
    element,
    show(text: string): void {
      message.textContent = text;
      element.hidden = false;
    },
    hide(): void {
      element.hidden = true;
    },
  };
}

/** What went wrong, with a way to try again. */
export function errorBar(retry: () => void) {
  const message = h('span', { class: 'message' });
  const again = button('Retry', retry, 'primary');
  again.id = 'cam-retry';
  const element = h('div', { id: 'error', class: 'notice error', role: 'alert', hidden: true }, message, again);
  return {
    element,
    show(text: string): void {
      message.textContent = text;
      element.hidden = false;
    },
    hide(): void {
      element.hidden = true;
    },
  };
}

/** Advice about a result. */
export function advice(actions: { pickPreprocessing(): void; showSigned(): void }) {
  const element = h('div', { id: 'cam-advice' });
  const change = (): HTMLElement => button('Change preprocessing…', actions.pickPreprocessing);
  return {
    element,
    show(result: CamResult, signed: boolean): void {
      const notices: HTMLElement[] = [];
      if (result.allZero && !signed) {
        const name = className(targetClass(result));
        notices.push(
          notice(
            `Nothing at this layer speaks for ${name}: the map is empty.`,
            button('Show unrectified map', actions.showSigned),
          ),
        );
      }
      if (result.note)
        notices.push(/preprocessing/i.test(result.note) ? notice(result.note, change()) : notice(result.note));
      element.replaceChildren(...notices);
    },
  };
}

function notice(text: string, ...actions: readonly HTMLElement[]): HTMLElement {
  return h('div', { class: 'notice', role: 'note' }, h('span', { class: 'message' }, text), ...actions);
}

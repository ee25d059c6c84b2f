import { counted } from '../../src/display/format';
import type { CamResult } from '../../src/protocol/camPanel';
import { h } from '../dom';
import { button, progressRing } from '../toolkit';

/** What the panel is waiting for and how far it has come, with a way out. */
export function progressBar(cancel: () => void) {
  const message = h('span');
  const share = h('progress', { max: 1, hidden: true, 'aria-label': 'Done so far' });
  const stop = button('Cancel', cancel);
  stop.id = 'cam-cancel';
  const element = h(
    'div',
    { id: 'progress', class: 'notice', role: 'status', hidden: true },
    progressRing('Working'),
    message,
    share,
    stop,
  );
  return {
    element,
    show(text: string, done?: number): void {
      message.textContent = text;
      share.hidden = done === undefined;
      share.value = done ?? 0;
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

/** What went wrong in one part of the panel, with a way to try again; what was drawn before stays. */
export function problemLine(retry: () => void) {
  const message = h('span');
  const element = h('p', { class: 'problem', role: 'alert', hidden: true }, message, button('Try again', retry));
  return {
    element,
    show(text: string): void {
      message.textContent = `${text.replace(/[.]$/, '')}. `;
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
      if (result.empty !== undefined && !signed) {
        notices.push(notice(result.empty, button('Show unrectified map', actions.showSigned)));
      }
      const found = result.boxes?.length ?? 0;
      if (found > 0 && result.target?.kind !== 'box') {
        notices.push(notice(`${counted(found, 'box', 'boxes')} found: click one in the picture to explain it.`));
      }
      if (result.fellBack) notices.push(notice(result.fellBack));
      if (result.note)
        notices.push(/preprocessing/i.test(result.note) ? notice(result.note, change()) : notice(result.note));
      element.replaceChildren(...notices);
    },
  };
}

function notice(text: string, ...actions: readonly HTMLElement[]): HTMLElement {
  return h('div', { class: 'notice', role: 'note' }, h('span', { class: 'message' }, text), ...actions);
}

/** Warnings about the model, each of which can be closed, and what went wrong with the last request. */
import { h } from '../dom';
import { icon } from '../icons';
import { button } from '../toolkit';

export class Notices {
  readonly element = h('div', { id: 'warnings' });
  private warnings: readonly string[] = [];
  private problem = '';
  private readonly dismissed: Set<string>;
  private readonly changed: (dismissed: readonly string[]) => void;

  constructor(dismissed: readonly string[], changed: (dismissed: readonly string[]) => void) {
    this.dismissed = new Set(dismissed);
    this.changed = changed;
  }

  setWarnings(warnings: readonly string[]): void {
    this.warnings = warnings;
    this.render();
  }

  /** Shown until closed or until the next request succeeds; '' clears it. */
  setProblem(problem: string): void {
    if (problem === this.problem) return;
    this.problem = problem;
    this.render();
  }

  private render(): void {
    const rows = this.warnings
      .filter((warning) => !this.dismissed.has(warning))
      .map((warning) =>
        this.row('warning', warning, () => {
          this.dismissed.add(warning);
          this.changed([...this.dismissed]);
        }),
      );
    if (this.problem) {
      rows.unshift(
        this.row('error', this.problem, () => {
          this.problem = '';
        }),
      );
    }
    this.element.replaceChildren(...rows);
  }

  private row(kind: 'warning' | 'error', text: string, close: () => void): HTMLElement {
    const dismiss = button(
      '',
      () => {
        close();
        this.render();
      },
      'icon',
    );
    dismiss.setAttribute('aria-label', 'Close');
    dismiss.append(icon('close'));
    return h(
      'div',
      { class: `notice ${kind}`, role: kind === 'error' ? 'alert' : 'status' },
      icon(kind),
      h('span', {}, text),
      dismiss,
    );
  }
}

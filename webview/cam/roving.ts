/** One stop of the Tab key for a whole list, in which the arrow keys move the focus. */

/** How the arrow keys run: a list from top to bottom, or a row of things that may wrap. */
export type Run = 'column' | 'row';

/** Moves the focus within the options; whether the key was one for that. */
export function moveFocus(list: HTMLElement, key: string, run: Run = 'column'): boolean {
  const options = [...list.querySelectorAll<HTMLElement>('[role=option]')];
  const now = options.findIndex((one) => one.matches(':focus'));
  const steps: Readonly<Record<string, number>> =
    run === 'column'
      ? { ArrowDown: now + 1, ArrowUp: now - 1 }
      : { ArrowRight: now + 1, ArrowLeft: now - 1, ArrowDown: now + perRow(options), ArrowUp: now - perRow(options) };
  const next = { ...steps, Home: 0, End: options.length - 1 }[key];
  if (next === undefined) return false;
  focusOption(options, options[Math.min(options.length - 1, Math.max(0, next))]);
  return true;
}

/** Makes an option the list's stop, and focuses it. */
export function focusOption(options: readonly HTMLElement[], wanted: HTMLElement | undefined): void {
  if (!wanted) return;
  for (const one of options) one.tabIndex = one === wanted ? 0 : -1;
  wanted.focus();
  wanted.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

function perRow(options: readonly HTMLElement[]): number {
  const [first] = options;
  const second = options.findIndex((one) => one.offsetTop > (first?.offsetTop ?? 0));
  return second < 0 ? 0 : second;
}

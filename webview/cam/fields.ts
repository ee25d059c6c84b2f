/** Labelled native controls: they look like VS Code's and speak to every screen reader. */
import { h, on } from '../dom';

export function select(
  id: string,
  options: readonly (readonly [value: string, label: string])[],
  choose: (value: string) => void,
): HTMLSelectElement {
  const element = h('select', { id }, ...options.map(([value, label]) => h('option', { value }, label)));
  return on(element, 'change', () => choose(element.value));
}

/** A drop-down of some values. */
export function selectOf<T extends string>(
  id: string,
  values: readonly T[],
  labels: Readonly<Record<T, string>>,
  choose: (value: T) => void,
): HTMLSelectElement {
  return select(
    id,
    values.map((value) => [value, labels[value]] as const),
    (chosen) => {
      const value = values.find((one) => one === chosen);
      if (value !== undefined) choose(value);
    },
  );
}

export function labelled(label: string, control: HTMLElement): HTMLElement {
  return h('label', {}, h('span', {}, label), control);
}

/** The same with a line that says what it does. */
export function explained(label: string, control: HTMLElement, help: string): HTMLElement {
  const line = h('span', { id: `${control.id}-help`, class: 'help' }, help);
  control.setAttribute('aria-describedby', line.id);
  return h('div', { class: 'explained' }, labelled(label, control), line);
}

export function checkbox(
  id: string,
  label: string,
  title: string,
  choose: (checked: boolean) => void = () => undefined,
) {
  const input = h('input', { id, type: 'checkbox' });
  on(input, 'change', () => choose(input.checked));
  return { input, element: h('label', { class: 'check', title }, input, label) };
}

/** A slider of shares, with what it stands at. */
export function slider(id: string, choose: (share: number) => void, write: (share: number) => string) {
  const input = h('input', { id, type: 'range', min: 0, max: 1, step: 0.01 });
  const output = h('output', { for: id });
  on(input, 'input', () => choose(Number(input.value)));
  return {
    input,
    element: h('span', { class: 'slider' }, input, output),
    show(share: number): void {
      input.value = String(share);
      input.setAttribute('aria-valuetext', write(share));
      output.value = write(share);
    },
  };
}

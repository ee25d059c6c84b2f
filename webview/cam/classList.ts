import { percent } from '../../src/display/format';
import type { CamClass, CamResult } from '../../src/protocol/camPanel';
import { h, on } from '../dom';
import { textField } from '../toolkit';
import { className, matchingClasses } from './facts';

/** More classes than this get a box to filter them. */
const FILTER_FROM = 11;

export interface ClassList {
  readonly element: HTMLElement;
  show(result: CamResult): void;
}

/** The classes with their probabilities, most probable first: a list box whose choice is explained. */
export function classList(choose: (classIndex: number) => void): ClassList {
  const list = h('ul', { id: 'cam-classes', role: 'listbox', 'aria-label': 'Classes, most probable first' });
  const filter = textField('Filter classes', 'Filter, or any class number', () => draw());
  filter.id = 'cam-filter';
  const element = h('section', { class: 'classes', 'aria-label': 'Classes' }, h('h2', {}, 'Class'), filter, list);
  let classes: readonly CamClass[] = [];
  let target = -1;

  const draw = (): void => {
    const shown = matchingClasses(classes, filter.hidden ? '' : filter.value);
    const hadFocus = list.contains(document.activeElement);
    list.replaceChildren(...shown.map((one) => option(one, one.index === target)));
    const first = list.querySelector<HTMLElement>('[aria-selected=true]') ?? list.querySelector<HTMLElement>('li');
    if (first) first.tabIndex = 0;
    if (hadFocus) first?.focus();
    if (shown.length === 0) list.append(h('li', { class: 'none', role: 'presentation' }, 'No class of that name.'));
  };

  on(list, 'click', ({ target: clicked }) => chooseOption(clicked, choose));
  on(list, 'keydown', (event) => {
    if (event.key === 'Enter' || event.key === ' ') chooseOption(event.target, choose);
    else if (!moveFocus(list, event.key)) return;
    event.preventDefault();
  });
  on(filter, 'keydown', (event) => {
    const first = list.querySelector<HTMLElement>('[role=option]');
    if (event.key === 'Enter') chooseOption(first, choose);
    else if (event.key === 'ArrowDown') first?.focus();
    else return;
    event.preventDefault();
  });

  return {
    element,
    show(result) {
      classes = result.classes;
      target = result.targetClass;
      filter.hidden = classes.length < FILTER_FROM;
      draw();
    },
  };
}

function option(one: CamClass, selected: boolean): HTMLElement {
  const bar = h('span', { class: 'bar', 'aria-hidden': 'true' });
  bar.style.setProperty('--share', String(Number.isFinite(one.probability) ? one.probability : 0));
  const name = className(one);
  const logit = Number.isFinite(one.logit) ? `, logit ${one.logit.toFixed(2)}` : '';
  return h(
    'li',
    {
      role: 'option',
      tabindex: -1,
      'aria-selected': selected ? 'true' : 'false',
      'data-class': one.index,
      title: `${name} (class ${one.index}${logit})`,
    },
    bar,
    h('span', { class: 'name' }, name),
    ' ',
    h('span', { class: 'share' }, Number.isFinite(one.probability) ? percent(one.probability) : '?'),
  );
}

function chooseOption(target: EventTarget | null, choose: (classIndex: number) => void): void {
  const chosen = target instanceof Element ? target.closest<HTMLElement>('[role=option]') : null;
  const index = chosen?.getAttribute('data-class');
  if (chosen && index) {
    chosen.focus();
    choose(Number(index));
  }
}

/** Moves the focus within the list; whether the key was one for that. */
function moveFocus(list: HTMLElement, key: string): boolean {
  const options = [...list.querySelectorAll<HTMLElement>('[role=option]')];
  const now = options.findIndex((one) => one.matches(':focus'));
  const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: options.length - 1 }[key];
  if (next === undefined) return false;
  const wanted = options[Math.min(options.length - 1, Math.max(0, next))];
  if (wanted) {
    for (const one of options) one.tabIndex = one === wanted ? 0 : -1;
    wanted.focus();
  }
  return true;
}

import { percent } from '../../src/display/format';
import type { CamClass, CamResult } from '../../src/protocol/camPanel';
import { h, on } from '../dom';
import { textField } from '../toolkit';
import { className, matchingClasses } from './facts';
import { moveFocus } from './roving';

/** More classes than this get a box to filter them. */
const FILTER_FROM = 11;

export interface ClassList {
  readonly element: HTMLElement;
  show(result: CamResult, compared: readonly number[]): void;
}

export interface ClassListActions {
  choose(classIndex: number): void;
  /** Adds a class to those that are compared, or takes it away. */
  toggle(classIndex: number): void;
}

/** The classes with their probabilities, most probable first: a list box whose choice is explained; with Ctrl, several. */
export function classList(actions: ClassListActions): ClassList {
  const list = h('ul', {
    ...{ id: 'cam-classes', role: 'listbox', 'aria-multiselectable': 'true' },
    'aria-label': 'Classes, most probable first. Enter explains one, Ctrl+Enter compares several.',
  });
  const filter = textField('Filter classes', 'Filter, or any class number', () => draw());
  filter.id = 'cam-filter';
  const hint = h('p', { class: 'hint' }, 'Ctrl+click or Ctrl+Enter: compare several');
  const element = h('section', { class: 'classes', 'aria-label': 'Classes' }, h('h2', {}, 'Class'), filter, list, hint);
  let classes: readonly CamClass[] = [];
  let explained: readonly number[] = [];
  let compared: readonly number[] = [];

  const draw = (): void => {
    const shown = matchingClasses(classes, filter.hidden ? '' : filter.value);
    const hadFocus = list.contains(document.activeElement);
    const focused = list.querySelector(':focus')?.getAttribute('data-class');
    list.replaceChildren(
      ...shown.map((one) => option(one, explained.includes(one.index), compared.includes(one.index))),
    );
    const first =
      (hadFocus && list.querySelector<HTMLElement>(`[data-class="${focused}"]`)) ||
      list.querySelector<HTMLElement>('[aria-current=true]') ||
      list.querySelector<HTMLElement>('[role=option]');
    if (first) first.tabIndex = 0;
    if (hadFocus && first) first.focus();
    if (shown.length === 0) list.append(h('li', { class: 'none', role: 'presentation' }, 'No class of that name.'));
  };
  const chosen = (event: MouseEvent | KeyboardEvent): void => {
    const pressed = event.target instanceof Element ? event.target.closest<HTMLElement>('[role=option]') : null;
    choose(pressed, event.ctrlKey || event.metaKey || event.shiftKey);
  };
  const choose = (wanted: HTMLElement | null, several: boolean): void => {
    const index = wanted?.getAttribute('data-class');
    if (!wanted || !index) return;
    wanted.focus();
    if (several) actions.toggle(Number(index));
    else actions.choose(Number(index));
  };

  on(list, 'click', chosen);
  on(list, 'keydown', (event) => {
    if (event.key === 'Enter' || event.key === ' ') chosen(event);
    else if (!moveFocus(list, event.key)) return;
    event.preventDefault();
  });
  on(filter, 'keydown', (event) => {
    const first = list.querySelector<HTMLElement>('[role=option]');
    if (event.key === 'Enter') choose(first, false);
    else if (event.key === 'ArrowDown') first?.focus();
    else return;
    event.preventDefault();
  });

  return {
    element,
    show(result, nowCompared) {
      classes = result.classes;
      explained = result.about;
      compared = nowCompared;
      filter.hidden = classes.length < FILTER_FROM;
      draw();
    },
  };
}

function option(one: CamClass, explained: boolean, compared: boolean): HTMLElement {
  const bar = h('span', { class: 'bar', 'aria-hidden': 'true' });
  bar.style.setProperty('--share', String(Number.isFinite(one.probability) ? one.probability : 0));
  const name = className(one);
  const logit = Number.isFinite(one.logit) ? `, logit ${one.logit.toFixed(2)}` : '';
  return h(
    'li',
    {
      role: 'option',
      tabindex: -1,
      'aria-selected': explained || compared ? 'true' : 'false',
      'aria-current': explained ? 'true' : undefined,
      'data-class': one.index,
      title: `${name} (class ${one.index}${logit})`,
    },
    bar,
    h('span', { class: 'name' }, name),
    ' ',
    h('span', { class: 'share' }, Number.isFinite(one.probability) ? percent(one.probability) : '?'),
  );
}

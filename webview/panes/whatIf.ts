/** The drawer of what-if values: sliders and fields for what the hardware has, and the batch. */
import { type Changes, isOfTheModel, type Knob, type KnobChoice, type WhatIf } from '../../src/protocol/graphPanel';
import { h, on } from '../dom';
import { icon } from '../icons';
import {
  changesOf,
  choiceText,
  labelOf,
  placeOf,
  rangeOf,
  readValue,
  STEPS,
  stepped,
  valueAt,
  withValue,
  writtenValue,
} from '../model/whatIf';
import { button, iconButton } from '../toolkit';

export interface WhatIfEvents {
  /** These values instead of the preset's. `moving`: a slider is still held. */
  changed(changes: Changes, moving: boolean): void;
  saved(): void;
  toggled(open: boolean): void;
}

/** Keys of a slider: steps of its way. Home and End are the browser's. */
const SLIDER_KEYS: Readonly<Record<string, number>> = {
  ...{ ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 },
  ...{ PageUp: STEPS / 12, PageDown: -STEPS / 12 },
};
/** Of the field beside it, where left and right move the cursor. */
const FIELD_KEYS: Readonly<Record<string, number>> = {
  ...{ ArrowUp: 1, ArrowDown: -1, PageUp: STEPS / 12, PageDown: -STEPS / 12 },
};

/** A row of the drawer, and how it takes another value. */
interface Row {
  readonly element: HTMLElement;
  show(whatIf: WhatIf, overtaken: boolean): void;
}

export class WhatIfDrawer {
  readonly element = h('section', { id: 'what-if', 'aria-label': 'What if', hidden: true });
  /** Opens and closes the drawer. */
  readonly toggle: HTMLElement;
  private readonly main = h('div', { class: 'knobs' });
  private readonly minor = h('div', { class: 'knobs' });
  private readonly more = h('details', {}, h('summary', {}, 'More fields of the hardware'), this.minor);
  private readonly note = h('p', { class: 'what-if-note' });
  private readonly reset = button('Reset to preset', () => this.events.changed({}, false));
  private readonly save = button('Save as *.evohw.json…', () => this.events.saved());
  private readonly events: WhatIfEvents;
  private rows: readonly Row[] = [];
  private keys = '';
  private whatIf: WhatIf | undefined;
  /** As asked for last; the report follows a moment later. */
  private changes: Changes = {};

  constructor(events: WhatIfEvents) {
    this.events = events;
    const opener = iconButton('sliders', 'What if', () => {
      this.open = this.element.hidden !== false;
      events.toggled(!this.element.hidden);
    });
    opener.setAttribute('aria-controls', 'what-if');
    opener.title = 'What if: try another clock, bandwidth, array, buffer, precision or batch';
    this.toggle = opener;
    const actions = h('div', { class: 'what-if-actions' }, this.reset, this.save);
    this.element.append(this.main, this.more, this.note, actions);
    this.open = false;
  }

  set open(open: boolean) {
    this.element.hidden = !open;
    this.toggle.setAttribute('aria-expanded', String(open));
  }

  /** Of another report. `overtaken`: newer values were asked for meanwhile, which stay where they were put. */
  show(whatIf: WhatIf, overtaken = false): void {
    this.whatIf = whatIf;
    if (!overtaken) this.changes = changesOf(whatIf);
    const keys = JSON.stringify(
      [whatIf.knobs, whatIf.choices].map((list) => list.map(({ key, preset }) => [key, preset])),
    );
    if (keys !== this.keys) this.build(whatIf);
    this.keys = keys;
    for (const row of this.rows) row.show(whatIf, overtaken);
    this.note.textContent = whatIf.note;
    this.note.hidden = whatIf.note === '';
    const count = Object.keys(this.changes).length;
    this.reset.disabled = count === 0;
    this.save.disabled = Object.keys(this.changes).every(isOfTheModel);
    this.toggle.classList.toggle('changed', count > 0);
  }

  private build({ knobs, choices }: WhatIf): void {
    const rowsOf = (wanted: boolean) => [
      ...knobs.filter(({ minor }) => minor === wanted).map((knob) => this.knobRow(knob)),
      ...choices.filter(({ minor }) => minor === wanted).map((choice) => this.choiceRow(choice)),
    ];
    const [main, minor] = [rowsOf(false), rowsOf(true)];
    this.rows = [...main, ...minor];
    this.main.replaceChildren(...main.map(({ element }) => element));
    this.minor.replaceChildren(...minor.map(({ element }) => element));
    this.more.hidden = minor.length === 0;
  }

  private change(key: string, value: number | string, moving: boolean): void {
    const { knobs = [], choices = [] } = this.whatIf ?? {};
    const known = [...knobs, ...choices].find((one) => one.key === key);
    if (!known) return;
    this.changes = withValue(this.changes, key, value, known.preset);
    this.events.changed(this.changes, moving);
  }

  private knobRow(first: Knob): Row {
    const { key } = first;
    const label = labelOf(key);
    const slider = h('input', { type: 'range', min: 0, max: STEPS, step: 1, 'aria-label': label });
    const field = h('input', {
      type: 'text',
      class: 'knob-value',
      spellcheck: 'false',
      'aria-label': `${label}, value`,
    });
    let knob = first;
    let range = rangeOf(first);
    const write = (value: number) => {
      field.value = writtenValue(knob, value);
      field.setAttribute('aria-invalid', 'false');
      slider.setAttribute('aria-valuetext', field.value);
    };
    const slide = (place: number, moving: boolean) => {
      const value = valueAt(range, place, knob);
      slider.value = String(place);
      write(value);
      this.change(key, value, moving);
    };
    on(slider, 'input', () => slide(Number(slider.value), true));
    on(slider, 'change', () => slide(Number(slider.value), false));
    on(field, 'change', () => {
      const value = readValue(field.value, knob);
      field.setAttribute('aria-invalid', String(value === undefined));
      if (value !== undefined) this.change(key, value, false);
    });
    let held = false;
    const step = (by: number | undefined, event: KeyboardEvent) => {
      if (by === undefined) return;
      event.preventDefault();
      held = event.repeat;
      slide(stepped(range, knob, Number(slider.value), by), held);
    };
    const release = () => {
      if (held) slide(Number(slider.value), false);
      held = false;
    };
    on(slider, 'keydown', (event) => step(SLIDER_KEYS[event.key], event));
    on(field, 'keydown', (event) => step(FIELD_KEYS[event.key], event));
    for (const element of [slider, field]) on(element, 'keyup', release);
    const back = this.resetButton(label, writtenValue(first, first.preset), () => this.change(key, knob.preset, false));
    const element = h(
      'div',
      { class: 'knob', 'data-key': key },
      h('span', { class: 'knob-label', title: key }, label),
      slider,
      field,
      back,
    );
    const show = ({ knobs }: WhatIf, overtaken: boolean) => {
      knob = knobs.find((one) => one.key === key) ?? knob;
      const changed = key in this.changes;
      element.classList.toggle('changed', changed);
      back.hidden = !changed;
      if (overtaken || slider.matches(':active')) return;
      range = rangeOf(knob);
      // A place whose value it is stays: several places of a slider may mean the same whole number.
      if (valueAt(range, Number(slider.value), knob) !== knob.value) slider.value = String(placeOf(range, knob.value));
      write(knob.value);
    };
    return { element, show };
  }

  private choiceRow(first: KnobChoice): Row {
    const { key } = first;
    const label = labelOf(key);
    const select = h(
      'select',
      { 'aria-label': label },
      ...first.choices.map((word) => h('option', { value: word }, choiceText(word))),
    );
    on(select, 'change', () => this.change(key, select.value, false));
    const back = this.resetButton(label, choiceText(first.preset), () => this.change(key, first.preset, false));
    const element = h(
      'div',
      { class: 'knob', 'data-key': key },
      h('span', { class: 'knob-label', title: key }, label),
      select,
      back,
    );
    const show = ({ choices }: WhatIf, overtaken: boolean) => {
      const { value } = choices.find((one) => one.key === key) ?? first;
      if (!overtaken) select.value = value;
      element.classList.toggle('changed', key in this.changes);
      back.hidden = !(key in this.changes);
    };
    return { element, show };
  }

  private resetButton(label: string, preset: string, run: () => void): HTMLElement {
    const element = h('button', { type: 'button', class: 'knob-reset', title: `Back to ${preset}` }, icon('undo'));
    element.setAttribute('aria-label', `${label}: back to ${preset}`);
    return on(element, 'click', run);
  }
}

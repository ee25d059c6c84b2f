/** The drawer of what-if values: sliders and fields for what the hardware has, and the batch. */
import { BATCH_KNOB, type Changes, type Knob, type KnobChoice, type WhatIf } from '../../src/protocol/graphPanel';
import { h, on } from '../dom';
import { icon } from '../icons';
import { changesOf, labelOf, placeOf, rangeOf, STEPS, shownUnit, valueAt, withValue } from '../model/whatIf';
import { button } from '../toolkit';

export interface WhatIfEvents {
  /** These values instead of the preset's. `moving`: a slider is still held. */
  changed(changes: Changes, moving: boolean): void;
  saved(): void;
  toggled(open: boolean): void;
}

/** A row of the drawer, and how it takes another value. */
interface Row {
  readonly element: HTMLElement;
  show(whatIf: WhatIf): void;
}

export class WhatIfDrawer {
  readonly element = h('section', { id: 'what-if', 'aria-label': 'What if', hidden: true });
  /** Opens and closes the drawer. */
  readonly toggle: HTMLElement;
  private readonly main = h('div', { class: 'knobs' });
  private readonly minor = h('div', { class: 'knobs' });
  private readonly more = h('details', {}, h('summary', {}, 'More fields of the hardware'), this.minor);
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
    const opener = button('What if', () => {
      this.open = this.element.hidden !== false;
      events.toggled(!this.element.hidden);
    });
    opener.setAttribute('aria-controls', 'what-if');
    const sliders = icon('sliders');
    sliders.setAttribute('slot', 'start');
    opener.prepend(sliders);
    opener.title = 'Try another clock, bandwidth, array, buffer or batch';
    this.toggle = opener;
    const actions = h('div', { class: 'what-if-actions' }, this.reset, this.save);
    this.element.append(this.main, this.more, actions);
    this.open = false;
  }

  set open(open: boolean) {
    this.element.hidden = !open;
    this.toggle.setAttribute('aria-expanded', String(open));
  }

  /** Of another report. What is being dragged stays where it is held. */
  show(whatIf: WhatIf): void {
    this.whatIf = whatIf;
    this.changes = changesOf(whatIf);
    const keys = JSON.stringify(
      [whatIf.knobs, whatIf.choices].map((list) => list.map(({ key, preset }) => [key, preset])),
    );
    if (keys !== this.keys) this.build(whatIf);
    this.keys = keys;
    for (const row of this.rows) row.show(whatIf);
    const count = Object.keys(this.changes).length;
    this.reset.disabled = count === 0;
    // The batch is no part of a hardware file.
    this.save.disabled = Object.keys(this.changes).every((key) => key === BATCH_KNOB);
    this.toggle.classList.toggle('changed', count > 0);
  }

  private build({ knobs, choices }: WhatIf): void {
    const main = knobs.filter(({ minor }) => !minor).map((knob) => this.knobRow(knob));
    const minor = [
      ...choices.map((choice) => this.choiceRow(choice)),
      ...knobs.filter((knob) => knob.minor).map((knob) => this.knobRow(knob)),
    ];
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
    const unit = shownUnit(first);
    const label = labelOf(key);
    const slider = h('input', { type: 'range', min: 0, max: STEPS, step: 1, 'aria-label': label });
    const field = h('input', {
      type: 'number',
      step: 'any',
      'aria-label': unit.name ? `${label} in ${unit.name}` : label,
    });
    let knob = first;
    let range = rangeOf(first);
    const shownValue = (value: number) => String(Number((value / unit.size).toPrecision(6)));
    const slide = (moving: boolean) => {
      const value = valueAt(range, Number(slider.value), knob);
      field.value = shownValue(value);
      slider.setAttribute('aria-valuetext', `${field.value} ${unit.name}`);
      this.change(key, value, moving);
    };
    on(slider, 'input', () => slide(true));
    on(slider, 'change', () => slide(false));
    on(field, 'change', () => {
      const value = field.valueAsNumber * unit.size;
      field.setAttribute('aria-invalid', String(!Number.isFinite(value)));
      // The preset exactly, where its digits are typed again.
      if (Number.isFinite(value))
        this.change(key, field.value === shownValue(knob.preset) ? knob.preset : value, false);
    });
    const back = this.resetButton(label, `${shownValue(first.preset)} ${unit.name}`, () =>
      this.change(key, knob.preset, false),
    );
    const element = h(
      'div',
      { class: 'knob', 'data-key': key },
      h('span', { class: 'knob-label', title: key }, label),
      slider,
      h('span', { class: 'knob-value' }, field, h('span', { class: 'dim' }, unit.name)),
      back,
    );
    const show = ({ knobs }: WhatIf) => {
      knob = knobs.find((one) => one.key === key) ?? knob;
      const changed = knob.value !== knob.preset;
      element.classList.toggle('changed', changed);
      back.hidden = !changed;
      if (slider.matches(':active')) return;
      range = rangeOf(knob);
      slider.value = String(placeOf(range, knob.value));
      field.value = shownValue(knob.value);
      field.setAttribute('aria-invalid', 'false');
      slider.setAttribute('aria-valuetext', `${field.value} ${unit.name}`);
    };
    return { element, show };
  }

  private choiceRow(first: KnobChoice): Row {
    const { key } = first;
    const label = labelOf(key);
    const select = h(
      'select',
      { 'aria-label': label },
      ...first.choices.map((word) => h('option', { value: word }, word)),
    );
    on(select, 'change', () => this.change(key, select.value, false));
    const back = this.resetButton(label, first.preset, () => this.change(key, first.preset, false));
    const element = h(
      'div',
      { class: 'knob', 'data-key': key },
      h('span', { class: 'knob-label', title: key }, label),
      select,
      h('span', { class: 'knob-value' }),
      back,
    );
    const show = ({ choices }: WhatIf) => {
      const { value, preset } = choices.find((one) => one.key === key) ?? first;
      select.value = value;
      element.classList.toggle('changed', value !== preset);
      back.hidden = value === preset;
    };
    return { element, show };
  }

  private resetButton(label: string, preset: string, run: () => void): HTMLElement {
    const element = h('button', { type: 'button', class: 'knob-reset', title: `Back to ${preset}` }, icon('undo'));
    element.setAttribute('aria-label', `${label}: back to ${preset}`);
    return on(element, 'click', run);
  }
}

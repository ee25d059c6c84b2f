/** What is varied: the hardware, two of its fields, and their values. */
import type { Knob } from '../../src/protocol/graphPanel';
import type { AxisRequest, SweepOpening, SweepRequest } from '../../src/protocol/sweepPanel';
import { h, on } from '../dom';
import { choiceText, labelOf, writtenValue } from '../model/whatIf';
import { hardwareOptions } from '../panes/hardwareOptions';
import { type AxisText, axisText, defaultAxis, readAxis, SPACINGS, type Spacing } from './axes';

export interface FormEvents {
  hardware(id: string): void;
  /** Reads as it should be computed. */
  request(request: SweepRequest): void;
  /** What is written in a field means nothing; one sentence. */
  wrong(message: string): void;
}

const SPACING_LABELS: Readonly<Record<Spacing, string>> = {
  steps: 'equal steps',
  ratios: 'equal ratios',
  list: 'these values',
};

export class Form {
  readonly element: HTMLElement;
  private readonly hardware = h('select', { id: 'sweep-hardware', 'aria-label': 'Hardware' });
  private readonly changes = h('span', { class: 'dim' });
  private readonly x: AxisFields;
  private readonly y: AxisFields;
  private readonly events: FormEvents;

  /** `extras` stand at the end of the first line. */
  constructor(events: FormEvents, ...extras: readonly HTMLElement[]) {
    this.events = events;
    on(this.hardware, 'change', () => events.hardware(this.hardware.value));
    this.x = new AxisFields('Across', 'x', () => this.send());
    this.y = new AxisFields('Up', 'y', () => this.send());
    this.element = h(
      'form',
      { id: 'sweep-form', 'aria-label': 'What is varied' },
      h('div', { class: 'line' }, this.hardware, this.changes, h('span', { class: 'spacer' }), ...extras),
      this.x.element,
      this.y.element,
    );
    on(this.element, 'submit', (event) => event.preventDefault());
  }

  show({ hardware, hardwareId, changes, knobs }: SweepOpening, { x, y }: SweepRequest): void {
    this.hardware.replaceChildren(...hardwareOptions(hardware));
    this.hardware.value = hardwareId;
    this.hardware.title = hardware.find(({ id }) => id === hardwareId)?.description ?? '';
    const changed = Object.entries(changes).map(([key, value]) => {
      const knob = knobs.find((one) => one.key === key);
      return `${labelOf(key)} ${typeof value === 'number' && knob ? writtenValue(knob, value) : choiceText(String(value))}`;
    });
    this.changes.textContent = changed.length > 0 ? `tried out besides: ${changed.join(', ')}` : '';
    this.x.show(knobs, x);
    this.y.show(knobs, y);
  }

  private send(): void {
    let request: SweepRequest;
    try {
      request = { x: this.x.read(), y: this.y.read() };
    } catch (error) {
      this.events.wrong(error instanceof Error ? error.message : String(error));
      return;
    }
    this.events.request(request);
  }
}

/** One axis: its field, and a range or a list of values. */
class AxisFields {
  readonly element: HTMLElement;
  private readonly key: HTMLSelectElement;
  private readonly spacing: HTMLSelectElement;
  private readonly low: HTMLInputElement;
  private readonly high: HTMLInputElement;
  private readonly count: HTMLInputElement;
  private readonly list: HTMLInputElement;
  private readonly range: HTMLElement;
  private readonly values: HTMLElement;
  private knobs: readonly Knob[] = [];

  constructor(title: string, id: string, changed: () => void) {
    const field = (name: string, label: string) =>
      on(
        h('input', { type: 'text', id: `sweep-${id}-${name}`, 'aria-label': `${title}: ${label}` }),
        'change',
        changed,
      );
    this.key = h('select', { id: `sweep-${id}`, 'aria-label': `${title}: field` });
    on(this.key, 'change', () => {
      const knob = this.knob;
      if (knob) this.write(axisText(defaultAxis(knob), knob));
      changed();
    });
    this.spacing = h('select', { id: `sweep-${id}-spacing`, 'aria-label': `${title}: spacing` });
    this.spacing.append(...SPACINGS.map((one) => h('option', { value: one }, SPACING_LABELS[one])));
    on(this.spacing, 'change', () => {
      this.showSpacing();
      changed();
    });
    this.low = field('low', 'lowest value');
    this.high = field('high', 'highest value');
    this.count = on(
      h('input', {
        type: 'number',
        min: 1,
        step: 1,
        id: `sweep-${id}-count`,
        'aria-label': `${title}: number of values`,
      }),
      'change',
      changed,
    );
    this.list = field('list', 'values between commas');
    this.range = h('span', { class: 'range' }, this.low, '–', this.high, 'in', this.count, 'values');
    this.values = h('span', { class: 'range list' }, this.list);
    this.element = h(
      'div',
      { class: 'line', role: 'group', 'aria-label': title },
      h('span', { class: 'axis-title' }, title),
      this.key,
      this.range,
      this.values,
      this.spacing,
    );
  }

  show(knobs: readonly Knob[], request: AxisRequest): void {
    this.knobs = knobs;
    const option = ({ key }: Knob) => h('option', { value: key, title: key }, labelOf(key));
    const [main, minor] = [knobs.filter((knob) => !knob.minor), knobs.filter((knob) => knob.minor)];
    const more = minor.length > 0 ? [h('optgroup', { label: 'More fields' }, ...minor.map(option))] : [];
    this.key.replaceChildren(...main.map(option), ...more);
    this.key.value = request.key;
    const { knob } = this;
    if (knob) this.write(axisText(request, knob));
  }

  /** Throws one sentence about what is wrong. */
  read(): AxisRequest {
    const { knob } = this;
    if (!knob) throw new Error('Choose what is varied.');
    const [spacing = 'steps'] = SPACINGS.filter((one) => one === this.spacing.value);
    const { value: low } = this.low;
    const text = { spacing, low, high: this.high.value, count: this.count.value, list: this.list.value };
    return readAxis(text, knob);
  }

  private get knob(): Knob | undefined {
    return this.knobs.find(({ key }) => key === this.key.value);
  }

  private write({ spacing, low, high, count, list }: AxisText): void {
    this.spacing.value = spacing;
    this.low.value = low;
    this.high.value = high;
    this.count.value = count;
    this.list.value = list;
    this.showSpacing();
  }

  private showSpacing(): void {
    const isList = this.spacing.value === 'list';
    this.range.hidden = isList;
    this.values.hidden = !isList;
  }
}

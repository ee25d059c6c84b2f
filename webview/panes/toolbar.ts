/** The controls above the graph. */
import type { Binding, GraphOpening, HardwareChoice } from '../../src/protocol/graphPanel';
import { h, on } from '../dom';
import { icon } from '../icons';
import { METRICS, type MetricId, metricOf } from '../model/metrics';
import { button } from '../toolkit';
import { TABS, type Tab } from '../viewState';
import { menuButton } from './menu';

export interface ToolbarEvents {
  tab(tab: Tab): void;
  hardware(id: string): void;
  pickHardware(): void;
  batch(batch: number): void;
  bind(bindings: readonly Binding[]): void;
  metric(metric: MetricId): void;
  fit(): void;
  gradCam(): void;
  exportCsv(): void;
  exportPng(): void;
}

const PICK = '\0pick';
const GROUPS = [
  ['preset', 'Presets'],
  ['workspace', 'Workspace'],
] as const;
const MAX_SIZE = 1e6;
const TAB_LABELS: Readonly<Record<Tab, string>> = {
  graph: 'Graph',
  layers: 'Layers',
  roofline: 'Roofline',
  timeline: 'Timeline',
};

export class Toolbar {
  readonly element: HTMLElement;
  private readonly hardware = h('select', { id: 'hardware', 'aria-label': 'Hardware' });
  private readonly batch = sizeField('Batch');
  private readonly bindings = h('span', { class: 'bindings' });
  private readonly metric = h('select', { id: 'color-by', 'aria-label': 'Colour by' });
  private readonly gradCam: ReturnType<typeof button>;
  private readonly tabs = new Map<Tab, HTMLElement>();
  private readonly events: ToolbarEvents;
  private hardwareId = '';

  constructor(search: HTMLElement, whatIf: HTMLElement, events: ToolbarEvents) {
    this.events = events;
    for (const { id, label } of METRICS) this.metric.append(h('option', { value: id }, label));
    on(this.metric, 'change', () => events.metric(metricOf(this.metric.value).id));
    on(this.hardware, 'change', () => this.pick());
    on(this.batch.field, 'change', () => {
      const size = sizeOf(this.batch.field);
      if (size !== undefined) events.batch(size);
    });
    const fit = button('Fit', () => events.fit());
    fit.prepend(slotted('fit'));
    this.gradCam = button('Show Grad-CAM', () => events.gradCam(), 'primary');
    this.gradCam.id = 'show-grad-cam';
    this.gradCam.prepend(slotted('eye'));
    this.element = h(
      'div',
      { id: 'toolbar', role: 'group', 'aria-label': 'Controls' },
      this.tabList(),
      this.hardware,
      this.batch.element,
      this.bindings,
      whatIf,
      labelled('Colour', this.metric),
      h('span', { class: 'spacer' }),
      search,
      fit,
      menuButton('Export', [
        { label: 'Layers as CSV …', run: () => events.exportCsv() },
        { label: 'Picture as PNG …', run: () => events.exportPng() },
      ]),
      this.gradCam,
    );
  }

  setOpening(opening: GraphOpening): void {
    this.setHardware(opening.hardware, opening.report.hardwareId);
    this.batchSize = opening.batch;
    const fields = opening.bindings.map((binding) => ({ binding, ...sizeField(binding.name, binding.value) }));
    for (const { field } of fields) {
      on(field, 'change', () => {
        this.events.bind(fields.map(({ binding, field: own }) => ({ name: binding.name, value: sizeOf(own) })));
      });
    }
    this.bindings.replaceChildren(...fields.map(({ element }) => element));
    const { runBlocked } = opening;
    this.gradCam.disabled = runBlocked !== '';
    this.gradCam.title = runBlocked || 'See which pixels decided, on an image of your choice';
  }

  set batchSize(size: number) {
    this.batch.field.value = String(size);
  }

  setHardware(choices: readonly HardwareChoice[], id: string): void {
    this.hardwareId = id;
    const groups = GROUPS.map(([group, label]) => {
      const list = h('optgroup', { label });
      for (const choice of choices) {
        if (choice.group !== group) continue;
        list.append(h('option', { value: choice.id, title: choice.description }, choice.label));
      }
      return list;
    });
    const pick = h('option', { value: PICK }, 'Pick a *.evohw.json…');
    this.hardware.replaceChildren(...groups.filter(({ childElementCount }) => childElementCount > 0), pick);
    this.hardware.value = id;
    this.hardware.title = choices.find((choice) => choice.id === id)?.description ?? '';
  }

  set metricId(id: MetricId) {
    this.metric.value = id;
  }

  set tab(tab: Tab) {
    for (const [id, element] of this.tabs) {
      element.setAttribute('aria-selected', String(id === tab));
      element.tabIndex = id === tab ? 0 : -1;
    }
  }

  private pick(): void {
    if (this.hardware.value !== PICK) {
      this.events.hardware(this.hardware.value);
      return;
    }
    this.hardware.value = this.hardwareId;
    this.events.pickHardware();
  }

  private tabList(): HTMLElement {
    const list = h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'View' });
    for (const [place, id] of TABS.entries()) {
      const label = TAB_LABELS[id];
      const tab = h('button', { type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': id }, label);
      on(tab, 'click', () => this.events.tab(id));
      on(tab, 'keydown', ({ key }) => {
        if (key !== 'ArrowLeft' && key !== 'ArrowRight') return;
        const step = key === 'ArrowRight' ? 1 : TABS.length - 1;
        const other = TABS[(place + step) % TABS.length] ?? id;
        this.events.tab(other);
        this.tabs.get(other)?.focus();
      });
      this.tabs.set(id, tab);
      list.append(tab);
    }
    return list;
  }
}

function slotted(name: 'fit' | 'eye'): SVGSVGElement {
  const svg = icon(name);
  svg.setAttribute('slot', 'start');
  return svg;
}

function labelled(label: string, control: HTMLElement): HTMLElement {
  return h('label', { class: 'labelled' }, h('span', {}, label), control);
}

function sizeField(label: string, value?: number) {
  const field = h('input', { type: 'number', min: 1, max: MAX_SIZE, step: 1, placeholder: '?', value });
  return { field, element: labelled(label, field) };
}

/** A whole number of at least 1; undefined (and marked) where the field holds none. */
function sizeOf(field: HTMLInputElement): number | undefined {
  const size = Number(field.value);
  const valid = Number.isInteger(size) && size >= 1 && size <= MAX_SIZE;
  field.setAttribute('aria-invalid', String(!valid && field.value !== ''));
  return valid ? size : undefined;
}

/** The controls above the graph. */
import type { Binding, GraphOpening, HardwareChoice } from '../../src/protocol/graphPanel';
import { h, on } from '../dom';
import { EXPORTS, type Export } from '../exports';
import type { GroupStep } from '../model/expansion';
import { METRICS, type MetricId, metricOf } from '../model/metrics';
import { type button, iconButton } from '../toolkit';
import { TABS, type Tab } from '../viewState';
import { hardwareOptions } from './hardwareOptions';
import { menuButton } from './menu';

export interface ToolbarEvents {
  tab(tab: Tab): void;
  hardware(id: string): void;
  pickHardware(): void;
  batch(batch: number): void;
  bind(bindings: readonly Binding[]): void;
  metric(metric: MetricId): void;
  fit(): void;
  groups(step: GroupStep): void;
  gradCam(): void;
  compare(): void;
  exported(format: Export): void;
}

const GROUP_STEPS: readonly (readonly [step: GroupStep, label: string])[] = [
  ['more', 'Open one level more'],
  ['less', 'Close one level'],
  ['all', 'Open all groups'],
  ['none', 'Close all groups'],
];
const PICK = '\0pick';
const MAX_SIZE = 1e6;
const TAB_LABELS: Readonly<Record<Tab, string>> = {
  graph: 'Graph',
  layers: 'Layers',
  roofline: 'Roofline',
  timeline: 'Timeline',
  difference: 'Difference',
};

export class Toolbar {
  readonly element: HTMLElement;
  private readonly hardware = h('select', { id: 'hardware', 'aria-label': 'Hardware' });
  private readonly batch = sizeField('Batch');
  private readonly bindings = h('span', { class: 'bindings' });
  private readonly metric = h('select', { id: 'color-by', 'aria-label': 'Colour by' });
  private readonly gradCam: ReturnType<typeof button>;
  private readonly difference = h('option', { value: 'difference', hidden: true }, 'Difference');
  private readonly tabs = new Map<Tab, HTMLElement>();
  private readonly events: ToolbarEvents;
  private hardwareId = '';

  constructor(search: HTMLElement, whatIf: HTMLElement, events: ToolbarEvents) {
    this.events = events;
    const gradCam = () => events.gradCam();
    const fit = () => events.fit();
    for (const { id, label } of METRICS) this.metric.append(h('option', { value: id }, label));
    this.metric.append(this.difference);
    on(this.metric, 'change', () =>
      events.metric(this.metric.value === 'difference' ? 'difference' : metricOf(this.metric.value).id),
    );
    on(this.hardware, 'change', () => this.pick());
    on(this.batch.field, 'change', () => {
      const size = sizeOf(this.batch.field);
      if (size !== undefined) events.batch(size);
    });
    this.gradCam = iconButton('eye', 'Show Grad-CAM', gradCam, 'primary');
    this.gradCam.id = 'show-grad-cam';
    const steps = GROUP_STEPS.map(([step, label]) => ({ label, run: () => events.groups(step) }));
    const groups = menuButton('Groups', { text: '⊞ ▾', name: 'Groups' }, steps);
    groups.classList.add('for-groups');
    const compare = iconButton('compare', 'Compare with…', () => events.compare());
    compare.id = 'compare-with';
    const more = menuButton('Export', { text: '⋯', name: 'More' }, [
      // What is left out of a narrow toolbar.
      { label: 'Fit the graph', narrow: true, run: fit },
      ...EXPORTS.map(([format, label]) => ({ label, run: () => events.exported(format) })),
    ]);
    this.element = h(
      'div',
      { id: 'toolbar', role: 'group', 'aria-label': 'Controls' },
      this.tabList(),
      this.hardware,
      this.batch.element,
      this.bindings,
      whatIf,
      labelled('Colour', this.metric, 'Colour the layers by'),
      groups,
      compare,
      h('span', { class: 'spacer' }),
      search,
      h('span', { class: 'wide' }, iconButton('fit', 'Fit', fit)),
      more,
      this.gradCam,
    );
  }

  setOpening(opening: GraphOpening): void {
    this.setHardware(opening.hardware, opening.report.hardwareId);
    this.batchSize = opening.batch;
    this.element.classList.toggle('no-groups', opening.scene.groups.names.length === 0);
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
    const pick = h('option', { value: PICK }, 'Pick a *.evohw.json…');
    this.hardware.replaceChildren(...hardwareOptions(choices), pick);
    this.hardware.value = id;
    this.hardware.title = choices.find((choice) => choice.id === id)?.description ?? '';
  }

  set metricId(id: MetricId) {
    this.metric.value = id;
  }

  /** What there is only in a comparison. */
  set comparing(active: boolean) {
    this.difference.hidden = !active;
    const tab = this.tabs.get('difference');
    if (tab) tab.hidden = !active;
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
    for (const id of TABS) {
      const label = TAB_LABELS[id];
      const tab = h('button', { type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': id }, label);
      on(tab, 'click', () => this.events.tab(id));
      on(tab, 'keydown', ({ key }) => {
        if (key !== 'ArrowLeft' && key !== 'ArrowRight') return;
        const shown = TABS.filter((one) => this.tabs.get(one)?.hidden === false);
        const step = key === 'ArrowRight' ? 1 : shown.length - 1;
        const other = shown[(shown.indexOf(id) + step) % shown.length] ?? id;
        this.events.tab(other);
        this.tabs.get(other)?.focus();
      });
      this.tabs.set(id, tab);
      list.append(tab);
    }
    return list;
  }
}

function labelled(label: string, control: HTMLElement, title = label): HTMLElement {
  return h('label', { class: 'labelled', title }, h('span', {}, label), control);
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

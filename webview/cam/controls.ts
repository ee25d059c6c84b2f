import { COLOR_MAPS } from '../../src/display/colorMaps';
import type { CamChoice, CamResult } from '../../src/protocol/camPanel';
import { h, on } from '../dom';
import { type PanelView, SHOWN } from './savedState';

export interface Controls {
  readonly element: HTMLElement;
  show(result: CamResult, view: PanelView): void;
}

export interface ControlActions {
  chooseLayer(tensor: string): void;
  chooseMethod(choice: Required<Pick<CamChoice, 'method' | 'eigen'>>): void;
  change(view: Partial<PanelView>): void;
}

const SHOWN_LABELS: Readonly<Record<PanelView['shown'], string>> = {
  overlay: 'Overlay',
  map: 'Map only',
  image: 'Image only',
};

/** Method, layer, colours, opacity and what is shown. */
export function controls(actions: ControlActions): Controls {
  const layer = select('cam-layer', [], (value) => actions.chooseLayer(value));
  const chooseMethod = (): void => {
    const smooth = methods.find(({ id }) => id === method.value)?.smooth ?? false;
    actions.chooseMethod({ method: method.value, eigen: eigen.checked && smooth });
  };
  let methods: CamResult['methods'] = [];
  const method = select('cam-method', [], chooseMethod);
  const eigen = h('input', { id: 'cam-eigen', type: 'checkbox' });
  on(eigen, 'change', chooseMethod);
  const colorMap = select(
    'cam-colormap',
    COLOR_MAPS.map(({ name, label }) => [name, label]),
    (value) => {
      const found = COLOR_MAPS.find(({ name }) => name === value);
      if (found) actions.change({ colorMap: found.name });
    },
  );
  const shown = select(
    'cam-view',
    SHOWN.map((one) => [one, SHOWN_LABELS[one]]),
    (value) => {
      const found = SHOWN.find((one) => one === value);
      if (found) actions.change({ shown: found });
    },
  );
  const opacity = h('input', { id: 'cam-opacity', type: 'range', min: 0, max: 1, step: 0.01 });
  const percentage = h('output', { for: 'cam-opacity' });
  on(opacity, 'input', () => actions.change({ opacity: Number(opacity.value) }));
  const signed = h('input', { id: 'cam-signed', type: 'checkbox' });
  on(signed, 'change', () => actions.change({ signed: signed.checked }));

  return {
    element: h(
      'form',
      { class: 'controls', 'aria-label': 'Heat map' },
      labelled('Method', method),
      labelled('Target layer', layer),
      labelled('Show', shown),
      labelled('Colours', colorMap),
      labelled('Opacity', h('span', { class: 'slider' }, opacity, percentage)),
      h(
        'label',
        { class: 'check', title: 'The map before ReLU shows also what speaks against the class' },
        signed,
        'Before ReLU',
      ),
      h(
        'label',
        {
          class: 'check',
          title: 'The first principal component of the weighted maps instead of their sum: less noise',
        },
        eigen,
        'Eigen smoothing',
      ),
    ),
    show(result, view) {
      if (methods !== result.methods) {
        methods = result.methods;
        method.replaceChildren(...methods.map(({ id, title }) => h('option', { value: id }, title)));
      }
      method.value = result.method;
      eigen.checked = result.eigen;
      eigen.disabled = !methods.some(({ id, smooth }) => id === result.method && smooth);
      layer.replaceChildren(...layerOptions(result));
      layer.value = result.layer;
      colorMap.value = view.colorMap;
      colorMap.disabled = view.signed;
      shown.value = view.shown;
      opacity.value = String(view.opacity);
      opacity.disabled = view.shown !== 'overlay';
      percentage.value = `${Math.round(100 * view.opacity)} %`;
      signed.checked = view.signed;
    },
  };
}

/** Deepest first, as they are most often wanted; the layer in use is always among them. */
function layerOptions({ layers, layer }: CamResult): readonly HTMLOptionElement[] {
  const known = layers.some(({ tensor }) => tensor === layer);
  const listed = known ? layers : [...layers, { tensor: layer, label: layer, shape: '?' }];
  return listed.toReversed().map(({ tensor, label, shape }) => h('option', { value: tensor }, `${label} · ${shape}`));
}

function select(
  id: string,
  options: readonly (readonly [string, string])[],
  choose: (value: string) => void,
): HTMLSelectElement {
  const element = h('select', { id }, ...options.map(([value, label]) => h('option', { value }, label)));
  return on(element, 'change', () => choose(element.value));
}

function labelled(label: string, control: HTMLElement): HTMLElement {
  return h('label', {}, h('span', {}, label), control);
}

import type { CamChoice, CamMethodOption, CamModeOption, CamResult } from '../../src/protocol/camPanel';
import { h, on } from '../dom';
import { methodLabel, modeLabel } from './choices';
import { checkbox, labelled, select } from './fields';
import { targetControls } from './targets';

/** What methods need, which is what their maps depend on. */
const FAMILIES: Readonly<Record<CamMethodOption['needs'], string>> = {
  gradients: 'From gradients',
  runs: 'From trying the model out',
  activations: 'From activations: the same for every class',
};
const AUTOMATIC = '';
const ALL = 'all';
const CHANNELS = [16, 32, 64, 128, 256] as const;

/** What is computed: target, method, layer, gradient mode, smoothing. `compared`: the classes of which a sum may be wanted. */
export function controls(ask: (choice: CamChoice) => void, compared: () => readonly number[]) {
  let shown: CamResult | undefined;
  const option = (id: string) => shown?.methods.find((one) => one.id === id);
  const method = select('cam-method', [], (id) =>
    ask({ method: id, eigen: eigen.input.checked && (option(id)?.smooth ?? false) }),
  );
  const layer = select('cam-layer', [], (tensor) => ask({ layer: tensor, layers: [] }));
  const mode = select('cam-mode', [], (id) => ask({ mode: id }));
  const channels = select('cam-channels', [], (text) => ask({ channels: text === ALL ? ALL : Number(text) }));
  const eigen = checkbox(
    'cam-eigen',
    'Eigen smoothing',
    'The first principal component of the weighted maps instead of their sum: less noise',
    (checked) => ask({ eigen: checked }),
  );
  const augment = checkbox(
    'cam-augment',
    'Augmentation smoothing',
    'The mean of the maps of mirrored, brighter and darker copies of the picture: more runs, less noise',
    (checked) => ask({ augment: checked }),
  );
  const targets = targetControls(ask, compared);
  const modeField = labelled('Gradient', mode);
  const channelsField = labelled('Channels tried', channels);
  const extra = h(
    'div',
    { class: 'extra', id: 'cam-extra' },
    ...targets.elements,
    modeField,
    channelsField,
    eigen.element,
    augment.element,
  );
  // Where there is room the rest is there without a click (parts.css).
  const more = h('button', { type: 'button', class: 'more', 'aria-controls': 'cam-extra', 'aria-expanded': 'false' });
  more.textContent = 'More options';
  on(more, 'click', () => more.setAttribute('aria-expanded', String(extra.classList.toggle('open'))));
  return {
    element: h(
      'form',
      { class: 'controls', 'aria-label': 'What is computed' },
      labelled('Method', method),
      labelled('Target layer', layer),
      more,
      extra,
    ),
    show(result: CamResult): void {
      const known = shown;
      shown = result;
      if (known?.methods !== result.methods) method.replaceChildren(...methodGroups(result.methods));
      method.value = result.method;
      layer.replaceChildren(...layerOptions(result));
      layer.value = result.layer;
      targets.show(result);
      const { modes } = result;
      modeField.hidden = !modes;
      mode.replaceChildren(...(modes ?? []).map(modeOption));
      mode.value = result.mode;
      channelsField.hidden = option(result.method)?.cost === undefined;
      channels.replaceChildren(...channelOptions(result));
      channels.value = String(result.channels ?? AUTOMATIC);
      eigen.input.checked = result.eigen;
      eigen.input.disabled = !option(result.method)?.smooth;
      augment.input.checked = result.augment ?? false;
    },
  };
}

function methodGroups(methods: CamResult['methods']): readonly HTMLElement[] {
  const families = [...new Set(methods.map(({ needs }) => needs))];
  return families.map((family) => {
    const members = methods.filter(({ needs }) => needs === family);
    const options = members.map((one) => h('option', { value: one.id }, methodLabel(one)));
    return h('optgroup', { label: FAMILIES[family] }, ...options);
  });
}

function modeOption(one: CamModeOption): HTMLOptionElement {
  return h('option', { value: one.id, disabled: one.refuses !== undefined }, modeLabel(one));
}

function channelOptions({ channels }: CamResult): readonly HTMLOptionElement[] {
  const counts = new Set<number>([...CHANNELS, ...(typeof channels === 'number' ? [channels] : [])]);
  const strongest = [...counts].sort((a, b) => a - b).map((n) => h('option', { value: n }, `the ${n} strongest`));
  const usual = channels === undefined ? [h('option', { value: AUTOMATIC }, 'as many as usual')] : [];
  return [...usual, ...strongest, h('option', { value: ALL }, 'all of them')];
}

/** Deepest first, as they are most often wanted; the layer in use is always among them. */
function layerOptions({ layers, layer }: CamResult): readonly HTMLOptionElement[] {
  const known = layers.some(({ tensor }) => tensor === layer);
  const listed = known ? layers : [...layers, { tensor: layer, label: layer, shape: '?' }];
  return listed.toReversed().map(({ tensor, label, shape }) => h('option', { value: tensor }, `${label} · ${shape}`));
}

import { OPTION_HELP } from '../../src/protocol/camOptions';
import type { CamMethodOption, CamModeOption, CamResult } from '../../src/protocol/camPanel';
import { h, on } from '../dom';
import { automaticLabel, methodLabel, modeLabel } from './choices';
import { checkbox, explained, labelled, select } from './fields';
import { type TargetActions, targetControls } from './targets';

/** What methods need, which is what their maps depend on. */
const FAMILIES: Readonly<Record<CamMethodOption['needs'], string>> = {
  gradients: 'From gradients',
  runs: 'From trying the model out',
  activations: 'From activations: the same for every class',
};
const AUTOMATIC = '';
const ALL = 'all';
const CHANNELS = [16, 32, 64, 128, 256] as const;
const POOLINGS = [1, 2, 3, 4, 7] as const;
const LEAKS = [0, 0.01, 0.1, 0.3, 1] as const;

/** What is computed: target, method, layer, gradient mode, smoothing. */
export function controls(actions: TargetActions) {
  const { ask } = actions;
  let shown: CamResult | undefined;
  const option = (id: string) => shown?.methods.find((one) => one.id === id);
  const method = select('cam-method', [], (id) =>
    ask({
      method: id,
      eigen: eigen.input.checked && (option(id)?.smooth ?? false),
      ...(!option(id)?.pooled && { pooling: null }),
    }),
  );
  const layer = select('cam-layer', [], (tensor) => ask({ layer: tensor, layers: [] }));
  const mode = select('cam-mode', [], (id) => ask({ mode: id === AUTOMATIC ? null : id }));
  const channels = select('cam-channels', [], (text) => ask({ channels: channelsIn(text) }));
  const pooling = select(
    'cam-pooling',
    POOLINGS.map((cells) => [String(cells), cells === 1 ? 'off' : `${cells}×${cells} cells`] as const),
    (text) => ask(text === '1' ? { pooling: null } : { pooling: Number(text), eigen: false }),
  );
  const leak = select(
    'cam-leak',
    LEAKS.map((slope) => [String(slope), slope === 0 ? 'off' : String(slope)] as const),
    (text) => ask({ leak: text === '0' ? null : Number(text) }),
  );
  const eigen = checkbox('cam-eigen', 'Eigen smoothing', OPTION_HELP.eigen, (checked) =>
    ask({ eigen: checked, ...(checked && { pooling: null }) }),
  );
  const augment = checkbox(
    'cam-augment',
    'Augmentation smoothing',
    'The mean of the maps of mirrored, brighter and darker copies of the picture: more runs, less noise',
    (checked) => ask({ augment: checked }),
  );
  const targets = targetControls(actions);
  const modeField = labelled('Gradient', mode);
  const channelsField = labelled('Channels tried', channels);
  channelsField.title = OPTION_HELP.channels;
  const poolingField = explained('Weights on a grid', pooling, OPTION_HELP.pooling);
  const extra = h(
    'div',
    { class: 'extra', id: 'cam-extra' },
    ...targets.elements,
    modeField,
    channelsField,
    eigen.element,
    augment.element,
    poolingField,
    explained('Leak', leak, OPTION_HELP.leak),
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
      mode.replaceChildren(...modeOptions(modes ?? [], result.mode));
      mode.value = result.modeAsked ? result.mode : AUTOMATIC;
      channelsField.hidden = option(result.method)?.cost === undefined;
      channels.replaceChildren(...channelOptions(result));
      channels.value = String(result.channels ?? AUTOMATIC);
      eigen.input.checked = result.eigen;
      eigen.input.disabled = !option(result.method)?.smooth;
      augment.input.checked = result.augment ?? false;
      poolingField.hidden = !option(result.method)?.pooled;
      choose(pooling, result.pooling ?? 1, (cells) => `${cells}×${cells} cells`);
      choose(leak, result.leak ?? 0, String);
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

function modeOptions(modes: readonly CamModeOption[], used: string): readonly HTMLOptionElement[] {
  const options = modes.map((one) =>
    h('option', { value: one.id, disabled: one.refuses !== undefined }, modeLabel(one)),
  );
  return [h('option', { value: AUTOMATIC }, automaticLabel(modes, used)), ...options];
}

/** Chooses a number in a list, which gains it where it is none of the usual ones. */
function choose(list: HTMLSelectElement, value: number, label: (value: number) => string): void {
  const known = [...list.options].some((one) => one.value === String(value));
  if (!known) list.append(h('option', { value }, label(value)));
  list.value = String(value);
}

function channelsIn(text: string): NonNullable<CamResult['channels']> | null {
  if (text === AUTOMATIC) return null;
  return text === ALL ? ALL : Number(text);
}

function channelOptions({ channels }: CamResult): readonly HTMLOptionElement[] {
  const counts = new Set<number>([...CHANNELS, ...(typeof channels === 'number' ? [channels] : [])]);
  const strongest = [...counts].sort((a, b) => a - b).map((n) => h('option', { value: n }, `the ${n} strongest`));
  return [
    h('option', { value: AUTOMATIC }, 'as many as usual'),
    ...strongest,
    h('option', { value: ALL }, 'all of them'),
  ];
}

/** Deepest first, as they are most often wanted; the layer in use is always among them. */
function layerOptions({ layers, layer }: CamResult): readonly HTMLOptionElement[] {
  const known = layers.some(({ tensor }) => tensor === layer);
  const listed = known ? layers : [...layers, { tensor: layer, label: layer, shape: '?' }];
  return listed.toReversed().map(({ tensor, label, shape }) => h('option', { value: tensor }, `${label} · ${shape}`));
}

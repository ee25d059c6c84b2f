import { COLOR_MAPS } from '../../src/display/colorMaps';
import { h } from '../dom';
import { checkbox, labelled, select, selectOf, slider } from './fields';
import { BLENDS, blendOf, type PanelView, SHOWN } from './savedState';

const SHOWN_LABELS: Readonly<Record<PanelView['shown'], string>> = {
  overlay: 'Overlay',
  map: 'Map only',
  image: 'Image only',
};
const BLEND_LABELS: Readonly<Record<PanelView['blend'], string>> = { alpha: 'alpha', additive: 'additive' };

/** How the map is drawn: nothing is computed anew for it. */
export function viewControls(change: (view: Partial<PanelView>) => void) {
  const colorMap = select(
    'cam-colormap',
    COLOR_MAPS.map(({ name, label }) => [name, label]),
    (value) => {
      const found = COLOR_MAPS.find(({ name }) => name === value);
      if (found) change({ colorMap: found.name });
    },
  );
  const shown = selectOf('cam-view', SHOWN, SHOWN_LABELS, (value) => change({ shown: value }));
  const blend = selectOf('cam-blend', BLENDS, BLEND_LABELS, (value) => change({ blend: value }));
  const percent = (share: number): string => `${Math.round(100 * share)} %`;
  const opacity = slider('cam-opacity', (share) => change({ opacity: share }), percent);
  const contour = slider(
    'cam-contour',
    (share) => change({ contour: share }),
    (share) => (share > 0 ? percent(share) : 'off'),
  );
  const signed = checkbox(
    'cam-signed',
    'Before ReLU',
    'The map before ReLU shows also what speaks against the class',
    (checked) => change({ signed: checked }),
  );
  return {
    element: h(
      'form',
      { class: 'controls', 'aria-label': 'How it is drawn' },
      labelled('Show', shown),
      labelled('Colours', colorMap),
      labelled('Blending', blend),
      labelled('Opacity', opacity.element),
      labelled('Contour at', contour.element),
      signed.element,
    ),
    show(view: PanelView): void {
      colorMap.value = view.colorMap;
      colorMap.disabled = view.signed;
      shown.value = view.shown;
      blend.value = blendOf(view);
      blend.disabled = view.shown !== 'overlay' || view.signed;
      opacity.show(view.opacity);
      opacity.input.disabled = view.shown !== 'overlay';
      contour.show(view.contour);
      contour.input.disabled = view.shown === 'image';
      signed.input.checked = view.signed;
    },
  };
}

/** Two tabs of the same kind: a layer's feature maps, a convolution's kernels. */
import type { Normalisation } from '../../src/display/mapGrid';
import type { CamHost, CamPageQuestion } from '../../src/protocol/camPanel';
import { errorMessage } from '../../src/protocol/rpc';
import { h } from '../dom';
import { button } from '../toolkit';
import { labelled, select, selectOf } from './fields';
import { mapGrid } from './grid';
import { type GridPage, pagePlace } from './gridFacts';
import { problemLine } from './notices';
import type { Actions, Scene } from './scene';
import type { Tab } from './tabs';

const PAGE = 64;
const NORMALISATIONS = ['map', 'all'] as const satisfies readonly Normalisation[];
const LABELS: Readonly<Record<Normalisation, string>> = { map: 'each for itself', all: 'all on one scale' };

interface GridTab {
  readonly id: 'features' | 'kernels';
  readonly title: string;
  readonly hint: string;
  readonly wait: string;
  /** What can be chosen: its name for the host, and for people. */
  sources(all: Awaited<ReturnType<CamHost['gridSources']>>): readonly (readonly [value: string, label: string])[];
  /** What is shown at first. */
  preferred(scene: Scene): string;
  load(question: CamPageQuestion): Promise<GridPage>;
  /** Whether the maps depend on the picture. */
  readonly ofPicture: boolean;
}

export function featuresTab(actions: Actions): Tab {
  return gridTab(
    {
      id: 'features',
      title: 'Feature maps',
      hint: 'What each channel of a layer answers to this picture.',
      wait: 'Computing feature maps…',
      sources: ({ features }) =>
        features.map(({ tensor, label, channels, height, width }) => [
          tensor,
          `${label} · ${channels}×${height}×${width}`,
        ]),
      preferred: ({ result }) => result.layer,
      load: (question) => actions.host.featureMaps(question),
      ofPicture: true,
    },
    actions,
  );
}

export function kernelsTab(actions: Actions): Tab {
  return gridTab(
    {
      id: 'kernels',
      title: 'Kernels',
      hint: 'What a convolution looks for.',
      wait: 'Reading kernels…',
      sources: ({ kernels }) => kernels.map(({ tensor, label, shape }) => [tensor, `${label} · ${shape.join('×')}`]),
      preferred: () => '',
      load: (question) => actions.host.kernels(question),
      ofPicture: false,
    },
    actions,
  );
}

function gridTab(what: GridTab, actions: Actions): Tab {
  let scene: Scene | undefined;
  let page: GridPage | undefined;
  let asked = '';
  let sources: Promise<void> | undefined;
  const place = { of: '', first: 0 };
  let over: Normalisation = 'map';

  const grid = mapGrid(`cam-${what.id}-grid`);
  const problem = problemLine(() => ask({}));
  const source = select(`cam-${what.id}-of`, [], (of) => ask({ of, first: 0 }));
  const normalise = selectOf(`cam-${what.id}-over`, NORMALISATIONS, LABELS, (value) => {
    over = value;
    draw();
  });
  const where = h('output');
  const previous = button('‹ Stronger', () => ask({ first: Math.max(0, place.first - PAGE) }));
  const next = button('Weaker ›', () => ask({ first: place.first + PAGE }));
  const save = button('Save PNG…', () => {
    const name = `${(page && ('node' in page ? page.node : page.label)) ?? what.id}-${what.id}.png`;
    grid.canvas.toBlob((blob) => {
      if (blob) void blob.arrayBuffer().then((bytes) => actions.savePng(name.replace(/[^\w.-]+/g, '-'), bytes));
    });
  });

  const draw = (): void => {
    if (!page || !scene) return;
    grid.show(page, { colorMap: scene.view.colorMap, normalise: over });
    where.value = pagePlace(page);
    previous.disabled = page.first === 0;
    next.disabled = page.first + page.labels.length >= page.total;
  };
  const ask = (change: Partial<typeof place>): void => {
    Object.assign(place, change);
    if (scene) void load(scene);
  };
  const load = async (now: Scene): Promise<void> => {
    const question = keyOf(now);
    asked = question;
    problem.hide();
    try {
      sources ??= listSources();
      await sources;
      const of = place.of || what.preferred(now);
      const answer = await actions.during(
        what.wait,
        what.load({ ...(of !== '' && { of }), first: place.first, count: PAGE }),
      );
      if (asked !== question) return;
      page = answer;
      source.value = answer.tensor;
      draw();
    } catch (error) {
      if (asked !== question) return;
      if (source.options.length === 0) sources = undefined;
      problem.show(errorMessage(error));
    }
  };
  const listSources = async (): Promise<void> => {
    const all = await actions.host.gridSources();
    source.replaceChildren(...what.sources(all).map(([value, label]) => h('option', { value }, label)));
  };
  const keyOf = (now: Scene): string => {
    const { imageName, modelName, preprocessing } = now.result;
    const picture = what.ofPicture ? [imageName, preprocessing, place.of || what.preferred(now)] : [];
    return JSON.stringify([modelName, place, ...picture]);
  };

  return {
    id: what.id,
    title: what.title,
    element: h(
      'div',
      {},
      h(
        'div',
        { class: 'hint' },
        what.hint,
        labelled('Of', source),
        labelled('Brightness', normalise),
        previous,
        where,
        next,
        save,
      ),
      problem.element,
      grid.element,
    ),
    show(now) {
      scene = now;
      if (keyOf(now) === asked) draw();
      else void load(now);
    },
  };
}

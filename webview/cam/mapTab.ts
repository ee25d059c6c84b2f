/** A tab of small maps that are computed when it is opened, and again when what they depend on has changed. */
import type { CamTile } from '../../src/protocol/camPanel';
import { errorMessage } from '../../src/protocol/rpc';
import { h } from '../dom';
import { costText } from './choices';
import { problemLine } from './notices';
import type { Actions, Scene } from './scene';
import type { Tab } from './tabs';
import { drawn, Thumbnails } from './thumbnail';
import { type Tile, tiles } from './tiles';

export interface MapTab {
  readonly id: string;
  readonly title: string;
  /** What can be done here, in one line. */
  readonly hint: string;
  /** What the list is called by screen readers. */
  readonly label: string;
  /** One row that scrolls, in which the arrow keys choose at once. */
  readonly strip?: boolean;
  readonly tools?: readonly HTMLElement[];
  /** What is said while they are computed. */
  readonly wait: string;
  /** Everything that the maps depend on, as a word; undefined: nothing is asked for. */
  question(scene: Scene): string | undefined;
  load(scene: Scene): Promise<readonly CamTile[]>;
  isChosen(tile: CamTile, scene: Scene): boolean;
  choose(tile: CamTile, scene: Scene, several: boolean): void;
  fits?(scene: Scene): boolean;
}

export function mapTab(what: MapTab, actions: Pick<Actions, 'during'>): Tab {
  const list = tiles(`cam-${what.id}-tiles`, what.label, (id, several) => choose(id, several), what.strip);
  const problem = problemLine(() => {
    if (scene && asked !== undefined) void load(scene, asked);
  });
  const thumbnails = new Thumbnails();
  let scene: Scene | undefined;
  let asked: string | undefined;
  let loaded: readonly CamTile[] = [];

  const choose = (id: string, several: boolean): void => {
    const tile = loaded.find((one) => one.id === id);
    if (tile && scene) what.choose(tile, scene, several);
  };
  const draw = (): void => {
    const now = scene;
    if (!now) return;
    list.show(loaded.map((tile) => tileOf(tile, now, thumbnails, what.isChosen(tile, now))));
  };
  const load = async (now: Scene, question: string): Promise<void> => {
    problem.hide();
    try {
      const answer = await actions.during(what.wait, what.load(now));
      if (asked !== question) return;
      loaded = answer;
      draw();
    } catch (error) {
      if (asked !== question) return;
      problem.show(errorMessage(error));
    }
  };
  return {
    id: what.id,
    title: what.title,
    element: h(
      'div',
      { class: 'map-tab' },
      h('p', { class: 'hint' }, what.hint, ...(what.tools ?? [])),
      problem.element,
      list.element,
    ),
    ...(what.fits && { fits: what.fits }),
    show(next) {
      scene = next;
      const question = what.question(next);
      if (question === asked || question === undefined) {
        if (question === undefined) {
          asked = undefined;
          loaded = [];
        }
        draw();
        return;
      }
      asked = question;
      void load(next, question);
    },
  };
}

function tileOf(tile: CamTile, { picture, view }: Scene, thumbnails: Thumbnails, chosen: boolean): Tile {
  const { id, title, map, raw, colors, note, cost } = tile;
  const sub = cost ? costText(cost) : map ? note : undefined;
  const canvas = colors
    ? drawn(colors.width, colors.height, new Uint8ClampedArray(colors.rgba))
    : map && thumbnails.of(picture, map, view, raw);
  return {
    ...{ id, title, chosen },
    ...(canvas && { canvas }),
    ...(sub && { sub }),
    ...(!canvas && { note: note ?? 'not computed yet' }),
  };
}

/** What every map depends on, but for what the tab varies. */
export function questionOf({ result }: Scene, ...without: readonly ('layer' | 'method' | 'class')[]): string {
  const { imageName, modelName, preprocessing, targetClass, target, layer, fused, method, eigen, mode } = result;
  const { channels, augment, pooling, leak } = result;
  return JSON.stringify({
    ...{ imageName, modelName, preprocessing, mode },
    ...(!without.includes('class') && { targetClass, target }),
    ...(!without.includes('layer') && { layer, fused }),
    ...(!without.includes('method') && { method, eigen, channels, augment, pooling, leak }),
  });
}

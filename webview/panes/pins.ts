/** Nodes that the reader keeps at hand. */
import type { SceneData } from '../../src/protocol/graphPanel';
import { h, on } from '../dom';
import { icon } from '../icons';

/** A node as it is found again in another export: by its name, and which of several of that name. */
export interface Pin {
  readonly name: string;
  readonly place: number;
}

export function pinOf({ names }: SceneData, node: number): Pin {
  const name = names[node] ?? '';
  return { name, place: names.slice(0, node).filter((other) => other === name).length };
}

/** Undefined where the scene has no such node. */
export function pinnedNode({ names }: SceneData, { name, place }: Pin): number | undefined {
  let node = names.indexOf(name);
  for (let left = place; left > 0 && node >= 0; left--) node = names.indexOf(name, node + 1);
  return node < 0 ? undefined : node;
}

export function samePin(a: Pin, b: Pin): boolean {
  return a.name === b.name && a.place === b.place;
}

export interface PinEvents {
  chosen(node: number): void;
  removed(pin: Pin): void;
}

/** Those that the scene has. */
export function pinList(scene: SceneData, pins: readonly Pin[], events: PinEvents): HTMLElement | undefined {
  const list = h('ul', { class: 'pins', 'aria-label': 'Pinned nodes' });
  for (const pin of pins) {
    const node = pinnedNode(scene, pin);
    if (node === undefined) continue;
    const go = h(
      'button',
      { type: 'button', class: 'pin', title: pin.name },
      h('span', { class: 'name' }, h('bdi', {}, pin.name)),
    );
    go.prepend(icon('pin'));
    const remove = h('button', {
      type: 'button',
      class: 'pin-close',
      'aria-label': `Unpin ${pin.name}`,
      title: 'Unpin',
    });
    remove.append(icon('close'));
    list.append(
      h(
        'li',
        {},
        on(go, 'click', () => events.chosen(node)),
        on(remove, 'click', () => events.removed(pin)),
      ),
    );
  }
  return list.childElementCount > 0 ? list : undefined;
}

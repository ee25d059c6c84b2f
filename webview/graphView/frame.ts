/** Everything that one picture of the graph depends on. */
import type { Bounds } from '../layout/layout';
import type { GroupedModel } from '../model/groupModel';
import type { Scale } from '../model/metrics';
import type { Trail } from '../model/paths';
import type { Camera, Size } from './camera';
import type { TextFitter } from './text';
import type { Theme } from './theme';
import type { Drawing } from './visible';
import type { WireUnder } from './wireAt';

export interface Frame {
  /** Its edges are those of the drawing. */
  readonly model: GroupedModel;
  readonly drawing: Drawing;
  readonly jumps: Jumps;
  readonly scale: Scale;
  readonly camera: Camera;
  readonly view: Size;
  readonly theme: Theme;
  readonly selected: number | undefined;
  readonly hovered: number | undefined;
  /** Search hits. */
  readonly found: ReadonlySet<number>;
  /** What leads to a node, or away from it, or from one to another: all else recedes. */
  readonly trail: Trail | undefined;
  /** Under the pointer. */
  readonly wire: WireUnder | undefined;
  readonly text: TextFitter;
  /** While groups open or close: the nodes that are on screen before or after, and how far it has come, 0 to 1. */
  readonly change?: { readonly nodes: readonly number[]; readonly progress: number };
}

/** Edges without a line, by the node where their link is drawn: the nodes that the links lead to. */
export interface Jumps {
  readonly toSource: ReadonlyMap<number, readonly number[]>;
  readonly toTarget: ReadonlyMap<number, readonly number[]>;
}

/** How much of a node is drawn. */
export type Detail = 'full' | 'label' | 'block' | 'pixel';

export function detailAt(scale: number): Detail {
  if (scale >= 0.5) return 'full';
  if (scale >= 0.27) return 'label';
  return scale >= 0.08 ? 'block' : 'pixel';
}

/** The part of the world on screen, with a margin in world pixels for what reaches out of a node. */
export function visibleWorld({ camera, view }: Frame, margin = 0): Bounds {
  const [halfWidth, halfHeight] = [view.width / camera.scale / 2 + margin, view.height / camera.scale / 2 + margin];
  return {
    left: camera.x - halfWidth,
    right: camera.x + halfWidth,
    top: camera.y - halfHeight,
    bottom: camera.y + halfHeight,
  };
}

/** The reader's place in the graph, in terms that survive another layout: a node's name and where it is seen. */

import type { SceneData } from '../../src/protocol/graphPanel';
import { realAt } from '../layout/adjacency';
import type { Camera } from './camera';
import { cardOf, type Drawing, nearestNode } from './visible';

export interface Place {
  readonly name: string;
  /** From the node to the middle of the canvas, in world pixels. */
  readonly dx: number;
  readonly dy: number;
  readonly scale: number;
}

export function placeOf(scene: SceneData, drawing: Drawing, camera: Camera): Place | undefined {
  const node = nearestNode(drawing, camera.x, camera.y);
  if (node === undefined) return undefined;
  return {
    name: scene.names[node] ?? '',
    dx: camera.x - realAt(drawing.x, node),
    dy: camera.y - realAt(drawing.y, node),
    scale: camera.scale,
  };
}

/** Undefined where the node is gone. */
export function cameraAt(scene: SceneData, drawing: Drawing, place: Place): Camera | undefined {
  const id = scene.names.indexOf(place.name);
  if (id < 0) return undefined;
  const node = cardOf(drawing, id);
  return { x: realAt(drawing.x, node) + place.dx, y: realAt(drawing.y, node) + place.dy, scale: place.scale };
}

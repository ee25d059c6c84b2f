/** A scene with some of its groups closed: each of these is one card, and the edges inside of it are not drawn. */
import { at } from '../layout/adjacency';
import type { GroupTree } from './groupTree';

export interface Fold {
  /** Ids that are drawn, nodes and closed groups, in the order of execution. */
  readonly shown: Uint32Array;
  /** Per id what is drawn for it: itself, or the outermost closed group around it. An open group that is seen stands for itself. */
  readonly shownAs: Uint32Array;
  /** Open groups (not ids) of which the inside is seen, outermost first. */
  readonly open: readonly number[];
  /** Pairs source, target of shown ids; a pair with a group in it comes once. */
  readonly edges: Uint32Array;
  /** Edge of the scene behind each of them, the first where there are several. */
  readonly edgeOf: Uint32Array;
}

/** `expanded`: 1 for each group that is open where it is seen. `edges`: pairs of node ids. O(nodes + groups + edges). */
export function fold(tree: GroupTree, edges: Uint32Array, expanded: Uint8Array): Fold {
  const shownAs = representatives(tree, expanded);
  const open = Array.from(expanded.keys()).filter(
    (group) => expanded[group] === 1 && at(shownAs, tree.nodeCount + group) === tree.nodeCount + group,
  );
  return { shown: firstSeen(tree, shownAs), shownAs, open, ...foldedEdges(tree, edges, shownAs) };
}

function representatives({ nodeCount, count, parent, of }: GroupTree, expanded: Uint8Array): Uint32Array {
  const shownAs = new Uint32Array(nodeCount + count);
  const standIn = (id: number, around: number) => {
    if (around < 0) return id;
    const stand = at(shownAs, nodeCount + around);
    return expanded[around] === 1 && stand === nodeCount + around ? id : stand;
  };
  for (let group = 0; group < count; group++)
    shownAs[nodeCount + group] = standIn(nodeCount + group, at(parent, group));
  for (let node = 0; node < nodeCount; node++) shownAs[node] = standIn(node, at(of, node));
  return shownAs;
}

function firstSeen({ nodeCount }: GroupTree, shownAs: Uint32Array): Uint32Array {
  const seen = new Uint8Array(shownAs.length);
  const shown = new Uint32Array(nodeCount);
  let count = 0;
  for (let node = 0; node < nodeCount; node++) {
    const id = at(shownAs, node);
    if (seen[id]) continue;
    seen[id] = 1;
    shown[count++] = id;
  }
  return shown.slice(0, count);
}

function foldedEdges({ nodeCount }: GroupTree, edges: Uint32Array, shownAs: Uint32Array) {
  const kept = new Uint32Array(edges.length);
  const edgeOf = new Uint32Array(edges.length >> 1);
  const known = new Set<number>();
  let count = 0;
  for (let edge = 0; 2 * edge < edges.length; edge++) {
    const [source, target] = [at(shownAs, at(edges, 2 * edge)), at(shownAs, at(edges, 2 * edge + 1))];
    if (source >= nodeCount || target >= nodeCount) {
      const pair = source * shownAs.length + target;
      if (source === target || known.has(pair)) continue;
      known.add(pair);
    }
    kept[2 * count] = source;
    kept[2 * count + 1] = target;
    edgeOf[count++] = edge;
  }
  return { edges: kept.slice(0, 2 * count), edgeOf: edgeOf.slice(0, count) };
}

/** Nodes of the scene as they are read in a drawing whose ids come in `order`: a closed group's where its card is. */
export function readingOrder({ nodeCount }: GroupTree, { shownAs }: Fold, order: Uint32Array): Uint32Array {
  const inside = new Map<number, number[]>();
  for (let node = 0; node < nodeCount; node++) {
    const id = at(shownAs, node);
    if (id === node) continue;
    const known = inside.get(id);
    if (known) known.push(node);
    else inside.set(id, [node]);
  }
  return Uint32Array.from(Array.from(order).flatMap((id) => inside.get(id) ?? [id]));
}

/** The groups of a scene as ids beside its nodes: node ids are 0 … n − 1, group g is n + g. */
import type { SceneData } from '../../src/protocol/graphPanel';
import { at } from '../layout/adjacency';

export interface GroupTree {
  /** Nodes of the scene: the id of group 0. */
  readonly nodeCount: number;
  /** Groups. */
  readonly count: number;
  /** -1 at the top. */
  readonly parent: Int32Array;
  /** Groups around each. */
  readonly depth: Uint32Array;
  /** Groups g … end[g] − 1 are g and all groups inside of it. */
  readonly end: Uint32Array;
  /** Innermost group of each node; -1 for none. */
  readonly of: Int32Array;
  /** Names from the outermost group on, `layer1/layer1.0`; no two are the same. */
  readonly paths: readonly string[];
}

export function groupTree({ groups: { names, parent, of } }: SceneData): GroupTree {
  const count = names.length;
  const depth = new Uint32Array(count);
  const end = new Uint32Array(count);
  const paths: string[] = [];
  const used = new Map<string, number>();
  for (let group = 0; group < count; group++) {
    const around = at(parent, group);
    depth[group] = around < 0 ? 0 : at(depth, around) + 1;
    const path = around < 0 ? (names[group] ?? '') : `${paths[around]}/${names[group]}`;
    const before = used.get(path) ?? 0;
    used.set(path, before + 1);
    paths.push(before === 0 ? path : `${path} (${before + 1})`);
  }
  for (let group = count - 1; group >= 0; group--) {
    end[group] = Math.max(at(end, group), group + 1);
    const around = at(parent, group);
    if (around >= 0) end[around] = Math.max(at(end, around), at(end, group));
  }
  return { nodeCount: of.length, count, parent, depth, end, of, paths };
}

/** Innermost group around a node or a group; -1 for none. */
export function groupAround({ nodeCount, of, parent }: GroupTree, id: number): number {
  return id < nodeCount ? at(of, id) : at(parent, id - nodeCount);
}

/** All groups around a node or a group, the innermost first. */
export function groupsAround(tree: GroupTree, id: number): number[] {
  const groups: number[] = [];
  for (let group = groupAround(tree, id); group >= 0; group = at(tree.parent, group)) groups.push(group);
  return groups;
}

/** Whether a node or a group is inside of a group, however deep; no group is inside of itself. */
export function isInside(tree: GroupTree, group: number, id: number): boolean {
  const around = groupAround(tree, id);
  return around >= group && around < at(tree.end, group);
}

/** Nodes inside of a group, in the order of execution. */
export function nodesInside(tree: GroupTree, group: number): number[] {
  return Array.from(tree.of.keys()).filter((node) => isInside(tree, group, node));
}

/** Which groups are open: how many levels, and single ones that differ from that, by their paths, which survive a re-export. */
import { at, groupBy } from '../layout/adjacency';
import type { Fold } from './fold';
import type { GroupTree } from './groupTree';

export interface Expansion {
  /** Levels of groups that are open; `auto`: as many as the reader can take in at first sight. */
  readonly levels: number | 'auto' | 'all';
  /** Paths of groups that are open where the levels say closed, or the other way round. */
  readonly toggled: readonly string[];
}

export const AS_FITS: Expansion = { levels: 'auto', toggled: [] };

/** Up to this many nodes everything is open at first. */
const FEW_NODES = 300;
/** Above, groups are opened while no more cards than this are seen. */
const MOST_CARDS = 150;
/** Fewer cards than this say next to nothing. */
const FEW_CARDS = 20;

/** 1 for each open group. */
export function expandedGroups(tree: GroupTree, { levels, toggled }: Expansion): Uint8Array {
  const expanded = levels === 'auto' ? openedAtFirst(tree) : openToLevel(tree, levels === 'all' ? tree.count : levels);
  const differing = new Set(toggled);
  for (let group = 0; group < tree.count; group++)
    if (differing.has(tree.paths[group] ?? '')) expanded[group] = expanded[group] === 1 ? 0 : 1;
  return expanded;
}

function openToLevel({ count, depth }: GroupTree, levels: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, group) => (at(depth, group) < levels ? 1 : 0));
}

/**
 * Level by level from the top, each whole, while it stays easy to take in. Where the first levels alone say next to nothing, single
 * groups of the next one are opened as far as there is room.
 */
function openedAtFirst(tree: GroupTree): Uint8Array {
  const { nodeCount, count, parent, depth, of } = tree;
  if (nodeCount <= FEW_NODES) return new Uint8Array(count).fill(1);
  const parts = new Uint32Array(count);
  let cards = 0;
  for (const around of [of, parent].flatMap((column) => Array.from(column))) {
    if (around < 0) cards++;
    else parts[around] = at(parts, around) + 1;
  }
  const expanded = new Uint8Array(count);
  const byDepth = groupBy(depth, count);
  for (let level = 0; level < count; level++) {
    const seen = Array.from(byDepth.items.subarray(at(byDepth.start, level), at(byDepth.start, level + 1))).filter(
      (group) => at(parent, group) < 0 || expanded[at(parent, group)] === 1,
    );
    const more = (groups: readonly number[]) => groups.reduce((sum, group) => sum + at(parts, group) - 1, 0);
    const whole = cards + more(seen) <= MOST_CARDS;
    if (seen.length === 0 || (!whole && cards >= FEW_CARDS)) break;
    for (const group of seen) {
      if (cards + more([group]) > MOST_CARDS) continue;
      cards += more([group]);
      expanded[group] = 1;
    }
    if (!whole) break;
  }
  return expanded;
}

/** With these groups open (or closed). */
export function withGroups(tree: GroupTree, expansion: Expansion, groups: readonly number[], open: boolean): Expansion {
  const expanded = expandedGroups(tree, expansion);
  const toggled = new Set(expansion.toggled);
  for (const group of groups) {
    const path = tree.paths[group] ?? '';
    if ((expanded[group] === 1) === open) continue;
    if (!toggled.delete(path)) toggled.add(path);
  }
  return { ...expansion, toggled: [...toggled] };
}

/** What a reader can do to all groups at once. */
export type GroupStep = 'all' | 'none' | 'more' | 'less';

export function afterStep(tree: GroupTree, fold: Fold, step: GroupStep): Expansion {
  if (step === 'all') return { levels: 'all', toggled: [] };
  if (step === 'none') return { levels: 0, toggled: [] };
  return step === 'more' ? levelMore(tree, fold) : levelLess(tree, fold);
}

/** One level more than is open everywhere. */
function levelMore({ nodeCount, depth }: GroupTree, { shown }: Fold): Expansion {
  const closed = Array.from(shown).filter((id) => id >= nodeCount);
  if (closed.length === 0) return { levels: 'all', toggled: [] };
  const least = closed.reduce((level, id) => Math.min(level, at(depth, id - nodeCount)), Number.POSITIVE_INFINITY);
  return { levels: least + 1, toggled: [] };
}

/** Without the deepest of the levels that are open. */
function levelLess({ depth }: GroupTree, { open }: Fold): Expansion {
  return { levels: open.reduce((level, group) => Math.max(level, at(depth, group)), 0), toggled: [] };
}

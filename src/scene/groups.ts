import type { GroupData } from '../protocol/graphPanel';
import { FROM_OUTSIDE, type Items, repeatedBlocks } from './blocks';
import type { Scope } from './scopes';

/** Items of a scene, inputs and outputs of the graph among them. */
export interface GroupItems extends Items {
  /** The modules around an item, outermost first; none for inputs and outputs of the graph. */
  scopesOf(item: number): readonly Scope[];
  /** Whether it may be in a group. */
  isOperator(item: number): boolean;
}

/** At least this share of the operators has a module around it, or the names are not used. */
const NAMED_SHARE = 0.5;
/** Modules deeper than this are part of those around them. */
const DEEPEST = 32;
/** More blocks than this in a row are put into groups of their own. */
const MOST_IN_A_ROW = 100;

/** A group before it has a number. */
interface Draft {
  readonly label: string;
  readonly kind: string;
  readonly children: Map<string, Draft>;
  readonly items: number[];
}

const draft = (label: string, kind: string): Draft => ({ label, kind, children: new Map(), items: [] });

/** Modules by the names that the exporter wrote; repeated blocks where it wrote none; no groups where nothing repeats. */
export function groupsOf(items: GroupItems): GroupData {
  const operators = Array.from({ length: items.count }, (_, item) => item).filter((item) => items.isOperator(item));
  const named = byNames(items, operators);
  if (named) return numbered(named, items.count, 'names');
  const blocks = byStructure(items, operators);
  return numbered(blocks, items.count, blocks.children.size > 0 ? 'structure' : 'none');
}

function byNames(items: GroupItems, operators: readonly number[]): Draft | undefined {
  const root = draft('', '');
  let inside = 0;
  for (const item of operators) {
    const scopes = items.scopesOf(item);
    if (scopes.length > 0) inside++;
    let group = root;
    for (const { key, label, kind } of scopes.slice(0, DEEPEST)) {
      const known = group.children.get(key) ?? draft(label, kind);
      group.children.set(key, known);
      group = known;
    }
    group.items.push(item);
  }
  if (inside < NAMED_SHARE * operators.length) return undefined;
  const tidy = tidied(root);
  // One module around everything is the model itself.
  const [only, ...others] = tidy.children.values();
  const isAll = only !== undefined && others.length === 0 && tidy.items.length <= 0.1 * operators.length;
  const named = isAll ? { ...only, items: [...tidy.items, ...only.items] } : tidy;
  return named.children.size > 0 ? named : undefined;
}

/** Groups of one item are dissolved, and groups of nothing but one group stand for it. */
function tidied(group: Draft): Draft {
  const children = new Map<string, Draft>();
  const items = [...group.items];
  for (const [key, child] of group.children) {
    const tidy = tidied(child);
    const [inner, ...more] = tidy.children.values();
    if (tidy.children.size === 0 && tidy.items.length < 2) items.push(...tidy.items);
    else if (tidy.items.length === 0 && inner && more.length === 0) {
      children.set(key, { ...inner, label: tidy.label, kind: tidy.kind || inner.kind });
    } else children.set(key, tidy);
  }
  return { ...group, children, items };
}

function byStructure(items: GroupItems, operators: readonly number[]): Draft {
  const place = new Map(operators.map((item, at) => [item, at]));
  const itemAt = (at: number): number => operators[at] ?? 0;
  const runs = repeatedBlocks({
    count: operators.length,
    kindOf: (at) => items.kindOf(itemAt(at)),
    sourcesOf: (at) => items.sourcesOf(itemAt(at)).map((source) => place.get(source) ?? FROM_OUTSIDE),
  });
  const root = draft('', '');
  const loose = new Set(operators);
  let number = 1;
  for (const { blocks } of runs) {
    const drafts = blocks.map(({ from, to }): Draft => {
      const inside = operators.slice(from, to);
      for (const item of inside) loose.delete(item);
      return { ...draft(`block ${number++}`, kindOfBlock(items, inside)), items: inside };
    });
    for (const one of inRows(drafts)) root.children.set(one.label, one);
  }
  root.items.push(...loose);
  return root;
}

/** Blocks in a row as they are, or in groups of groups where there are many. */
function inRows(blocks: readonly Draft[]): readonly Draft[] {
  if (blocks.length <= MOST_IN_A_ROW) return blocks;
  const size = Math.max(MOST_IN_A_ROW, Math.ceil(Math.sqrt(blocks.length)));
  return Array.from({ length: Math.ceil(blocks.length / size) }, (_, i) => {
    const inside = blocks.slice(i * size, (i + 1) * size);
    const [first, last] = [inside[0]?.label ?? '', inside.at(-1)?.label ?? ''];
    return {
      ...draft(`${first}–${last.replace('block ', '')}`, ''),
      children: new Map(inside.map((one) => [one.label, one])),
    };
  });
}

/** The operators that the eye looks for, each once. */
function kindOfBlock(items: GroupItems, inside: readonly number[]): string {
  const kinds = [...new Set(inside.map((item) => items.kindOf(item)))];
  return kinds.length > 4 ? `${kinds.slice(0, 4).join(' ')} …` : kinds.join(' ');
}

/** Columns in the order of the first item, parents before their children. */
function numbered(root: Draft, count: number, source: GroupData['source']): GroupData {
  const names: string[] = [];
  const kinds: string[] = [];
  const parents: number[] = [];
  const of = new Int32Array(count).fill(-1);
  const first = new Map<Draft, number>();
  const firstItem = (group: Draft): number => {
    const known = first.get(group);
    if (known !== undefined) return known;
    let least = Number.POSITIVE_INFINITY;
    for (const item of group.items) least = Math.min(least, item);
    for (const child of group.children.values()) least = Math.min(least, firstItem(child));
    first.set(group, least);
    return least;
  };
  const visit = (group: Draft, parent: number): void => {
    const children = [...group.children.values()].sort((a, b) => firstItem(a) - firstItem(b));
    for (const child of children) {
      const number = names.length;
      names.push(child.label);
      kinds.push(child.kind);
      parents.push(parent);
      for (const item of child.items) of[item] = number;
      visit(child, number);
    }
  };
  visit(root, -1);
  return { source, names, kinds, parent: Int32Array.from(parents), of };
}

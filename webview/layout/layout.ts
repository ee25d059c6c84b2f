/**
 * Our layered layout, top to bottom: ranks, dummy chains, order, columns, coordinates, wires. Pure and deterministic: typed arrays
 * in, typed arrays out. Units are pixels at zoom 1.
 */
import { at, type Rows, realAt } from './adjacency';
import { Blocks } from './blocks';
import { findColumns } from './columns';
import { placeVertices } from './coordinates';
import { buildLayers, type Layers } from './layers';
import { orderLayers } from './order';
import { assignRanks } from './ranks';
import { drawWires, type Wires } from './wires';

export interface LayoutInput {
  readonly widths: Float64Array;
  readonly heights: Float64Array;
  /** Pairs source, target. */
  readonly edges: Uint32Array;
  /** 1 for the inputs of the graph: what they do not feed moves down to where it is used. */
  readonly anchors: Uint8Array;
  /** Groups whose members are to stand side by side. */
  readonly groups?: LayoutGroups;
}

export interface LayoutGroups {
  /** Innermost group of each node; -1 for none. */
  readonly of: Int32Array;
  /** Group around each group, which comes before it; -1 at the top. */
  readonly parent: Int32Array;
}

export interface Layout {
  /** Centres of the nodes. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly rank: Uint32Array;
  /** Nodes rank by rank, left to right. */
  readonly ranks: Rows;
  /** Vertical extent of each rank. */
  readonly top: Float64Array;
  readonly bottom: Float64Array;
  readonly wires: Wires;
  /** Edges without a line: jump links. */
  readonly stubs: Uint32Array;
  readonly crossings: number;
  readonly bounds: Bounds;
}

export interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const MIN_GAP = 38;
const MAX_GAP = 150;
/** A line that has to go far sideways gets more height to do it in. */
const GAP_PER_SHIFT = 0.07;

export function layout(input: LayoutInput, progress: (fraction: number) => void = () => {}): Layout {
  const nodeCount = input.widths.length;
  const ranks = assignRanks(nodeCount, input.edges, input.anchors);
  progress(0.1);
  const layers = buildLayers(nodeCount, input.edges, ranks);
  progress(0.2);
  const blocks = input.groups && new Blocks(input.groups, layers);
  const order = orderLayers(layers, (fraction) => progress(0.2 + 0.4 * fraction), blocks);
  const columns = findColumns(layers, input.anchors);
  const placing = (fraction: number) => progress(0.6 + 0.3 * fraction);
  const centres = placeVertices(layers, order.layers, columns, input.widths, placing, blocks).map(Math.round);
  const { top, bottom } = stackRanks(layers, centres, input.heights);
  const y = Float64Array.from(input.widths, (_, node) => {
    const rank = at(layers.rank, node);
    return (realAt(top, rank) + realAt(bottom, rank)) / 2;
  });
  const wires = drawWires(layers, centres, input, y, top, bottom);
  progress(1);
  const x = centres.slice(0, nodeCount);
  return {
    x,
    y,
    rank: ranks.rank,
    ranks: onlyNodes(order.layers, nodeCount),
    top,
    bottom,
    wires,
    stubs: layers.stubs,
    crossings: order.crossings,
    bounds: boundsOf(centres, input.widths, top, bottom),
  };
}

function stackRanks(layers: Layers, centres: Float64Array, heights: Float64Array) {
  const tallest = new Float64Array(layers.rankCount);
  for (let node = 0; node < layers.nodeCount; node++) {
    const rank = at(layers.rank, node);
    tallest[rank] = Math.max(realAt(tallest, rank), realAt(heights, node));
  }
  const shift = new Float64Array(layers.rankCount);
  for (let link = 0; link < layers.upper.length; link++) {
    const [from, to] = [at(layers.upper, link), at(layers.lower, link)];
    const rank = at(layers.rank, from);
    shift[rank] = Math.max(realAt(shift, rank), Math.abs(realAt(centres, from) - realAt(centres, to)));
  }
  const top = new Float64Array(layers.rankCount);
  const bottom = new Float64Array(layers.rankCount);
  let y = 0;
  for (let rank = 0; rank < layers.rankCount; rank++) {
    top[rank] = y;
    bottom[rank] = y + realAt(tallest, rank);
    y = realAt(bottom, rank) + Math.min(MAX_GAP, MIN_GAP + GAP_PER_SHIFT * realAt(shift, rank));
  }
  return { top, bottom };
}

function onlyNodes(rows: Rows, nodeCount: number): Rows {
  const start = new Uint32Array(rows.start.length);
  const items = new Uint32Array(nodeCount);
  let count = 0;
  for (let rank = 0; rank + 1 < rows.start.length; rank++) {
    for (let i = at(rows.start, rank); i < at(rows.start, rank + 1); i++) {
      if (at(rows.items, i) < nodeCount) items[count++] = at(rows.items, i);
    }
    start[rank + 1] = count;
  }
  return { start, items };
}

function boundsOf(centres: Float64Array, widths: Float64Array, top: Float64Array, bottom: Float64Array): Bounds {
  let left = 0;
  let right = 0;
  for (let vertex = 0; vertex < centres.length; vertex++) {
    const half = vertex < widths.length ? realAt(widths, vertex) / 2 : 0;
    left = Math.min(left, realAt(centres, vertex) - half);
    right = Math.max(right, realAt(centres, vertex) + half);
  }
  return { left, right, top: top[0] ?? 0, bottom: bottom.at(-1) ?? 0 };
}

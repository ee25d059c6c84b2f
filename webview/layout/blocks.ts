/** Groups in a layout: the members of a group that share a layer stand side by side, with room for the group's ground around them. */
import { at, realAt } from './adjacency';
import type { Layers } from './layers';
import type { LayoutGroups } from './layout';

/** Pixels that the ground of a group reaches beyond its members on each side, and that are left between two grounds. */
const GROUND = 12;
const APART = 8;

export class Blocks {
  /** Innermost group of each vertex; a chain is in the groups that hold both of its ends. -1 for none. */
  private readonly of: Int32Array;
  private readonly parent: Int32Array;
  private readonly depth: Int32Array;
  private readonly sum: Float64Array;
  private readonly count: Uint32Array;

  constructor({ of, parent }: LayoutGroups, layers: Layers) {
    this.parent = parent;
    // A group comes after the one around it.
    this.depth = new Int32Array(parent.length);
    for (const [group, around] of parent.entries()) this.depth[group] = around < 0 ? 0 : at(this.depth, around) + 1;
    this.of = this.withChains(of, layers);
    this.sum = new Float64Array(parent.length);
    this.count = new Uint32Array(parent.length);
  }

  private withChains(of: Int32Array, { nodeCount, vertexCount, origin, upper, lower }: Layers): Int32Array {
    const common = of.slice(0, nodeCount);
    for (let link = 0; link < upper.length; link++) {
      const to = at(lower, link);
      const from = at(origin, at(upper, link));
      if (at(upper, link) >= nodeCount && to < nodeCount) common[from] = this.around(at(common, from), at(of, to));
    }
    return Int32Array.from({ length: vertexCount }, (_, vertex) =>
      vertex < nodeCount ? at(of, vertex) : at(common, at(origin, vertex)),
    );
  }

  same(a: number, b: number): boolean {
    return at(this.of, a) === at(this.of, b);
  }

  /** Orders the vertices of a layer by what each wants, each group as one: by the mean of its members. */
  sort(vertices: Uint32Array, wanted: Float64Array): void {
    const { sum, count, of, parent } = this;
    for (const vertex of vertices) {
      for (let group = at(of, vertex); group >= 0; group = at(parent, group)) sum[group] = count[group] = 0;
    }
    for (const vertex of vertices) {
      for (let group = at(of, vertex); group >= 0; group = at(parent, group)) {
        sum[group] = realAt(sum, group) + realAt(wanted, vertex);
        count[group] = at(count, group) + 1;
      }
    }
    vertices.sort((a, b) => this.compare(a, b, wanted));
  }

  private compare(a: number, b: number, wanted: Float64Array): number {
    const common = this.around(at(this.of, a), at(this.of, b));
    const [x, y] = [this.below(a, common), this.below(b, common)];
    const place = (vertex: number, group: number) =>
      group < 0 ? realAt(wanted, vertex) : realAt(this.sum, group) / at(this.count, group);
    return place(a, x) - place(b, y) || x - y;
  }

  /** The group just inside of `common` that holds the vertex; -1 where the vertex lies there itself. */
  private below(vertex: number, common: number): number {
    let [group, inner] = [at(this.of, vertex), -1];
    while (group !== common) [inner, group] = [group, at(this.parent, group)];
    return inner;
  }

  /** The innermost group around both; -1 for none. */
  private around(a: number, b: number): number {
    let [x, y] = [a, b];
    while (x !== y) {
      const deeper = y < 0 || (x >= 0 && at(this.depth, x) >= at(this.depth, y));
      if (deeper) x = at(this.parent, x);
      else y = at(this.parent, y);
    }
    return x;
  }

  /** Pixels that two neighbours have to stand apart for the grounds that end between them. */
  gap(a: number, b: number): number {
    const [x, y] = [at(this.of, a), at(this.of, b)];
    if (x === y) return 0;
    const depthOf = (group: number) => (group < 0 ? -1 : at(this.depth, group));
    return GROUND * (depthOf(x) + depthOf(y) - 2 * depthOf(this.around(x, y))) + APART;
  }
}

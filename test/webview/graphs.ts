/** Graphs to try the panel's logic with: pairs source, target. */
export interface TestGraph {
  readonly nodeCount: number;
  readonly edges: Uint32Array;
}

export function graphOf(nodeCount: number, pairs: readonly (readonly [number, number])[]): TestGraph {
  return { nodeCount, edges: Uint32Array.from(pairs.flat()) };
}

/** Every node feeds the next; every `period`-th also the one `period` further on. */
export function chainWithSkips(nodeCount: number, period: number): TestGraph {
  const pairs: [number, number][] = [];
  for (let node = 0; node + 1 < nodeCount; node++) pairs.push([node, node + 1]);
  for (let node = 0; node + period < nodeCount; node += period) pairs.push([node, node + period]);
  return graphOf(nodeCount, pairs);
}

/** Complete tree with the root 0, edges away from it. */
export function tree(depth: number, arity: number): TestGraph {
  const pairs: [number, number][] = [];
  let first = 0;
  let next = 1;
  for (let level = 0; level < depth; level++) {
    const end = next;
    for (let node = first; node < end; node++) {
      for (let child = 0; child < arity; child++) pairs.push([node, next++]);
    }
    first = end;
  }
  return graphOf(next, pairs);
}

/** Stem, then blocks of conv relu conv add relu; the skip of every second block goes through a convolution. */
export function residualNet(blocks: number): TestGraph {
  const pairs: [number, number][] = [[0, 1]];
  let last = 1;
  let next = 2;
  for (let block = 0; block < blocks; block++) {
    const [conv1, relu1, conv2, add, relu] = [next, next + 1, next + 2, next + 3, next + 4];
    next += 5;
    pairs.push([last, conv1], [conv1, relu1], [relu1, conv2], [conv2, add], [add, relu]);
    if (block % 2 === 1) {
      pairs.push([last, next], [next, add]);
      next++;
    } else pairs.push([last, add]);
    last = relu;
  }
  return graphOf(next, pairs);
}

/** Blocks of query, key and value with a residual; one mask feeds every block. */
export function transformer(blocks: number): TestGraph {
  const pairs: [number, number][] = [];
  let last = 0;
  let next = 2;
  for (let block = 0; block < blocks; block++) {
    const [norm, query, key, value, scores, masked, soft, context, project, add] = Array.from(
      { length: 10 },
      (_, i) => next + i,
    ) as [number, number, number, number, number, number, number, number, number, number];
    next += 10;
    pairs.push([last, norm], [norm, query], [norm, key], [norm, value], [query, scores], [key, scores]);
    pairs.push([scores, masked], [1, masked], [masked, soft], [soft, context], [value, context]);
    pairs.push([context, project], [project, add], [last, add]);
    last = add;
  }
  return graphOf(next, pairs);
}

/** Deterministic uniform numbers in [0, 1) (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A random graph whose edges lead to higher numbers. */
export function randomGraph(nodeCount: number, edgeCount: number, seed: number): TestGraph {
  const random = randomNumbers(seed);
  const pairs: [number, number][] = [];
  while (pairs.length < edgeCount) {
    const a = Math.floor(random() * nodeCount);
    const b = Math.floor(random() * nodeCount);
    if (a !== b) pairs.push([Math.min(a, b), Math.max(a, b)]);
  }
  return graphOf(nodeCount, pairs);
}

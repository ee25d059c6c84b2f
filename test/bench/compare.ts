/** Matching two graphs of 20,000 nodes, as a share of inferring the shapes of one of them. */
import type { Graph, Model, Node } from '../../src/graph/graph';
import { inferShapes } from '../../src/operators/inferShapes';
import { matchable } from '../../src/scene/matchable';
import { match } from '../../src/scene/matching';
import { buildScene } from '../../src/scene/scene';
import { model as sketched } from '../sketch';

const NODES = 20_000;
const OPERATORS = ['Conv', 'Relu', 'Conv', 'Relu', 'Add'] as const;

/** A chain with a skip over every five nodes, some of them left out. */
function chain(prefix: string, isLeftOut: (place: number) => boolean): Model {
  const nodes: Node[] = [];
  let [last, skip] = ['x', 'x'];
  for (let place = 0; place < NODES; place++) {
    if (isLeftOut(place)) continue;
    const operator = OPERATORS[place % OPERATORS.length] ?? 'Relu';
    const inputs = operator === 'Conv' ? [last, 'w'] : operator === 'Add' ? [last, skip] : [last];
    const [id, output] = [nodes.length, `${prefix}${place}`];
    const attributes: Node['attributes'] = new Map(
      operator === 'Conv' ? [['pads', { type: 'ints', value: [1, 1, 1, 1] }]] : [],
    );
    nodes.push({ id, name: `${prefix}${operator}_${id}`, operator, domain: '', inputs, outputs: [output], attributes });
    last = output;
    if (operator === 'Add') skip = output;
  }
  const weights = {
    name: 'w',
    type: 'float32',
    shape: [8, 8, 3, 3],
    location: { kind: 'bytes', bytes: new Uint8Array() },
  } as const;
  const plain = sketched({
    nodes: [],
    inputs: [{ name: 'x', type: 'float32', shape: [1, 8, 16, 16] }],
    constants: [weights],
  });
  const graph: Graph = { ...plain.graph, nodes, outputs: [{ name: last }] };
  return { ...plain, graph };
}

function drawn(model: Model) {
  const before = process.cpuUsage();
  const shapes = inferShapes(model);
  const used = process.cpuUsage(before).user;
  return { graph: { scene: buildScene(model, shapes, 'model'), shapes }, used };
}

const CASES: readonly (readonly [what: string, prefix: string, isLeftOut: (place: number) => boolean])[] = [
  ['equal', '', () => false],
  ['other names', 'q', () => false],
  ['other names, three nodes less', 'q', (place) => [500, 9001, 15_002].includes(place)],
  ['other names, every hundredth node less', 'q', (place) => place % 100 === 51],
  ['other names, every tenth block less', 'q', (place) => Math.floor(place / 5) % 10 === 3],
];

for (const [what, prefix, isLeftOut] of [...CASES, ...CASES].slice(1)) {
  const [a, b] = [drawn(chain('', () => false)), drawn(chain(prefix, isLeftOut))];
  const before = process.cpuUsage();
  const { pairs, onlyA, onlyB } = match(matchable(a.graph), matchable(b.graph));
  const used = process.cpuUsage(before).user;
  console.log(`${what}: ${pairs.length} pairs, ${onlyA.length} only in A, ${onlyB.length} only in B`);
  console.log(`  ${(used / 1000).toFixed(0)} ms of CPU, ${(used / a.used).toFixed(2)} × inferring the shapes of one`);
}

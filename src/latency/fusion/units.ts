import type { Node } from '../../graph/graph';
import type { FusionRule } from '../../hardware/fusionRules';
import { flopsOf } from '../../operators/work';
import { attentionAt } from './attention';
import { FORMS, type Form } from './forms';
import { type GraphIndex, onlyOutput } from './graphIndex';
import type { Match } from './pattern';
import { oneOperator, type Unit } from './unit';

/** Readings of the input: mean and variance, then the result (as LayerNormalization in src/operators/ops). */
const PASSES: Readonly<Record<Form['kind'], number>> = { activation: 1, normalization: 2 };

/** Every node that runs (views and what is computed ahead do not) in one unit, in the order of the last nodes. */
export function unitsOf(nodes: readonly Node[], index: GraphIndex, rules: ReadonlySet<FusionRule>): readonly Unit[] {
  const forms = FORMS.filter(({ rule }) => rules.has(rule));
  const taken = new Set<Node>();
  const units: Unit[] = [];
  // From the end: what makes an output is found before what makes a part of it.
  for (const node of [...nodes].reverse()) {
    if (taken.has(node) || index.shapes.work(node)?.kind === 'free') continue;
    const unit = unitEndingAt(node, forms, rules, index, taken);
    for (const member of unit.nodes) taken.add(member);
    units.push(unit);
  }
  return units.reverse();
}

function unitEndingAt(
  node: Node,
  forms: readonly Form[],
  rules: ReadonlySet<FusionRule>,
  index: GraphIndex,
  taken: ReadonlySet<Node>,
): Unit {
  const isFree = ({ nodes }: Pick<Unit, 'nodes'>): boolean =>
    nodes.every((member) => !taken.has(member)) && isClosed(nodes, index);
  const attention = rules.has('attention') ? attentionAt(node, index) : undefined;
  if (attention && isFree(attention)) return attention;
  for (const form of forms) {
    const found = matched(form, node, index);
    const unit = found && composite(form, found, node, index);
    if (unit && isFree(unit)) return unit;
  }
  const { shapes } = index;
  return { nodes: [node], head: node, kind: 'node', context: shapes.context(node), work: shapes.work(node) };
}

function matched({ pattern }: Form, node: Node, index: GraphIndex): Match | undefined {
  const output = onlyOutput(node);
  return output === undefined ? undefined : pattern(output, { nodes: new Set(), bound: new Map() }, index);
}

/** Whether nobody else reads what the nodes hand to one another. */
function isClosed(nodes: readonly Node[], index: GraphIndex): boolean {
  const own: ReadonlySet<Node | undefined> = new Set(nodes);
  return nodes.slice(0, -1).every((node) => {
    const output = onlyOutput(node);
    return output !== undefined && index.readers(output).every((reader) => reader !== undefined && own.has(reader));
  });
}

/** Undefined where a part's work is not known. */
function composite(form: Form, match: Match, last: Node, index: GraphIndex): Unit | undefined {
  const nodes = [...match.nodes].sort((a, b) => a.id - b.id);
  let operations = 0;
  for (const node of nodes) {
    const work = index.shapes.work(node);
    if (work?.kind !== 'vector' && work?.kind !== 'movement') return undefined;
    operations += flopsOf(work);
  }
  const context = oneOperator(form.operator, nodes, last, index);
  const [head = last] = nodes;
  return { nodes, head, kind: form.kind, context, work: { kind: 'vector', operations, passes: PASSES[form.kind] } };
}

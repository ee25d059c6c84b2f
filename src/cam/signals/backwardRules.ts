import type { RuleOverride } from '../../autodiff/reverse';
import { attrFloat, attrFloats, attrString } from '../../graph/attributes';
import type { Node } from '../../graph/graph';
import type { VjpContext } from '../../operators/gradientContext';
import { operatorType } from '../../operators/registry';
import { isQuantising } from '../features/quantisedValues';

/**
 * What goes back through a rectifier y = max(x, 0), given the signal g at y. `gradient`: g where x > 0. `deconvolution`: g where
 * g > 0 (Zeiler and Fergus 2014, section 2.1). `guided`: g where both are (Springenberg et al. 2015, figure 1).
 */
export type BackwardRule = 'gradient' | 'guided' | 'deconvolution';

const FUSED = ['com.microsoft:FusedConv', 'com.microsoft:FusedGemm'];

/** The rules that take the place of the rectifiers' own; none for the gradient. */
export function backwardOverrides(rule: BackwardRule): ReadonlyMap<string, RuleOverride> {
  if (rule === 'gradient') return new Map();
  const override: RuleOverride = (context, own) => {
    const [g] = context.cotangents;
    if (g === undefined || !isRectifier(context.node, context.values)) return own(context);
    const positive = context.build.add('Relu', [g]);
    if (rule === 'guided') return own({ ...context, cotangents: [positive] });
    if (!FUSED.includes(operatorType(context.node))) return [positive];
    return own({ ...context, node: withoutActivation(context.node), cotangents: [positive] });
  };
  return new Map(['Relu', 'Clip', ...FUSED].map((type) => [type, override]));
}

/** Whether a node cuts off what is below zero and passes on the rest: Relu, ReLU6 (a Clip from 0), and both as part of a fused node. */
function isRectifier(node: Node, values: VjpContext['values']): boolean {
  if (FUSED.includes(operatorType(node))) {
    const activation = attrString(node, 'activation', '');
    const [least] = attrFloats(node, 'activation_params', []);
    return activation === 'Relu' || (activation === 'Clip' && least === 0);
  }
  if (node.operator !== 'Clip') return node.operator === 'Relu' && node.domain === '';
  return (values(node.inputs[1] ?? '')?.[0] ?? attrFloat(node, 'min', undefined)) === 0;
}

function withoutActivation(node: Node): Node {
  return { ...node, attributes: new Map([...node.attributes].filter(([name]) => name !== 'activation')) };
}

/** One-sided activations that keep their own rule: their backward signal is not rectified. */
const SOFT: ReadonlySet<string> = new Set([
  ...['LeakyRelu', 'PRelu', 'ThresholdedRelu', 'Elu', 'Selu', 'Celu', 'HardSwish', 'Swish', 'Mish', 'Softplus', 'Gelu'],
  ...['com.microsoft:Gelu', 'com.microsoft:FastGelu', 'com.microsoft:BiasGelu', 'com.microsoft:QuickGelu', 'Erf'],
]);

/** One sentence on what a rule leaves as it is; empty where it changes every rectifier and there are no other activations. */
export function notRectified(nodes: readonly Node[], values: VjpContext['values']): string {
  const counts = new Map<string, number>();
  let rectifiers = 0;
  for (const node of nodes) {
    const type = operatorType(node);
    if (isRectifier(node, values)) rectifiers++;
    else if (SOFT.has(type)) counts.set(node.operator, (counts.get(node.operator) ?? 0) + 1);
  }
  const quantised = nodes.some(({ operator }) => isQuantising(operator));
  const kept = [...counts].map(([operator, count]) => `${operator} (${count}×)`);
  return [
    ...(rectifiers === 0 ? ['This network has no ReLU of its own: the signal equals the gradient.'] : []),
    ...(kept.length > 0 ? [`Not rectified, since they are no ReLU: ${kept.join(', ')}.`] : []),
    ...(quantised
      ? ['Where quantisation clips, the signal stops as the gradient does: ReLUs folded into it are not rectified.']
      : []),
  ].join(' ');
}

import { attrFloats, attrString } from '../graph/attributes';
import type { Attribute, Node } from '../graph/graph';
import type { VjpContext } from './gradientContext';
import { float } from './gradientTools';
import { clip } from './ops/clip';
import { rectifiers } from './ops/rectifiers';
import { sigmoids } from './ops/sigmoids';

/** Activations whose slope their output alone decides: the input inside a fused node is not there to be read. */
const FROM_OUTPUT: Readonly<Record<string, readonly string[]>> = {
  Relu: [],
  LeakyRelu: ['alpha'],
  ThresholdedRelu: ['alpha'],
  Elu: ['alpha'],
  Selu: ['alpha', 'gamma'],
  Celu: ['alpha'],
  HardSigmoid: ['alpha', 'beta'],
  Clip: ['min', 'max'],
  Sigmoid: [],
  Tanh: [],
  Softplus: [],
  Softsign: [],
};

/** Parameters of FusedConv in the order of `activation_params`; those of FusedGemm are named `activation_alpha` and so on. */
function parameters(node: Node, names: readonly string[]): ReadonlyMap<string, Attribute> {
  const list = attrFloats(node, 'activation_params', undefined);
  return new Map(
    names.flatMap((name, index): [string, Attribute][] => {
      const named = node.attributes.get(`activation_${name}`);
      const value = list?.[index];
      return named ? [[name, named]] : value === undefined ? [] : [[name, float(value)]];
    }),
  );
}

/**
 * The cotangent of what a fused node computes before its `activation` (onnxruntime's FusedConv, FusedGemm), from that of its output:
 * the activation's own rule, read at the output. Throws where the output does not decide the slope.
 */
export function beforeActivation(context: VjpContext, g: string): string {
  const { node } = context;
  const operator = attrString(node, 'activation', '');
  if (operator === '') return g;
  const names = FROM_OUTPUT[operator];
  const rule = [...rectifiers, ...sigmoids, clip].find(({ types }) => types.includes(operator))?.vjp;
  const attributes = parameters(node, names ?? []);
  const alpha = attributes.get('alpha')?.value;
  const decides = operator !== 'LeakyRelu' || alpha === undefined || (typeof alpha === 'number' && alpha > 0);
  if (!names || !rule || !decides) throw new Error(`its activation ${operator} has no gradient rule from its output`);
  const [y = ''] = node.outputs;
  const own = { ...node, operator, domain: '', inputs: [y], outputs: [y], attributes };
  const [inner] = rule({ ...context, node: own, cotangents: [g], wants: () => true });
  if (inner === undefined) throw new Error(`its activation ${operator} passes no gradient`);
  return inner;
}

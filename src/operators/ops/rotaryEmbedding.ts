import type { Cotangents, VjpContext } from '../gradientContext';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { tensorInfo } from '../shapes';
import { perOutput } from '../workRules';

/** The adjoint of a rotation turns back: the same operator with −sin. */
function vjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [g] = context.cotangents;
  const [, cos = '', sin = '', ...positions] = node.inputs;
  if (!g || !context.wants(0)) return [];
  const back = build.add('Neg', [sin]);
  return [build.add('RotaryEmbedding', [g, cos, back, ...positions], Object.fromEntries(node.attributes))];
}

/** Rotates pairs of features by an angle of their position: x·cos ± x′·sin per element (Su et al. 2021). */
const shapeAndWork: Pick<Operator, 'inferShape' | 'work'> = {
  inferShape: ({ inputs: [x] }) => [tensorInfo(x?.type, x?.shape)],
  work: perOutput(3 * COST.simple),
};

export const rotaryEmbedding: readonly Operator[] = [
  { types: ['RotaryEmbedding'], ...shapeAndWork, vjp },
  { types: ['com.microsoft:RotaryEmbedding'], ...shapeAndWork },
];

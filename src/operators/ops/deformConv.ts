import { attrInt } from '../../graph/attributes';
import { matrixNest, productOf } from '../contraction';
import { deformConvVjp } from '../deformableGradients';
import { hasInput } from '../nodeArguments';
import { COST } from '../operationCosts';
import type { CostContext, Operator } from '../operator';
import { staticShape, tensorInfo } from '../shapes';
import { type Operand, stage } from '../stages';
import type { Work } from '../work';
import { convolutionShape } from './conv';

/** Four products and three sums, and one step towards the weights, which all channels of an offset group share. */
const BILINEAR = 8 * COST.simple;

/**
 * X, W, offsets and optionally bias and mask: every tap reads the input at a place of its own, between pixels (Dai et al. 2017). The
 * samples are laid out as the columns of a matrix, which is multiplied with the weights.
 */
function work(context: CostContext): Work | undefined {
  const { node, inputs } = context;
  const [x, w, offset] = inputs;
  const wShape = staticShape(w);
  const yShape = staticShape(context.outputs[0]);
  if (!x || !w || !offset || !wShape || !yShape) return undefined;
  const [N = 1, M = 1, ...sizes] = yShape;
  const [, channels = 1, ...kernel] = wShape;
  const G = attrInt(node, 'group', 1);
  const [positions, taps] = [productOf(sizes), productOf(kernel)];
  const count = N * G * channels * taps * positions;
  const operations = count * (BILINEAR + (hasInput(node, 4) ? COST.simple : 0));
  const [xName = '', wName = '', offsetName = ''] = node.inputs;
  const samples: Operand = ['(samples)', tensorInfo(x.type, [N, G, channels * taps, positions])];
  const nest = matrixNest({ N, G, M: positions, K: M / G, C: channels * taps });
  const product: Work = { kind: 'loopNest', nest, biasAdds: hasInput(node, 3) ? productOf(yShape) : 0 };
  const y: Operand = ['(y)', tensorInfo(x.type, yShape)];
  const sampling: Work = { kind: 'vector', operations, passes: 1 };
  const parts = [
    stage(
      context,
      sampling,
      [
        [xName, x],
        [offsetName, offset],
      ],
      [samples],
    ),
    stage(context, product, [samples, [wName, w]], [y]),
  ];
  return { kind: 'body', parts, times: 1, kernel: { inside: ['(samples)'], pieces: 1 } };
}

export const deformConv: Operator = {
  types: ['DeformConv'],
  inferShape: ({ node, inputs: [x, w] }) => [tensorInfo(x?.type, convolutionShape(node, x?.shape, w?.shape))],
  work,
  vjp: deformConvVjp,
};

import type { Node } from '../../graph/graph';
import { zeroVjp } from '../gradientTools';
import { hasInput, valuesOf } from '../nodeArguments';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { tensorInfo } from '../shapes';
import { free, perOutput } from '../workRules';

const identity: Operator = {
  types: ['Identity'],
  inferShape: ({ inputs }) => [inputs[0] ?? {}],
  work: free('passes its input on'),
  vjp: ({ cotangents }) => [cotangents[0]],
};

/** Opset 12 may ask for training (third input true): then a share `ratio` of the elements is dropped at random, at 0 none. */
function dropsElements(node: Node, values: (index: number) => readonly number[] | undefined): boolean {
  const trains = hasInput(node, 2) && values(2)?.[0] !== 0;
  return trains && (!hasInput(node, 1) || values(1)?.[0] !== 0);
}

const dropout: Operator = {
  types: ['Dropout'],
  inferShape(context) {
    const { node, opset } = context;
    const x = context.inputs[0] ?? {};
    const drops = dropsElements(node, (index) => valuesOf(context, index));
    const mask = tensorInfo(opset >= 10 ? 'bool' : x.type, x.shape);
    return [tensorInfo(x.type, x.shape, drops ? undefined : x.values), mask].slice(0, node.outputs.length);
  },
  work: (context) =>
    dropsElements(context.node, (index) => valuesOf(context, index))
      ? perOutput(COST.special + COST.simple)(context)
      : { kind: 'free', reason: 'does nothing at inference' },
  vjp(context) {
    const [g] = context.cotangents;
    if (dropsElements(context.node, (index) => context.values(context.node.inputs[index] ?? ''))) {
      throw new Error('it drops elements at random (training mode); export the model for inference');
    }
    return zeroVjp(context).map((_, index) => (index === 0 ? g : undefined));
  },
};

export const identities: readonly Operator[] = [identity, dropout];

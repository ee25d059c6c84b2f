import { isFloat } from '../../graph/dataTypes';
import { isStatic } from '../../graph/graph';
import { type TargetKind, weightedSum, wholeNumber } from '../camTarget';

const USAGE = 'element:OUTPUT[0,3]';

/** One element of any tensor of the model: a regression's value, a key point's coordinate, a second head's score. */
export const elementTarget: TargetKind<'element'> = {
  kind: 'element',
  usage: USAGE,
  async parse(text) {
    const [, output = '', list = ''] = /^(.+)\[([^\]]*)\]$/.exec(text) ?? [];
    if (output === '') throw new Error(`'${text}' names no element; write ${USAGE}`);
    const axes = list === '' ? [] : list.split(',');
    return { kind: 'element', output, index: axes.map((axis) => wholeNumber(axis, USAGE)) };
  },
  fits: () => true,
  target({ output, index }, { prepared }) {
    const info = prepared.infos.get(output);
    if (!info) {
      const outputs = prepared.model.graph.outputs.map(({ name }) => `'${name}'`).join(', ');
      throw new Error(`the model has no tensor '${output}'; its outputs are ${outputs}`);
    }
    if (info.type !== undefined && !isFloat(info.type)) {
      throw new Error(
        `'${output}' holds ${info.type} numbers, which have no gradient; choose an output of real numbers`,
      );
    }
    if (isStatic(info.shape)) place(output, index, info.shape);
    return {
      title: `${output}[${index.join(', ')}]`,
      of: output,
      at(values, shape) {
        const weights = new Float32Array(values.length);
        weights[place(output, index, shape)] = 1;
        return weightedSum(values, weights);
      },
    };
  },
};

/** Row-major. @throws where the tensor has no such element. */
function place(output: string, index: readonly number[], shape: readonly number[]): number {
  const fits = index.length === shape.length && index.every((i, axis) => i >= 0 && i < (shape[axis] ?? 0));
  if (fits) return index.reduce((offset, i, axis) => offset * (shape[axis] ?? 1) + i, 0);
  throw new Error(`'${output}' is ${shape.join('×')}; it has no element [${index.join(', ')}] (numbered from 0)`);
}

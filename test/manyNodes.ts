import type { Model, Tensor } from '../src/graph/graph';
import { ints } from './operatorCase';
import { float32, model, type NodeSketch, weights } from './sketch';

/** A residual network of about so many nodes: blocks of two convolutions, normalizations, activations and an addition, in 60 widths. */
export function manyNodes(count: number): Model {
  const nodes: NodeSketch[] = [];
  const constants: Tensor[] = [];
  let [channels, value] = [64, 'x'];
  const convolution = (input: string, name: string, to: number, kernel: number): string => {
    constants.push(weights(`${name}.w`, to, channels, kernel, kernel));
    for (const statistic of ['g', 'b', 'm', 'v']) constants.push(weights(`${name}.${statistic}`, to));
    const pads = Math.floor(kernel / 2);
    nodes.push([`${name}.c`, 'Conv', `${input} ${name}.w`, { pads: ints(pads, pads, pads, pads) }]);
    nodes.push([
      `${name}.n`,
      'BatchNormalization',
      `${name}.c ${['g', 'b', 'm', 'v'].map((s) => `${name}.${s}`).join(' ')}`,
    ]);
    channels = to;
    return `${name}.n`;
  };
  for (let block = 0; nodes.length < count - 7; block++) {
    const before = channels;
    const inside = convolution(value, `a${block}`, 32 + 8 * (block % 60), 3);
    nodes.push([`r${block}`, 'Relu', inside]);
    const outside = convolution(`r${block}`, `b${block}`, before, 1);
    nodes.push([`s${block}`, 'Add', `${outside} ${value}`]);
    nodes.push([`y${block}`, 'Relu', `s${block}`]);
    value = `y${block}`;
  }
  return model({ inputs: [float32('x', 1, 64, 28, 28)], constants, nodes, outputs: [{ name: value }] });
}

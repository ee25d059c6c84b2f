import { attrFloat, attrInt, attrInts, attrString } from '../graph/attributes';
import type { Node, TensorInfo } from '../graph/graph';

type Infos = ReadonlyMap<string, TensorInfo>;

/** A short line of what tells one node of an operator from another: kernel, stride, groups, axis. '' where nothing does. */
export function noteOf(node: Node, infos: Infos): string {
  const operator = node.operator;
  if (/Conv|Pool/.test(operator) && !/^(Global|QLinearGlobal)/.test(operator)) return windowNote(node, infos);
  if (/^(Gemm|MatMul|QLinearMatMul|FusedMatMul)/.test(operator)) return matrixNote(node, infos);
  if (/^(Softmax|LogSoftmax|Concat|Split|Gather|ArgMax|LayerNormalization|Flatten)$/.test(operator)) {
    const axis = attrInt(node, 'axis', undefined);
    return axis === undefined ? '' : `axis ${axis}`;
  }
  if (operator === 'Transpose') return attrInts(node, 'perm', undefined)?.join(' ') ?? '';
  if (operator === 'LeakyRelu') return `α ${attrFloat(node, 'alpha', 0.01).toPrecision(2)}`;
  if (operator === 'Resize' || operator === 'Upsample') return attrString(node, 'mode', 'nearest');
  return '';
}

function windowNote(node: Node, infos: Infos): string {
  const weight = infos.get(node.inputs[node.operator === 'QLinearConv' ? 3 : 1] ?? '')?.shape;
  const kernel = attrInts(node, 'kernel_shape', undefined) ?? weight?.slice(2);
  if (!kernel) return '';
  const strides = attrInts(node, 'strides', undefined);
  const dilations = attrInts(node, 'dilations', undefined);
  const group = attrInt(node, 'group', 1);
  const same = (values: readonly number[]): string =>
    values.every((value) => value === values[0]) ? String(values[0]) : values.join('×');
  const parts = [kernel.map((size) => size ?? '?').join('×')];
  if (strides?.some((stride) => stride !== 1)) parts.push(`/${same(strides)}`);
  if (dilations?.some((dilation) => dilation !== 1)) parts.push(`dilation ${same(dilations)}`);
  if (group > 1) parts.push(weight?.[1] === 1 && /Conv/.test(node.operator) ? 'depthwise' : `groups ${group}`);
  return parts.join(' ');
}

function matrixNote(node: Node, infos: Infos): string {
  const [a, b] = node.operator === 'QLinearMatMul' ? [node.inputs[0], node.inputs[3]] : node.inputs;
  const left = infos.get(a ?? '')?.shape;
  const right = infos.get(b ?? '')?.shape;
  if (!left || !right) return '';
  const transposed = attrInt(node, 'transB', 0) === 1;
  const inner = right.at(transposed ? -1 : -2);
  const outer = right.at(transposed ? -2 : -1);
  return inner === undefined || outer === undefined ? '' : `${inner ?? '?'} → ${outer ?? '?'}`;
}

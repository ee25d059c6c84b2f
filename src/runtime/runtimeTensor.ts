import type { DataType } from '../graph/graph';
import { elementBytes, encodeElements, typedArray } from '../graph/typedArray';
import { float16Value } from '../onnx/elements';
import type { RuntimeTensor } from '../protocol/runtime';

export function float32Tensor(values: ArrayLike<number>, shape: readonly number[]): RuntimeTensor {
  return { type: 'float32', shape, data: elementBytes(new Float32Array(values)) };
}

export function int64Tensor(values: readonly number[], shape: readonly number[]): RuntimeTensor {
  return { type: 'int64', shape, data: encodeElements('int64', values) };
}

/** The elements as numbers: float16 is widened, integers beyond 2^24 lose their last digits. */
export function toFloat32(tensor: RuntimeTensor): Float32Array {
  const elements = typedArray(tensor.type, tensor.data);
  if (elements instanceof Float32Array) return elements;
  if (tensor.type === 'float16') return Float32Array.from(elements as Uint16Array, float16Value);
  return Float32Array.from(elements as ArrayLike<number | bigint>, Number);
}

/** The same elements in another type, as a model's input wants them. */
export function convertTo(type: DataType, tensor: RuntimeTensor): RuntimeTensor {
  if (tensor.type === type) return tensor;
  return { type, shape: tensor.shape, data: encodeElements(type, toFloat32(tensor)) };
}

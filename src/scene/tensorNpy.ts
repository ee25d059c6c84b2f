/** A constant as a NumPy file, piece by piece. */
import { npyHeader } from '../display/npy';
import { type DataType, elementCount, type Tensor } from '../graph/graph';
import { elementBlocks } from '../onnx/blocks';
import { decodeElements } from '../onnx/elements';

/** NumPy's name of each type that it has: such elements are written as they are. */
const SAME: Readonly<Partial<Record<DataType, string>>> = {
  float16: '<f2',
  float32: '<f4',
  float64: '<f8',
  int8: '|i1',
  int16: '<i2',
  int32: '<i4',
  int64: '<i8',
  uint8: '|u1',
  uint16: '<u2',
  uint32: '<u4',
  uint64: '<u8',
  bool: '|b1',
  complex64: '<c8',
  complex128: '<c16',
};

interface Converted {
  readonly type: DataType;
  readonly descr: string;
  write(values: Float64Array): Uint8Array;
}

const FLOAT32: Converted = {
  type: 'float32',
  descr: '<f4',
  write: (values) => new Uint8Array(Float32Array.from(values).buffer),
};
const INT8: Converted = {
  type: 'int8',
  descr: '|i1',
  write: (values) => new Uint8Array(Int8Array.from(values).buffer),
};
const UINT8: Converted = { type: 'uint8', descr: '|u1', write: (values) => Uint8Array.from(values) };

export interface NpyFile {
  /** One sentence on how the elements were converted; '' where they are as in the model. */
  readonly note: string;
  /** The file's bytes, in order. */
  readonly chunks: AsyncGenerator<Uint8Array>;
}

/**
 * A constant as the bytes of a .npy file. Types that NumPy lacks become ones that hold each of their values: small floats float32,
 * small integers int8 or uint8. Throws an Error with one sentence for strings and sparse tensors.
 */
export function tensorNpy(tensor: Tensor, signal?: AbortSignal): NpyFile {
  const { name, type, sparse } = tensor;
  if (type === 'string') throw new Error(`Tensor '${name}' holds strings, which are not saved as .npy.`);
  if (sparse) throw new Error(`Tensor '${name}' is sparse: it is stored without its zeros, which a .npy file needs.`);
  const descr = SAME[type];
  if (descr !== undefined) return { note: '', chunks: sameElements(tensor, descr, signal) };
  const converted = /int/.test(type) ? (type.startsWith('u') ? UINT8 : INT8) : FLOAT32;
  return { note: `${type} saved as ${converted.type}`, chunks: convertedElements(tensor, type, converted, signal) };
}

async function* sameElements(tensor: Tensor, descr: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  yield npyHeader(descr, tensor.shape);
  let written = 0;
  for await (const { bytes, count } of elementBlocks(tensor, signal)) {
    written += count;
    yield bytes;
  }
  checkComplete(tensor, written);
}

async function* convertedElements(
  tensor: Tensor,
  type: Exclude<DataType, 'string'>,
  { descr, write }: Converted,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  yield npyHeader(descr, tensor.shape);
  let written = 0;
  for await (const { bytes, count } of elementBlocks(tensor, signal)) {
    written += count;
    yield write(decodeElements(type, bytes, new Float64Array(count)));
  }
  checkComplete(tensor, written);
}

function checkComplete({ name, shape }: Tensor, written: number): void {
  const expected = elementCount(shape);
  if (written !== expected)
    throw new Error(`Tensor '${name}' holds ${written} elements where ${expected} are declared.`);
}

/** NumPy's .npy files, format 1.0 (numpy.lib.format): a magic, a Python dict as header, then the elements. */

export type NpyValues = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

export interface Npy {
  readonly shape: readonly number[];
  readonly values: NpyValues;
}

const TYPES = {
  '<f4': Float32Array,
  '<f8': Float64Array,
  '<i4': Int32Array,
  '<i8': BigInt64Array,
  '|u1': Uint8Array,
  '|b1': Uint8Array,
} as const;

const MAGIC = '\x93NUMPY';
/** Magic, version, header length. */
const PREFIX = 10;
const ALIGNMENT = 64;

/** Reads an array of little-endian floats, integers, bytes or booleans; the answer is row-major. */
export function readNpy(bytes: Uint8Array): Npy {
  const text = (from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));
  if (text(0, 6) !== MAGIC || bytes[6] !== 1) throw new Error('not a .npy file of format 1.0');
  const headerEnd = PREFIX + (bytes[8] ?? 0) + 256 * (bytes[9] ?? 0);
  const header = text(PREFIX, headerEnd);
  const descr = /'descr': '([^']*)'/.exec(header)?.[1] ?? '?';
  const shape = /'shape': \(([^)]*)\)/.exec(header)?.[1];
  if (!(descr in TYPES)) throw new Error(`.npy elements of type '${descr}' are not supported`);
  if (shape === undefined) throw new Error('a .npy file whose header names no shape');
  const elements = new Uint8Array(bytes.subarray(headerEnd));
  const dims = shape.split(',').flatMap((dim) => (dim.trim() ? [Number(dim)] : []));
  const values = new TYPES[descr as keyof typeof TYPES](elements.buffer);
  if (values.length !== dims.reduce((a, b) => a * b, 1)) throw new Error('a .npy file that was cut off');
  return { shape: dims, values: header.includes("'fortran_order': True") ? rowMajor(values, dims) : values };
}

/** Column-major elements in row-major order. */
function rowMajor(values: NpyValues, shape: readonly number[]): NpyValues {
  const reordered = values.slice();
  const index = shape.map(() => 0);
  for (let to = 0; to < values.length; to++) {
    const from = index.reduceRight((offset, i, axis) => offset * (shape[axis] ?? 1) + i, 0);
    reordered[to] = values[from] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = ((index[axis] ?? 0) + 1) % (shape[axis] ?? 1);
      if (index[axis] !== 0) break;
    }
  }
  return reordered;
}

/** Everything before the elements of a file in row-major order; `descr` is NumPy's name of their type, e.g. `<f4`. */
export function npyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${dims}), }`;
  const end = Math.ceil((PREFIX + dict.length + 1) / ALIGNMENT) * ALIGNMENT;
  const length = end - PREFIX;
  const header = `${MAGIC}\x01\x00${String.fromCharCode(length & 0xff, length >> 8)}${dict.padEnd(length - 1)}\n`;
  return Uint8Array.from(header, (character) => character.charCodeAt(0));
}

/** The bytes of a .npy file with float32 elements. */
export function writeNpy(values: Float32Array, shape: readonly number[]): Uint8Array {
  const header = npyHeader('<f4', shape);
  const bytes = new Uint8Array(header.length + values.byteLength);
  bytes.set(header);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), header.length);
  return bytes;
}

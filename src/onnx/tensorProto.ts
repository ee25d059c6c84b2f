import { dataTypeOf } from '../graph/dataTypes';
import { BITS, byteSize, type DataLocation, type DataType, elementCount, type Tensor } from '../graph/graph';
import type { Cursor } from './cursor';
import { decodeElements, numbersPerElement, varintElements } from './elements';
import { readEntry } from './entries';
import type { ExternalData } from './externalData';
import { readRange, type Span } from './files';
import { RepeatedScalar } from './repeatedScalar';

/** What the functions that read messages share while one file is read. */
export interface ReadContext {
  readonly cursor: Cursor;
  readonly path: string;
  readonly external: ExternalData;
  /** Bytes of all tensors met so far. */
  weightBytes: number;
}

/** Constants up to this many elements are decoded with the header: shape inference needs them. */
const MAX_DECODED_ELEMENTS = 1_024;
/** A 64-bit varint; every other encoding is shorter. */
const MAX_ELEMENT_BYTES = 10;
/** numpy's and onnxruntime's tensors have far fewer dimensions; a damaged file may declare millions. */
const MAX_RANK = 256;

/** TensorProto as it stands in the file. */
interface TensorFields {
  name: string;
  typeCode: number;
  readonly shape: number[];
  /** float_data, int32_data, … by field number. */
  scalars?: Map<number, RepeatedScalar>;
  strings?: string[];
  raw?: Span;
  isExternal: boolean;
  external?: Map<string, string>;
}

/** Reads the TensorProto that is the cursor's current field. Its elements stay in the file. */
export function readTensorProto(context: ReadContext): Tensor {
  const { cursor } = context;
  const start = cursor.tagOffset;
  const fields = readFields(cursor);
  const { name, typeCode, shape } = fields;
  const type = dataTypeOf(typeCode);
  if (!type) return cursor.fail(`tensor '${name}' has the unknown element type ${typeCode}`, start);
  if (shape.some((size) => size < 0)) cursor.fail(`tensor '${name}' has a negative size in [${shape}]`, start);
  const byteLength = byteSize({ type, shape }) ?? 0;
  if (!Number.isSafeInteger(byteLength)) cursor.fail(`tensor '${name}' has the impossible shape [${shape}]`, start);
  context.weightBytes += byteLength;
  const location = checked(locate(context, fields, type, byteLength), byteLength);
  const values = decodeSmall(context, type, shape, location);
  return values ? { name, type, shape, location, values } : { name, type, shape, location };
}

function readFields(cursor: Cursor): TensorFields {
  const fields: TensorFields = { name: '', typeCode: 0, shape: [], isExternal: false };
  cursor.enter();
  while (cursor.next()) {
    switch (cursor.field) {
      case 1:
        cursor.int64s(fields.shape, MAX_RANK);
        break;
      case 2:
        fields.typeCode = cursor.int64();
        break;
      case 4:
      case 5:
      case 7:
      case 10:
      case 11: {
        fields.scalars ??= new Map();
        const scalar = fields.scalars.get(cursor.field) ?? new RepeatedScalar(cursor);
        fields.scalars.set(cursor.field, scalar);
        scalar.add();
        break;
      }
      case 6:
        fields.strings ??= [];
        fields.strings.push(cursor.text());
        break;
      case 8:
        fields.name = cursor.text();
        break;
      case 9:
        fields.raw = cursor.span();
        break;
      case 13:
        fields.external ??= new Map();
        readEntry(cursor, fields.external);
        break;
      case 14:
        fields.isExternal = cursor.int64() === 1;
        break;
      default:
        cursor.skip();
    }
  }
  return fields;
}

/** Reads the SparseTensorProto that is the cursor's current field; its indices are not interpreted. */
export function readSparseTensorProto(context: ReadContext): Tensor {
  const { cursor } = context;
  const start = cursor.tagOffset;
  const shape: number[] = [];
  let nonZero: Tensor | undefined;
  cursor.enter();
  while (cursor.next()) {
    if (cursor.field === 1) nonZero = readTensorProto(context);
    else if (cursor.field === 2) readTensorProto(context);
    else if (cursor.field === 3) cursor.int64s(shape, MAX_RANK);
    else cursor.skip();
  }
  if (!nonZero) return cursor.fail('a sparse tensor has no values', start);
  const { name, type, location } = nonZero;
  const invalid = shape.some((size) => size < 0) || !Number.isSafeInteger(elementCount(shape));
  if (invalid) cursor.fail(`sparse tensor '${name}' has the impossible shape [${shape}]`, start);
  return { name, type, shape, location, sparse: true };
}

/** Which of TensorProto's typed fields holds the elements of a type where raw_data does not (onnx.proto). */
function typedField(type: DataType): { readonly field: number; readonly varints: boolean } {
  if (type === 'float32' || type === 'complex64') return { field: 4, varints: false };
  if (type === 'float64' || type === 'complex128') return { field: 10, varints: false };
  if (type === 'int64') return { field: 7, varints: true };
  return { field: type === 'uint32' || type === 'uint64' ? 11 : 5, varints: true };
}

function locate(context: ReadContext, fields: TensorFields, type: DataType, byteLength: number): DataLocation {
  const { field, varints } = typedField(type);
  const scalar = fields.scalars?.get(field);
  if (type === 'string') return { kind: 'strings', values: fields.strings ?? [] };
  if (fields.isExternal) return context.external.locate(fields.external ?? new Map(), byteLength);
  // Some writers put an empty raw_data beside a typed field.
  if (fields.raw && (fields.raw.length > 0 || !scalar)) return { kind: 'file', path: context.path, ...fields.raw };
  if (scalar?.run) return { kind: varints ? 'varints' : 'file', path: context.path, ...scalar.run };
  if (scalar) return { kind: 'bytes', bytes: varints ? varintElements(type, scalar.gathered) : scalar.gathered };
  if (byteLength === 0) return { kind: 'bytes', bytes: new Uint8Array(0) };
  return { kind: 'missing', reason: 'the file holds no data for it' };
}

/** Elements that are more or fewer than the shape declares cannot be told apart: not to be had. */
function checked(location: DataLocation, byteLength: number): DataLocation {
  let length = byteLength;
  if (location.kind === 'file') length = location.length;
  else if (location.kind === 'bytes') length = location.bytes.length;
  if (length === byteLength) return location;
  return { kind: 'missing', reason: `its data has ${length} bytes where its shape needs ${byteLength}` };
}

/** The elements of a small constant; undefined where it has none to decode. */
function decodeSmall(
  { cursor, path }: ReadContext,
  type: DataType,
  shape: readonly number[],
  location: DataLocation,
): number[] | undefined {
  const count = elementCount(shape) ?? Infinity;
  if (count > MAX_DECODED_ELEMENTS || type === 'string' || numbersPerElement(type) > 1) return undefined;
  if (location.kind === 'strings' || location.kind === 'missing') return undefined;
  let bytes: Uint8Array;
  if (location.kind === 'bytes') bytes = location.bytes;
  else if (location.length > count * MAX_ELEMENT_BYTES) return undefined;
  else bytes = location.path === path ? cursor.bytesAt(location) : readRange(location);
  if (location.kind === 'varints') bytes = varintElements(type, bytes);
  return bytes.length * 8 < count * BITS[type] ? undefined : decodeElements(type, bytes, new Array<number>(count));
}

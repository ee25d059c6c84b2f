import { dataTypeOf } from '../graph/dataTypes';
import type { Dim, TensorInfo, ValueInfo } from '../graph/graph';
import type { Cursor } from './cursor';

/** As for tensors: more dimensions than this are a damaged file. */
const MAX_RANK = 256;

/** Reads a ValueInfoProto: a named type. */
export function readValueInfo(cursor: Cursor): ValueInfo {
  let name = '';
  let info: TensorInfo = {};
  cursor.enter();
  while (cursor.next()) {
    if (cursor.field === 1) name = cursor.text();
    else if (cursor.field === 2) info = readType(cursor);
    else cursor.skip();
  }
  return { name, ...info };
}

/** Reads a TypeProto. Sequences, maps and optionals have neither element type nor shape here: unknown. */
function readType(cursor: Cursor): TensorInfo {
  let info: TensorInfo = {};
  cursor.enter();
  while (cursor.next()) {
    // tensor_type and sparse_tensor_type have the same fields.
    if (cursor.field === 1 || cursor.field === 8) info = readTensorType(cursor);
    else cursor.skip();
  }
  return info;
}

function readTensorType(cursor: Cursor): TensorInfo {
  let code = 0;
  let shape: readonly Dim[] | undefined;
  cursor.enter();
  while (cursor.next()) {
    if (cursor.field === 1) code = cursor.int64();
    else if (cursor.field === 2) shape = readShape(cursor);
    else cursor.skip();
  }
  const type = dataTypeOf(code);
  return { ...(type && { type }), ...(shape && { shape }) };
}

function readShape(cursor: Cursor): readonly Dim[] {
  const start = cursor.tagOffset;
  const dims: Dim[] = [];
  cursor.enter();
  while (cursor.next()) {
    if (cursor.field !== 1) cursor.skip();
    else if (dims.length === MAX_RANK) cursor.fail(`a shape has more than ${MAX_RANK} dimensions`, start);
    else dims.push(readDim(cursor));
  }
  return dims;
}

/** A negative size is how some exporters write "unknown". */
function readDim(cursor: Cursor): Dim {
  let dim: Dim = null;
  cursor.enter();
  while (cursor.next()) {
    if (cursor.field === 1) {
      const size = cursor.int64();
      dim = size < 0 ? null : size;
    } else if (cursor.field === 2) dim = cursor.text() || null;
    else cursor.skip();
  }
  return dim;
}

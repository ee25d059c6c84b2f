import fs from 'node:fs';
import type { ValueInfo } from '../graph/graph';
import { Cursor } from './cursor';
import { ProtoWriter } from './protoWriter';
import { readValueInfo } from './typeProto';
import { writeValueInfo } from './writer';

/**
 * The bytes of a model whose inputs named in `shapes` are declared with those sizes instead (a batch, free dimensions).
 * Shapes that were declared for outputs and inner values are dropped, since they need no longer hold: the runtime
 * infers them. All else is copied byte by byte. Throws an Error when a name is no input or the ranks differ.
 */
export async function rewriteInputs(
  path: string,
  shapes: Readonly<Record<string, readonly number[]>>,
): Promise<Uint8Array> {
  const bytes = await fs.promises.readFile(path);
  const handle = await fs.promises.open(path);
  try {
    const cursor = new Cursor(handle.fd, bytes.length);
    const copyField = (into: ProtoWriter): void => {
      cursor.skip();
      into.encoded(bytes.subarray(cursor.tagOffset, cursor.position));
    };
    const pending = new Map(Object.entries(shapes));
    const model = new ProtoWriter();
    while (cursor.next()) {
      if (cursor.field === 7) model.message(7, rewriteGraph(cursor, bytes, pending, copyField));
      else copyField(model);
    }
    const [unknown] = pending.keys();
    if (unknown !== undefined) throw new Error(`The model has no input '${unknown}'.`);
    return model.finish();
  } finally {
    await handle.close();
  }
}

function rewriteGraph(
  cursor: Cursor,
  bytes: Uint8Array,
  pending: Map<string, readonly number[]>,
  copyField: (into: ProtoWriter) => void,
): ProtoWriter {
  const graph = new ProtoWriter();
  cursor.enter();
  while (cursor.next()) {
    const { field, tagOffset } = cursor;
    if (field === 11 || field === 12) {
      const value = readValueInfo(cursor);
      const shape = pending.get(value.name);
      if (field === 11 && shape) graph.message(11, writeValueInfo(reshaped(value, shape)));
      else if (field === 12 && value.type) graph.message(12, writeValueInfo({ name: value.name, type: value.type }));
      else graph.encoded(bytes.subarray(tagOffset, cursor.position));
      if (field === 11) pending.delete(value.name);
    } else if (field === 13) cursor.skip();
    else copyField(graph);
  }
  return graph;
}

function reshaped(input: ValueInfo, shape: readonly number[]): ValueInfo {
  if (!input.type) throw new Error(`The input '${input.name}' is no tensor: it has no shape to choose.`);
  if (input.shape && input.shape.length !== shape.length) {
    throw new Error(
      `The input '${input.name}' has ${input.shape.length} dimensions, not ${shape.length} as in [${shape}].`,
    );
  }
  return { ...input, shape };
}

/** A model made byte by byte, independent of the product's own writer. */

/** `y = x + x` for float[2], its only node called as given. */
export function tinyModel(nodeName: string): Uint8Array {
  const node = [...text(1, 'x'), ...text(1, 'x'), ...text(2, 'y'), ...text(3, nodeName), ...text(4, 'Add')];
  const graph = [...message(1, node), ...text(2, 'tiny'), ...message(11, value('x')), ...message(12, value('y'))];
  const opset = [...text(1, ''), ...integer(2, 13)];
  return Uint8Array.from([...integer(1, 8), ...message(7, graph), ...message(8, opset)]);
}

/** ValueInfoProto: a float tensor of two elements. */
function value(name: string): number[] {
  const shape = message(1, integer(1, 2));
  const tensorType = [...integer(1, 1), ...message(2, shape)];
  return [...text(1, name), ...message(2, message(1, tensorType))];
}

function message(field: number, bytes: readonly number[]): number[] {
  return [...varint((field << 3) | 2), ...varint(bytes.length), ...bytes];
}

function text(field: number, content: string): number[] {
  return message(field, [...Buffer.from(content)]);
}

function integer(field: number, content: number): number[] {
  return [...varint(field << 3), ...varint(content)];
}

function varint(number: number): number[] {
  return number < 128 ? [number] : [(number & 127) | 128, ...varint(number >>> 7)];
}

/** A model made byte by byte, independent of the product's own writer. */

/** `y = x + x` for float[2], its only node called as given. */
export function tinyModel(nodeName: string): Uint8Array {
  return modelOf([node(nodeName, 'Add', ['x', 'x'], 'y')]);
}

/** One node after the other, of these operators; they are called n0, n1, …. */
export function chain(operators: readonly string[]): Uint8Array {
  const last = operators.length - 1;
  const tensor = (index: number) => (index < 0 ? 'x' : index === last ? 'y' : `t${index}`);
  return modelOf(operators.map((operator, i) => node(`n${i}`, operator, [tensor(i - 1)], tensor(i))));
}

/** From x to y, both float[2]. */
function modelOf(nodes: readonly (readonly number[])[]): Uint8Array {
  const operators = nodes.flatMap((one) => message(1, one));
  const graph = [...operators, ...text(2, 'test'), ...message(11, value('x')), ...message(12, value('y'))];
  const opset = [...text(1, ''), ...integer(2, 13)];
  return Uint8Array.from([...integer(1, 8), ...message(7, graph), ...message(8, opset)]);
}

function node(name: string, operator: string, inputs: readonly string[], output: string): number[] {
  return [...inputs.flatMap((input) => text(1, input)), ...text(2, output), ...text(3, name), ...text(4, operator)];
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

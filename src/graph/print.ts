import type { Attribute, Graph, Model, Node, TensorInfo } from './graph';

/** A model as text, one line per value and node, for debugging and the command line. */
export function printModel(model: Model): string {
  const opsets = [...model.opsets].map(([domain, version]) => `${domain || 'ai.onnx'} ${version}`).join(', ');
  const lines = [`${model.format} IR ${model.irVersion}, opset ${opsets}`, printGraph(model.graph)];
  for (const { name, domain, attributes, body } of model.functions.values()) {
    lines.push(`function ${domain}:${name}(${attributes.join(', ')})`, printGraph(body));
  }
  return lines.join('\n');
}

/** The graph's inputs, constants, nodes in order, and outputs; bodies of control flow are indented below their node. */
export function printGraph(graph: Graph, indent = ''): string {
  const lines = [`graph '${graph.name}': ${graph.nodes.length} nodes`];
  for (const input of graph.inputs) lines.push(`  input ${input.name}: ${printInfo(input)}`);
  for (const tensor of graph.constants.values()) lines.push(`  constant ${tensor.name}: ${printInfo(tensor)}`);
  for (const node of graph.nodes) lines.push(`  ${printNode(node)}`, ...printBodies(node));
  for (const output of graph.outputs) lines.push(`  output ${output.name}: ${printInfo(output)}`);
  return lines.map((line) => indent + line).join('\n');
}

/** `3 Conv 'conv1' (x, w) → y {strides: [2,2]}`; an omitted input is `_`. */
export function printNode({ id, operator, domain, name, inputs, outputs, attributes }: Node): string {
  const values = [...attributes].map(([key, attribute]) => `${key}: ${printAttribute(attribute)}`).join(', ');
  const names = (list: readonly string[]): string => list.map((item) => item || '_').join(', ');
  const label = `${domain ? `${domain}:` : ''}${operator}${name ? ` '${name}'` : ''}`;
  return `${id} ${label} (${names(inputs)}) → ${names(outputs)}${values ? ` {${values}}` : ''}`;
}

function printBodies({ attributes }: Node): string[] {
  return [...attributes.values()].flatMap((attribute) => {
    const bodies = attribute.type === 'graph' ? [attribute.value] : attribute.type === 'graphs' ? attribute.value : [];
    return bodies.flatMap((body) => printGraph(body, '    ').split('\n'));
  });
}

function printAttribute({ type, value }: Attribute): string {
  switch (type) {
    case 'tensor':
      return printInfo(value);
    case 'graph':
      return `graph '${value.name}'`;
    case 'graphs':
      return value.map(({ name }) => `graph '${name}'`).join(', ');
    case 'reference':
      return `@${value}`;
    case 'other':
      return value;
    default:
      return JSON.stringify(value);
  }
}

function printInfo({ type, shape, values }: TensorInfo): string {
  const size = shape ? `[${shape.map((dim) => dim ?? '?').join(',')}]` : '[?]';
  const elements = values && values.length <= 8 ? ` = ${values.join(', ')}` : '';
  return `${type ?? '?'}${size}${elements}`;
}

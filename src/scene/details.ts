import { shape as formatShape, significant } from '../display/format';
import { type Attribute, byteSize, type Graph, type Node, type Tensor, type TensorInfo } from '../graph/graph';
import type { NodeDetails, TensorDetails } from '../protocol/graphPanel';

/** How many elements and characters are shown before an ellipsis. */
const SHOWN_ELEMENTS = 16;
const SHOWN_CHARACTERS = 400;

/** Everything the details pane says of a node that is not a prediction. */
export function nodeDetails(node: Node, graph: Graph, infos: ReadonlyMap<string, TensorInfo>): NodeDetails {
  const tensor = (name: string): TensorDetails => tensorDetails(name, graph.constants.get(name), infos.get(name));
  return {
    name: node.name,
    operator: node.operator,
    domain: node.domain || 'ai.onnx',
    doc: node.doc ?? '',
    attributes: [...node.attributes].map(([name, attribute]) => ({ name, value: attributeText(attribute) })),
    inputs: node.inputs.filter((name) => name !== '').map(tensor),
    outputs: node.outputs.filter((name) => name !== '').map(tensor),
    metadata: [...(node.metadata ?? [])].map(([name, value]) => ({ name, value })),
  };
}

export function tensorDetails(name: string, constant: Tensor | undefined, info: TensorInfo | undefined): TensorDetails {
  const known = constant ?? info;
  return {
    name,
    type: known?.type ?? '?',
    shape: formatShape(known?.shape),
    bytes: byteSize(known ?? {}) ?? Number.NaN,
    ...(constant ? { constant: constantText(constant) } : {}),
  };
}

function constantText(constant: Tensor): string {
  if (constant.location.kind === 'missing') return constant.location.reason;
  if (constant.location.kind === 'strings')
    return listText(constant.location.values.map((text) => JSON.stringify(text)));
  return constant.values ? listText(constant.values.map((value) => significant(value, 5))) : '';
}

function listText(values: readonly string[]): string {
  const shown = values.slice(0, SHOWN_ELEMENTS).join(', ');
  return shorten(`[${shown}${values.length > SHOWN_ELEMENTS ? `, … ${values.length} in all` : ''}]`);
}

function attributeText(attribute: Attribute): string {
  switch (attribute.type) {
    case 'int':
    case 'float':
      return significant(attribute.value, 6);
    case 'string':
      return shorten(attribute.value);
    case 'ints':
    case 'floats':
      return listText(attribute.value.map((value) => significant(value, 6)));
    case 'strings':
      return listText(attribute.value);
    case 'tensor':
      return shorten(`${attribute.value.type} ${formatShape(attribute.value.shape)} ${constantText(attribute.value)}`);
    case 'graph':
      return `graph of ${attribute.value.nodes.length} nodes`;
    case 'graphs':
      return `${attribute.value.length} graphs`;
    case 'reference':
      return `attribute '${attribute.value}' of the function`;
    case 'other':
      return shorten(attribute.value);
  }
}

function shorten(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

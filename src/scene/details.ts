import { counted, shape as formatShape, significant } from '../display/format';
import {
  type Attribute,
  byteSize,
  elementCount,
  type Graph,
  type Node,
  type Tensor,
  type TensorInfo,
} from '../graph/graph';
import { readTensor } from '../onnx/tensor';
import type { NodeDetails, TensorDetails } from '../protocol/graphPanel';

/** How many elements and characters are shown before an ellipsis. */
const SHOWN_ELEMENTS = 16;
const SHOWN_CHARACTERS = 400;
/** Constants up to this size are read whole. */
const WHOLE_BYTES = 2 ** 20;

/** Everything the details pane says of a node that is not a prediction. */
export async function nodeDetails(
  node: Node,
  graph: Graph,
  infos: ReadonlyMap<string, TensorInfo>,
): Promise<NodeDetails> {
  const tensors = (names: readonly string[]): Promise<TensorDetails[]> =>
    Promise.all(
      names
        .filter((name) => name !== '')
        .map((name) => tensorDetails(name, graph.constants.get(name), infos.get(name))),
    );
  return {
    name: node.name,
    operator: node.operator,
    domain: node.domain || 'ai.onnx',
    doc: node.doc ?? '',
    attributes: await Promise.all(
      [...node.attributes].map(async ([name, attribute]) => ({ name, value: await attributeText(attribute) })),
    ),
    inputs: await tensors(node.inputs),
    outputs: await tensors(node.outputs),
    metadata: [...(node.metadata ?? [])].map(([name, value]) => ({ name, value })),
  };
}

export async function tensorDetails(
  name: string,
  constant: Tensor | undefined,
  info: TensorInfo | undefined,
): Promise<TensorDetails> {
  const known = constant ?? info;
  return {
    name,
    type: known?.type ?? '?',
    shape: formatShape(known?.shape),
    bytes: byteSize(known ?? {}) ?? Number.NaN,
    ...(constant ? { constant: await constantText(constant) } : {}),
  };
}

/** First elements and, of a constant that is quickly read, its range and mean; or why they cannot be had. */
async function constantText(constant: Tensor): Promise<string> {
  const { location } = constant;
  if (location.kind === 'missing') return location.reason;
  if (location.kind === 'strings') return listText(location.values.map((text) => JSON.stringify(text)));
  const whole = (byteSize(constant) ?? Number.POSITIVE_INFINITY) <= WHOLE_BYTES;
  try {
    const elements = await readTensor(constant, whole ? undefined : SHOWN_ELEMENTS);
    const total = whole ? elements.length : (elementCount(constant.shape) ?? elements.length);
    const list = listText([...elements.subarray(0, SHOWN_ELEMENTS)].map(elementText), total);
    return whole && elements.length > 1 ? `${list} ${rangeText(elements)}` : list;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function rangeText(elements: Float64Array): string {
  let [least, most, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const element of elements) {
    least = Math.min(least, element);
    most = Math.max(most, element);
    sum += element;
  }
  return `min ${elementText(least)}, max ${elementText(most)}, mean ${elementText(sum / elements.length)}`;
}

/** What is no number or infinite is said so: it is known. */
function elementText(value: number): string {
  return Number.isFinite(value) ? significant(value, 5) : String(value);
}

function listText(values: readonly string[], total = values.length): string {
  const shown = values.slice(0, SHOWN_ELEMENTS).join(', ');
  return shorten(`[${shown}${total > SHOWN_ELEMENTS ? `, … ${total} in all` : ''}]`);
}

async function attributeText(attribute: Attribute): Promise<string> {
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
      return tensorText(attribute.value);
    case 'graph':
      return `graph of ${counted(attribute.value.nodes.length, 'node')}`;
    case 'graphs':
      return counted(attribute.value.length, 'graph');
    case 'reference':
      return `attribute '${attribute.value}' of the function`;
    case 'other':
      return shorten(attribute.value);
  }
}

async function tensorText(tensor: Tensor): Promise<string> {
  return shorten(`${tensor.type} ${formatShape(tensor.shape)} ${await constantText(tensor)}`);
}

function shorten(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

import { counted, shape as formatShape, significant, whole } from '../display/format';
import {
  type Attribute,
  byteSize,
  elementCount,
  type Model,
  type Node,
  type Tensor,
  type TensorInfo,
} from '../graph/graph';
import { readTensor } from '../onnx/tensor';
import type { NodeDetails, TensorDetails } from '../protocol/graphPanel';
import { bodiesOf } from './bodies';
import { constantOf } from './constants';
import { hasStatistics, isSampled } from './tensorStatistics';

/** How many elements and characters are shown before an ellipsis. */
const SHOWN_ELEMENTS = 16;
const SHOWN_CHARACTERS = 400;

/** Everything the details pane says of a node that is not a prediction. */
export async function nodeDetails(
  node: Node,
  model: Model,
  infos: ReadonlyMap<string, TensorInfo>,
  readers: ReadonlyMap<string, readonly number[]>,
): Promise<NodeDetails> {
  const tensors = (names: readonly string[]): Promise<TensorDetails[]> =>
    Promise.all(
      [...new Set(names)]
        .filter((name) => name !== '')
        .map((name) => tensorDetails(name, constantOf(model.graph, name), infos.get(name), readers.get(name))),
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
    bodies: bodiesOf(node, model).map(({ label, graph }) => ({ label, nodes: graph.nodes.length })),
  };
}

/** `readers`: scene indices of the nodes that read the tensor. */
export async function tensorDetails(
  name: string,
  constant: Tensor | undefined,
  info: TensorInfo | undefined,
  readers: readonly number[] = [],
): Promise<TensorDetails> {
  const known = constant ?? info;
  return {
    name,
    type: known?.type ?? '?',
    shape: formatShape(known?.shape),
    bytes: byteSize(known ?? {}) ?? Number.NaN,
    ...(constant && {
      constant: {
        values: await constantText(constant),
        readable: hasStatistics(constant),
        sampled: isSampled(constant),
        readers,
      },
    }),
  };
}

/** First elements, or why they cannot be had. */
async function constantText(constant: Tensor): Promise<string> {
  const { location } = constant;
  if (location.kind === 'missing') return location.reason;
  if (location.kind === 'strings') return listText(location.values.map((text) => JSON.stringify(text)));
  try {
    const elements = await readTensor(constant, SHOWN_ELEMENTS);
    const total = elementCount(constant.shape) ?? elements.length;
    const list = listText([...elements.subarray(0, SHOWN_ELEMENTS)].map(elementText), total);
    return constant.sparse ? `${list}, without the zeros between` : list;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What is no number or infinite is said so: it is known. */
function elementText(value: number): string {
  return Number.isFinite(value) ? significant(value, 5) : String(value);
}

function listText(values: readonly string[], total = values.length): string {
  const shown = values.slice(0, SHOWN_ELEMENTS).join(', ');
  return shorten(`[${shown}${total > SHOWN_ELEMENTS ? `, … ${whole(total)} in all` : ''}]`);
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

/** What a search finds of a node besides its name, operator and shape. */
import type { Attribute, Node } from '../graph/graph';
import type { Scene } from './scene';

/** Of one value; a text of megabytes is found by its beginning. */
const LONGEST = 400;
const MOST_NUMBERS = 32;

/** Per node of the scene: attributes as `name=value`, tensors, metadata, documentation, a line each. */
export function searchTexts(scene: Scene): string[] {
  return Array.from({ length: scene.data.nodeCount }, (_, index) => {
    const node = scene.nodeOf(index);
    return node ? searchText(node) : '';
  });
}

export function searchText({ attributes, inputs, outputs, metadata, doc, domain }: Node): string {
  const lines: string[] = [];
  const add = (line: string) => {
    if (line !== '') lines.push(line.length > LONGEST ? line.slice(0, LONGEST) : line);
  };
  for (const [name, attribute] of attributes) add(`${name}=${valueText(attribute)}`);
  for (const tensor of inputs) add(tensor);
  for (const tensor of outputs) add(tensor);
  for (const [name, value] of metadata ?? []) add(`${name}=${value}`);
  add(doc ?? '');
  add(domain);
  return lines.join('\n');
}

function valueText({ type, value }: Attribute): string {
  switch (type) {
    case 'int':
    case 'float':
    case 'string':
    case 'reference':
    case 'other':
      return String(value);
    case 'ints':
    case 'floats':
    case 'strings':
      return value.slice(0, MOST_NUMBERS).join(',');
    case 'tensor':
      return value.type;
    case 'graph':
    case 'graphs':
      return 'graph';
  }
}

import type { Attribute, Graph, Tensor } from '../graph/graph';
import { readSubgraph } from './graphProto';
import { type ReadContext, readTensorProto } from './tensorProto';

/** AttributeProto.AttributeType: the code is the index. */
const TYPES: readonly string[] = [
  'undefined',
  'float',
  'int',
  'string',
  'tensor',
  'graph',
  'floats',
  'ints',
  'strings',
  'tensors',
  'graphs',
  'sparse tensor',
  'sparse tensors',
  'type',
  'types',
];
/** The code of the type whose value a field holds: files of IR version 1 say no type. */
const CODE_BY_FIELD: ReadonlyMap<number, number> = new Map(
  [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 22, 23, 14, 15].map((field, index) => [field, index + 1]),
);

/** AttributeProto as it stands in the file. */
interface AttributeFields {
  name: string;
  reference: string;
  code: number;
  float: number;
  int: number;
  string: string;
  tensor?: Tensor;
  graph?: Graph;
  floats?: number[];
  ints?: number[];
  strings?: string[];
  graphs?: Graph[];
}

/** Reads the AttributeProto that is the cursor's current field. */
export function readAttribute(context: ReadContext): [name: string, attribute: Attribute] {
  const start = context.cursor.tagOffset;
  const fields = readFields(context);
  const { name, reference, code, tensor, graph } = fields;
  if (reference) return [name, { type: 'reference', value: reference }];
  const type = TYPES[code] ?? `type ${code}`;
  if ((type === 'tensor' && !tensor) || (type === 'graph' && !graph)) {
    context.cursor.fail(`attribute '${name}' holds no ${type}`, start);
  }
  return [name, interpret(type, fields)];
}

function interpret(type: string, fields: AttributeFields): Attribute {
  const { float, int, string, tensor, graph, floats = [], ints = [], strings = [], graphs = [] } = fields;
  if (type === 'float') return { type, value: float };
  if (type === 'int') return { type, value: int };
  if (type === 'string') return { type, value: string };
  if (type === 'floats') return { type, value: floats };
  if (type === 'ints') return { type, value: ints };
  if (type === 'strings') return { type, value: strings };
  if (type === 'graphs') return { type, value: graphs };
  if (type === 'tensor' && tensor) return { type, value: tensor };
  if (type === 'graph' && graph) return { type, value: graph };
  return { type: 'other', value: type };
}

function readFields(context: ReadContext): AttributeFields {
  const { cursor } = context;
  const fields: AttributeFields = { name: '', reference: '', code: 0, float: 0, int: 0, string: '' };
  let codeByField = 0;
  cursor.enter();
  while (cursor.next()) {
    codeByField = CODE_BY_FIELD.get(cursor.field) ?? codeByField;
    switch (cursor.field) {
      case 1:
        fields.name = cursor.text();
        break;
      case 2:
        fields.float = cursor.float();
        break;
      case 3:
        fields.int = cursor.int64();
        break;
      case 4:
        fields.string = cursor.text();
        break;
      case 5:
        fields.tensor = readTensorProto(context);
        break;
      case 6:
        fields.graph = readSubgraph(context);
        break;
      case 7:
        fields.floats ??= [];
        cursor.floats(fields.floats);
        break;
      case 8:
        fields.ints ??= [];
        cursor.int64s(fields.ints);
        break;
      case 9:
        fields.strings ??= [];
        fields.strings.push(cursor.text());
        break;
      case 11:
        fields.graphs ??= [];
        fields.graphs.push(readSubgraph(context));
        break;
      case 20:
        fields.code = cursor.int64();
        break;
      case 21:
        fields.reference = cursor.text();
        break;
      default:
        cursor.skip();
    }
  }
  fields.code ||= codeByField;
  return fields;
}

import { productOf } from '../contraction';
import { COST } from '../operationCosts';
import type { CostContext, NodeContext, Operator } from '../operator';
import { staticShape, tensorInfo } from '../shapes';
import { type Operand, stage } from '../stages';
import type { BodyPart, Work } from '../work';

/** Ids, segments; tables of words, positions and segments; scale and bias of the normalisation. */
const TABLES = [2, 3, 4] as const;

const rowsOf = ({ inputs: [ids, , words] }: NodeContext) => {
  const [batch = null, length = null] = ids?.shape ?? [];
  return [batch, length, words?.shape?.[1] ?? null] as const;
};

/** Of each table one row per token is read, not the table. The rows are added and normalised. */
function work(context: CostContext): Work | undefined {
  const { node, inputs } = context;
  const type = inputs[2]?.type;
  const shape = staticShape({ shape: rowsOf(context) });
  if (!shape) return undefined;
  const width = shape.at(-1) ?? 1;
  const rows: BodyPart[] = [];
  const gathered: Operand[] = [];
  for (const index of TABLES) {
    const table = inputs[index];
    if (!table) continue;
    const row: Operand = [`(rows of ${index})`, tensorInfo(type, shape)];
    gathered.push(row);
    rows.push(stage(context, { kind: 'movement', burst: width }, [[node.inputs[index] ?? '', table]], [row]));
  }
  const operations = productOf(shape) * (gathered.length - 1 + 7) * COST.simple;
  const normalize = stage(context, { kind: 'vector', operations, passes: 2 }, gathered, [
    ['(y)', tensorInfo(type, shape)],
  ]);
  const inside = gathered.map(([name]) => name);
  const pieces = productOf(shape.slice(0, -1));
  return { kind: 'body', parts: [...rows, normalize], times: 1, kernel: { inside, pieces } };
}

export const embedLayerNormalization: Operator = {
  types: ['com.microsoft:EmbedLayerNormalization'],
  inferShape(context) {
    const type = context.inputs[2]?.type;
    const shape = rowsOf(context);
    return [tensorInfo(type, shape), tensorInfo('int32', shape.slice(0, 1)), tensorInfo(type, shape)].slice(
      0,
      context.node.outputs.length,
    );
  },
  work,
};

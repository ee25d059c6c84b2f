import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Attribute } from '../../src/graph/graph';
import { checkAlongRandomDirection, differentiate } from '../gradients';
import {
  type CaseInput,
  floats,
  int,
  integers,
  type OperatorCase,
  operatorModel,
  string,
  titleOf,
} from '../operatorCase';
import { useRuntime } from '../runtime';

const [T, batch, features, hidden] = [4, 2, 3, 5];
const GATES = { LSTM: 4, GRU: 3, RNN: 1 } as const;
const x = floats([T, batch, features]);
const weight = (shape: readonly number[]): CaseInput => ({ ...floats(shape, (v) => v / 3), constant: true });

interface Form {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** The initial states are fed, so that they are differentiated by too. */
  readonly states?: boolean;
  readonly biases?: boolean;
  readonly directions?: number;
  readonly opset?: number;
  /** All but Y are left out with ''. */
  readonly lengths?: boolean;
}

function recurrentCase(
  operator: keyof typeof GATES,
  { attributes = {}, states = false, biases = true, directions = 1, opset = 14, lengths = false }: Form,
): OperatorCase {
  const rows = GATES[operator] * hidden;
  const state = floats([directions, batch, hidden], (v) => v / 4);
  const inputs = [
    x,
    weight([directions, rows, features]),
    weight([directions, rows, hidden]),
    biases ? weight([directions, 2 * rows]) : undefined,
    lengths ? { ...integers([T, T]), type: 'int32' as const } : undefined,
    ...(states
      ? [state, ...(operator === 'LSTM' ? [floats([directions, batch, hidden], (v) => v / 5 - 0.1)] : [])]
      : []),
  ];
  return { operator, inputs, attributes: { hidden_size: int(hidden), ...attributes }, opset };
}

const KINDS = Object.keys(GATES) as readonly (keyof typeof GATES)[];
const CASES: readonly OperatorCase[] = KINDS.flatMap((kind) => [
  ...[7, 14, 21].map((opset) => recurrentCase(kind, { opset })),
  recurrentCase(kind, { biases: false }),
  recurrentCase(kind, { states: true, lengths: true }),
  recurrentCase(kind, { attributes: { direction: string('reverse') }, states: true }),
  recurrentCase(kind, { attributes: { direction: string('bidirectional') }, states: true, directions: 2 }),
]);
const OTHERS: readonly OperatorCase[] = [
  recurrentCase('GRU', { attributes: { linear_before_reset: int(1) }, states: true }),
  recurrentCase('GRU', { attributes: { linear_before_reset: int(1), direction: string('reverse') }, biases: false }),
  recurrentCase('RNN', { attributes: { activations: { type: 'strings', value: ['Sigmoid'] } } }),
];

describe('gradients through recurrent layers', () => {
  const runtime = useRuntime();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-recurrent-'));
  after(() => fs.rmSync(directory, { recursive: true }));
  const file = path.join(directory, 'model.onnx');

  for (const [index, one] of [...CASES, ...OTHERS].entries()) {
    // Y, then also Y_h alone, and Y_c of an LSTM.
    const outputs = one.operator === 'LSTM' ? 3 : 2;
    for (let output = 0; output < outputs; output++) {
      it(`${titleOf(one)} output ${output} (${index})`, async () => {
        fs.writeFileSync(file, operatorModel({ ...one, outputs, declared: output }));
        const fed = one.inputs.filter((input) => input && !input.constant);
        const values = fed.map((input) => Float32Array.from(input?.values ?? []));
        await checkAlongRandomDirection(runtime(), file, values, { step: 4e-3, tolerance: 2e-4 });
      });
    }
  }

  const refusals: readonly (readonly [string, Form, RegExp])[] = [
    [
      'clip',
      { attributes: { clip: { type: 'float', value: 3 } } },
      /gradient of LSTM .*with clip it has no gradient rule/,
    ],
    ['input_forget', { attributes: { input_forget: int(1) } }, /with input_forget it has no gradient rule/],
  ];
  for (const [title, form, sentence] of refusals) {
    it(`refuses ${title}`, async () => {
      fs.writeFileSync(file, operatorModel(recurrentCase('LSTM', form)));
      await assert.rejects(differentiate(runtime(), file), sentence);
    });
  }
});

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { DataType } from '../../src/graph/graph';
import { encodeElements } from '../../src/graph/typedArray';
import { encodeModel } from '../fixtures/encodeModel';
import { checkAlongRandomDirection } from '../gradients';
import { int, ints } from '../operatorCase';
import { useRuntime } from '../runtime';

type Nodes = NonNullable<Parameters<typeof encodeModel>[0]['nodes']>;

const SCALE = 0.02;
const ZERO = 128;
/** Levels of 8 bits, all different for the first 256: 37 has no common divisor with them. */
const levels = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => (i * 37 + 11) % 256);
const real = (level: number): number => (level - ZERO) * SCALE;
const tensor = (name: string, type: DataType, values: readonly number[], shape: readonly number[] = []) => ({
  ...{ name, type, shape, data: encodeElements(type, values) },
});
const quantize = { operator: 'QuantizeLinear', inputs: ['x', 's', 'z'], outputs: ['q'] };
const SHARED = [tensor('s', 'float32', [SCALE]), tensor('z', 'uint8', [ZERO])];

/** Straight through: on the levels of 8 bits the integer operator is the real one, whose slopes onnxruntime's finite differences give. */
describe('gradients through operators on 8 bits, against the real operators', () => {
  const runtime = useRuntime();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-quantised-'));
  after(() => fs.rmSync(directory, { recursive: true }));

  async function check(
    shape: readonly number[],
    integer: Nodes,
    reference: Nodes,
    constants: readonly ReturnType<typeof tensor>[],
  ): Promise<void> {
    const files = [integer, reference].map((nodes, index) => {
      const file = path.join(directory, `${index}.onnx`);
      const inputs = [{ name: 'x', type: 'float32' as const, shape }];
      const initializers = [...SHARED, ...constants];
      const opsets = { '': 13, 'com.microsoft': 1 };
      fs.writeFileSync(
        file,
        encodeModel({ irVersion: 8, opsets, nodes, inputs, initializers, outputs: [{ name: 'y' }] }),
      );
      return file;
    });
    const x = Float32Array.from(levels(shape.reduce((a, b) => a * b, 1)), real);
    const [file = '', other = ''] = files;
    await checkAlongRandomDirection(runtime(), file, [x], { step: 4e-3, tolerance: 3e-4, reference: other });
  }

  for (const more of [{}, { strides: ints(2, 2), pads: ints(1, 0, 1, 1) }]) {
    it(`NhwcMaxPool ${Object.keys(more)}`, async () => {
      const attributes = { kernel_shape: ints(3, 2), ...more };
      await check(
        [1, 6, 5, 3],
        [
          quantize,
          { operator: 'NhwcMaxPool', domain: 'com.microsoft', inputs: ['q'], outputs: ['p'], attributes },
          { operator: 'DequantizeLinear', inputs: ['p', 's', 'z'], outputs: ['y'] },
        ],
        [
          { operator: 'Transpose', inputs: ['x'], outputs: ['t'], attributes: { perm: ints(0, 3, 1, 2) } },
          { operator: 'MaxPool', inputs: ['t'], outputs: ['p'], attributes },
          { operator: 'Transpose', inputs: ['p'], outputs: ['y'], attributes: { perm: ints(0, 2, 3, 1) } },
        ],
        [],
      );
    });
  }

  for (const causal of [0, 1]) {
    it(`QAttention unidirectional=${causal}`, async () => {
      const attributes = { num_heads: int(2), unidirectional: int(causal) };
      const weights = Array.from({ length: 48 }, (_, i) => (i * 89 + 5) % 256);
      await check(
        [2, 3, 4],
        [
          quantize,
          {
            ...{ operator: 'QAttention', domain: 'com.microsoft', attributes, outputs: ['y'] },
            inputs: ['q', 'w', 'b', 's', 's2', '', 'z', 'z2'],
          },
        ],
        [{ operator: 'Attention', domain: 'com.microsoft', inputs: ['x', 'real', 'b'], outputs: ['y'], attributes }],
        [
          tensor('w', 'uint8', weights, [4, 12]),
          tensor(
            'real',
            'float32',
            weights.map((level) => (level - 120) * 0.01),
            [4, 12],
          ),
          tensor(
            'b',
            'float32',
            Array.from({ length: 12 }, (_, i) => Math.sin(i)),
            [12],
          ),
          tensor('s2', 'float32', [0.01]),
          tensor('z2', 'uint8', [120]),
        ],
      );
    });
  }
});

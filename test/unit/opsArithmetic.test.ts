import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as ort from 'onnxruntime-node';
import { AppendixBuilder, tensorNames } from '../../src/autodiff/graphBuilder';
import { gradient as gradientOf } from '../../src/autodiff/reverse';
import { readModel } from '../../src/formats/modelReader';
import { inferShapes } from '../../src/operators/inferShapes';
import { findOperator } from '../../src/operators/registry';
import { ARITHMETIC_CASES, bytes, IMAGE, isFed, kernel } from '../arithmeticCases';
import { differentiate, dot, numbers } from '../gradients';
import { type CaseInput, constant, floats, ints, operatorModel, titleOf } from '../operatorCase';
import { useRuntime } from '../runtime';

describe('arithmetic operators against onnxruntime', () => {
  const runtime = useRuntime();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-arithmetic-'));
  after(() => fs.rmSync(directory, { recursive: true }));

  const write = (model: Uint8Array): string => {
    const file = path.join(directory, 'model.onnx');
    fs.writeFileSync(file, model);
    return file;
  };

  describe('types, shapes and known work', () => {
    for (const one of ARITHMETIC_CASES) {
      it(titleOf(one), async () => {
        const file = write(operatorModel(one));
        const model = await readModel(file);
        const { infos, problems, work } = inferShapes(model);
        assert.deepEqual(problems, []);
        const session = await ort.InferenceSession.create(file, { logSeverityLevel: 4 });
        const feeds = Object.fromEntries(
          one.inputs.flatMap((input, i) => (isFed(input) ? [[`x${i}`, tensorOf(input)]] : [])),
        );
        for (const [name, tensor] of Object.entries(await session.run(feeds))) {
          assert.deepEqual(infos.get(name), { type: tensor.type, shape: tensor.dims }, name);
        }
        await session.release();
        for (const node of model.graph.nodes) assert.ok(work(node), 'the work is unknown');
      });
    }
  });

  describe('gradients, by finite differences', () => {
    // Hardmax has slope zero wherever it has one: nothing to compare.
    const differentiable = ARITHMETIC_CASES.filter(
      ({ operator, inputs }) =>
        operator !== 'Hardmax' &&
        findOperator(nameOf(operator))?.vjp &&
        inputs.every((input) => !isFed(input) || input.type === 'float32'),
    );
    for (const one of differentiable) {
      it(titleOf(one), async () => {
        const { run, outputShape, release } = await differentiate(runtime(), write(operatorModel(one)));
        const x = one.inputs.filter(isFed).map(({ values }) => Float32Array.from(values));
        const v = numbers(
          outputShape.reduce((a, b) => a * b, 1),
          77,
        );
        const u = x.map((values, i) => numbers(values.length, 1000 + i));
        const { gradients } = await run(x, v);
        const at = async (step: number): Promise<number> =>
          dot(
            (
              await run(
                x.map((values, i) => values.map((value, j) => value + step * (u[i]?.[j] ?? 0))),
                v,
              )
            ).y,
            v,
          );
        // Richardson's extrapolation of central differences: the error of the step is of fourth order.
        const central = async (step: number): Promise<number> => ((await at(step)) - (await at(-step))) / (2 * step);
        const measured = (4 * (await central(STEP / 2)) - (await central(STEP))) / 3;
        await release();
        const slope = gradients.reduce((sum, gradient, i) => sum + dot(gradient, u[i] ?? []), 0);
        const scale = Math.sqrt(gradients.reduce((sum, gradient) => sum + dot(gradient, gradient), 0));
        assert.ok(scale > 0, 'the gradient is zero');
        const error = Math.abs(measured - slope) / scale;
        assert.ok(error < TOLERANCE, `⟨gradient, u⟩ = ${slope}, finite difference ${measured}: error ${error}`);
      });
    }
  });

  for (const opset of [8, 12, 16]) {
    it(`a tied maximum goes to the element that MaxPool's indices name, opset ${opset}`, async () => {
      const few: CaseInput = { ...IMAGE, values: IMAGE.values.map(Math.round) };
      const attributes = { ...kernel(3, 3), strides: ints(2, 1), pads: ints(1, 1, 1, 1) };
      const file = write(operatorModel({ operator: 'MaxPool', inputs: [few], attributes, opset, outputs: 2 }));
      const session = await ort.InferenceSession.create(file, { logSeverityLevel: 4 });
      const { y1 } = await session.run({ x0: tensorOf(few) });
      await session.release();
      const { run, outputShape, release } = await differentiate(runtime(), file);
      const v = numbers(
        outputShape.reduce((a, b) => a * b, 1),
        3,
      );
      const { gradients } = await run([Float32Array.from(few.values)], v);
      await release();
      const expected = new Float64Array(few.values.length);
      for (const [i, index] of [...((y1?.data ?? []) as BigInt64Array)].entries()) {
        expected[Number(index)] = (expected[Number(index)] ?? 0) + (v[i] ?? 0);
      }
      for (const [i, value] of expected.entries()) {
        assert.ok(Math.abs(value - (gradients[0]?.[i] ?? Number.NaN)) < 1e-6, `element ${i}`);
      }
    });
  }

  it('integer products have the gradient of the real ones', async () => {
    // f(x) = ⟨v, y(x)⟩ is linear in x, so a step of one level is exact.
    const weights = constant(
      'uint8',
      floats([3, 2, 3, 3]).values.map((value) => Math.round(60 * value) + 128),
      [3, 2, 3, 3],
    );
    const image = bytes(1, 2, 6, 5);
    const inputs = [image, weights, constant('uint8', 128), constant('uint8', 121)];
    const attributes = { strides: ints(2, 1), pads: ints(1, 0, 1, 1) };
    const file = write(operatorModel({ operator: 'ConvInteger', inputs, attributes }));
    const { gradient, shape } = await integerGradient(file);
    const v = numbers(
      shape.reduce((a, b) => a * b, 1),
      9,
    );
    const session = await ort.InferenceSession.create(file, { logSeverityLevel: 4 });
    const at = async (values: readonly number[]): Promise<number> => {
      const { y0 } = await session.run({ x0: tensorOf({ ...image, values }) });
      return dot(Float64Array.from((y0?.data ?? []) as Int32Array), v);
    };
    const slopes = await gradient(image, v);
    const origin = await at(image.values);
    for (const index of [0, 7, 31, 59]) {
      const moved = await at(image.values.map((value, i) => (i === index ? value + 1 : value)));
      assert.ok(Math.abs(moved - origin - (slopes[index] ?? Number.NaN)) < 1e-2, `element ${index}`);
    }
    await session.release();
  });

  /** The gradient of a model's integer output by its integer input, both taken as real numbers. */
  async function integerGradient(file: string) {
    const model = await readModel(file);
    const { infos } = inferShapes(model);
    const build = new AppendixBuilder({ opset: 17, taken: tensorNames(model.graph) });
    const shape = (infos.get('y0')?.shape ?? []) as readonly number[];
    const wanted = gradientOf(model, infos, build, { of: 'y0', seed: { tensor: 'v' }, wrt: ['x0'] }).get('x0') ?? '';
    const appended = build.encode([{ name: 'v', type: 'float32', shape }], [wanted]);
    const gradient = async (image: CaseInput, v: Float32Array): Promise<Float32Array> => {
      const session = await ort.InferenceSession.create(Buffer.concat([fs.readFileSync(file), appended]));
      const { [wanted]: found } = await session.run({ x0: tensorOf(image), v: new ort.Tensor('float32', v, shape) });
      await session.release();
      return (found?.data ?? []) as Float32Array;
    };
    return { gradient, shape };
  }
});

/** The points differ by 0.01 or more on the images, so a pool's maxima do not change hands within a step. */
const STEP = 4e-3;
const TOLERANCE = 3e-4;

function nameOf(operator: string) {
  const [type = '', domain = ''] = operator.split(':').reverse();
  return { operator: type, domain };
}

function tensorOf({ type, shape, values }: CaseInput): ort.Tensor {
  if (type === 'uint8') return new ort.Tensor('uint8', Uint8Array.from(values), shape);
  assert.equal(type, 'float32');
  return new ort.Tensor('float32', Float32Array.from(values), shape);
}

import assert from 'node:assert/strict';
import { AppendixBuilder, tensorNames } from '../src/autodiff/graphBuilder';
import { inlineCalls } from '../src/autodiff/inline';
import { gradient, isHalf } from '../src/autodiff/reverse';
import { readModel } from '../src/formats/modelReader';
import { inferShapes } from '../src/operators/inferShapes';
import type { RuntimeTensor, RuntimeTensors } from '../src/protocol/runtime';
import type { Runtime } from '../src/runtime/runtime';
import { float32Tensor, toFloat32 } from '../src/runtime/runtimeTensor';

/** A model together with its vector–Jacobian product, loaded in the runtime child. */
export interface Differentiated {
  readonly inputs: readonly string[];
  readonly outputShape: readonly number[];
  /** y and, per input, ⟨v, ∂y/∂x⟩. */
  run(x: readonly Float32Array[], v: Float32Array): Promise<{ y: Float32Array; gradients: readonly Float32Array[] }>;
  release(): Promise<void>;
}

/** Differentiates a file's first output by all of its float inputs, whose shapes are given where the file leaves them open. */
export async function differentiate(
  runtime: Runtime,
  file: string,
  inputShapes?: ReadonlyMap<string, readonly number[]>,
): Promise<Differentiated> {
  const read = await readModel(file);
  const options = inputShapes ? { inputShapes } : {};
  const { model, added } = inlineCalls(read, inferShapes(read, options).infos);
  const { infos } = inferShapes(model, options);
  const inputs = model.graph.inputs.map(({ name }) => name).filter((name) => !model.graph.constants.has(name));
  const [output] = model.graph.outputs;
  assert.ok(output);
  const shapeOf = (name: string): readonly number[] => {
    const shape = infos.get(name)?.shape;
    assert.ok(
      shape?.every((dim) => typeof dim === 'number'),
      `shape of ${name} is ${shape}`,
    );
    return shape as readonly number[];
  };
  const build = new AppendixBuilder({
    opset: model.opsets.get('') ?? 1,
    taken: tensorNames(model.graph),
    isHalf: (tensor) => isHalf(infos.get(tensor)?.type),
  });
  build.appendAsIs(added.nodes, added.constants);
  const seed = build.reserve('seed');
  const gradients = gradient(model, infos, build, { of: output.name, seed: { tensor: seed }, wrt: inputs });
  const outputShape = shapeOf(output.name);
  const names = inputs.map((input) => gradients.get(input) ?? '');
  const appended = build.encode([{ name: seed, type: 'float32', shape: outputShape }], [...new Set(names)]);
  const session = await runtime.load({ path: file, appended });
  return {
    inputs,
    outputShape,
    run: async (x, v) => {
      const feeds: Record<string, RuntimeTensor> = { [seed]: float32Tensor(v, outputShape) };
      for (const [index, name] of inputs.entries()) feeds[name] = float32Tensor(x[index] ?? [], shapeOf(name));
      const { outputs } = await session.run(feeds, [output.name, ...new Set(names)]);
      const read = (name: string): Float32Array => floats(outputs, name);
      return { y: read(output.name), gradients: names.map(read) };
    },
    release: () => session.release(),
  };
}

/** How far a slope by a rule may be from a finite difference of onnxruntime itself, which runs in 32 bits. */
export interface SlopeCheck {
  /** Small enough for the curvature (error of order step²), large enough for rounding (1e-7 / step). */
  readonly step: number;
  /** |⟨gradient, u⟩ − difference| / ‖gradient‖. */
  readonly tolerance: number;
  /** The model whose outputs are differenced; the differentiated one by default. */
  readonly reference?: string;
}

/** ⟨gradient, u⟩ against (f(x + εu) − f(x − εu)) / 2ε with f(x) = ⟨v, y(x)⟩ and random u, v. */
export async function checkAlongRandomDirection(
  runtime: Runtime,
  file: string,
  x: readonly Float32Array[],
  { step, tolerance, reference }: SlopeCheck,
): Promise<void> {
  const differentiated = await differentiate(runtime, file);
  const v = numbers(
    differentiated.outputShape.reduce((a, b) => a * b, 1),
    77,
  );
  const u = x.map((values, i) => numbers(values.length, 1000 + i));
  const { gradients } = await differentiated.run(x, v);
  const measuredOn = reference === undefined ? differentiated : await differentiate(runtime, reference);
  const moved = async (by: number): Promise<number> => {
    const there = x.map((values, i) => values.map((value, at) => value + by * (u[i]?.[at] ?? 0)));
    return dot((await measuredOn.run(there, v)).y, v);
  };
  const measured = ((await moved(step)) - (await moved(-step))) / (2 * step);
  await differentiated.release();
  if (measuredOn !== differentiated) await measuredOn.release();
  const slope = gradients.reduce((sum, gradient, i) => sum + dot(gradient, u[i] ?? []), 0);
  const scale = Math.sqrt(gradients.reduce((sum, gradient) => sum + dot(gradient, gradient), 0));
  assert.ok(scale > 0, 'the gradient is zero');
  const error = Math.abs(measured - slope) / scale;
  assert.ok(error < tolerance, `⟨gradient, u⟩ = ${slope}, finite difference ${measured}: error ${error}`);
}

export function floats(outputs: RuntimeTensors, name: string): Float32Array {
  const tensor = outputs[name];
  assert.ok(tensor, `no output ${name}`);
  return toFloat32(tensor);
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** Reproducible numbers in [-1, 1): a linear congruential generator (Numerical Recipes). */
export function numbers(count: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

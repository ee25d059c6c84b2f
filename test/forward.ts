import assert from 'node:assert/strict';
import { tangentOf } from '../src/autodiff/forward';
import { AppendixBuilder, tensorNames } from '../src/autodiff/graphBuilder';
import { inlineCalls } from '../src/autodiff/inline';
import { gradient, isHalf } from '../src/autodiff/reverse';
import { hessianTimes } from '../src/autodiff/secondOrder';
import { readModel } from '../src/formats/modelReader';
import { isStatic } from '../src/graph/graph';
import { inferShapes } from '../src/operators/inferShapes';
import type { RuntimeTensor } from '../src/protocol/runtime';
import type { Runtime } from '../src/runtime/runtime';
import { float32Tensor } from '../src/runtime/runtimeTensor';
import { dot, floats, numbers } from './gradients';

/** Both products with the Jacobian J = ∂y/∂x, from one run. */
export interface Products {
  readonly y: Float32Array;
  /** J·t, summed over the inputs. */
  readonly forward: Float32Array;
  /** Per input Jᵀu. */
  readonly reverse: readonly Float32Array[];
}

/** A model together with its Jacobian–vector and vector–Jacobian products, loaded in the runtime child. */
export interface TwoWays {
  readonly outputSize: number;
  run(x: readonly Float32Array[], t: readonly ArrayLike<number>[], u: ArrayLike<number>): Promise<Products>;
  release(): Promise<void>;
}

/** Differentiates a file's first output by all of its fed inputs, forwards and backwards. */
export async function bothWays(runtime: Runtime, file: string): Promise<TwoWays> {
  const { model, infos, build, inputs, of, shapeOf } = await opened(file);
  const seed = build.reserve('seed');
  const tangents = new Map(inputs.map((input, i) => [input, build.reserve(`tangent${i}`)]));
  const gradients = gradient(model, infos, build, { of, seed: { tensor: seed }, wrt: inputs });
  const forward = tangentOf(model, infos, build, of, tangents);
  assert.ok(forward !== undefined, 'the tangent is zero');
  const reverse = inputs.map((input) => gradients.get(input) ?? '');
  const fed = [[seed, of] as const, ...inputs.map((input) => [tangents.get(input) ?? '', input] as const)];
  const appended = build.encode(
    fed.map(([name, like]) => ({ name, type: 'float32', shape: shapeOf(like) })),
    [...new Set([forward, ...reverse])].filter((name) => !fed.some(([input]) => input === name)),
  );
  const session = await runtime.load({ path: file, appended });
  return {
    outputSize: shapeOf(of).reduce((a, b) => a * b, 1),
    run: async (x, t, u) => {
      const feeds: Record<string, RuntimeTensor> = { [seed]: float32Tensor(u, shapeOf(of)) };
      for (const [i, input] of inputs.entries()) {
        feeds[input] = float32Tensor(x[i] ?? [], shapeOf(input));
        feeds[tangents.get(input) ?? ''] = float32Tensor(t[i] ?? [], shapeOf(input));
      }
      const computed = [...new Set([of, forward, ...reverse])].filter((name) => !(name in feeds));
      const { outputs } = await session.run(feeds, computed);
      const all = { ...feeds, ...outputs };
      const value = (name: string): Float32Array => floats(all, name);
      return { y: value(of), forward: value(forward), reverse: reverse.map(value) };
    },
    release: () => session.release(),
  };
}

/** How far both sides of ⟨Jt, u⟩ = ⟨t, Jᵀu⟩ may be apart: they are sums in 32 bits. */
export const TRANSPOSED = 1e-5;

/** ⟨J·t, u⟩ against ⟨t, Jᵀu⟩, relative to ‖J·t‖·‖u‖, for random t and u; then lets the model go. */
export async function checkTransposed(two: TwoWays, x: readonly Float32Array[], tolerance: number): Promise<void> {
  const t = x.map((values, i) => numbers(values.length, 300 + i));
  const u = numbers(two.outputSize, 99);
  const { forward, reverse } = await two.run(x, t, u);
  const backwards = reverse.reduce((sum, gradient, i) => sum + dot(gradient, t[i] ?? []), 0);
  await two.release();
  const scale = Math.sqrt(dot(forward, forward) * dot(u, u));
  assert.ok(scale > 0, 'the tangent is zero');
  const error = Math.abs(dot(forward, u) - backwards) / scale;
  assert.ok(error < tolerance, `⟨Jt, u⟩ = ${dot(forward, u)}, ⟨t, Jᵀu⟩ = ${backwards}: error ${error}`);
}

/** J·t against (y(x + εt) − y(x − εt)) / 2ε, element by element, relative to the greatest |J·t|. */
export async function checkDifference(
  two: TwoWays,
  x: readonly Float32Array[],
  { step, tolerance }: { readonly step: number; readonly tolerance: number },
): Promise<void> {
  const t = x.map((values, i) => numbers(values.length, 300 + i));
  const u = new Float32Array(two.outputSize);
  const at = (by: number) =>
    two.run(
      x.map((values, i) => values.map((value, k) => value + by * (t[i]?.[k] ?? 0))),
      t,
      u,
    );
  const [ahead, here, back] = [await at(step), await at(0), await at(-step)];
  const scale = here.forward.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  assert.ok(scale > 0, 'the tangent is zero');
  for (const [i, slope] of here.forward.entries()) {
    const measured = ((ahead.y[i] ?? Number.NaN) - (back.y[i] ?? Number.NaN)) / (2 * step);
    const error = Math.abs(measured - slope) / scale;
    assert.ok(error < tolerance, `element ${i}: J·t = ${slope}, difference ${measured}: error ${error}`);
  }
}

/** The gradient of ⟨u, y⟩, and its Hessian times a direction, per fed input. */
export interface Curvature {
  readonly outputSize: number;
  run(
    x: readonly Float32Array[],
    t: readonly ArrayLike<number>[],
    u: ArrayLike<number>,
  ): Promise<{ readonly gradient: readonly Float32Array[]; readonly product: readonly Float32Array[] }>;
  release(): Promise<void>;
}

/** Differentiates a file's first output by all of its fed inputs, twice. Products that are zero for every x are zeros. */
export async function twice(runtime: Runtime, file: string): Promise<Curvature> {
  const { model, infos, build, inputs, of, shapeOf } = await opened(file);
  const seed = build.reserve('seed');
  const directions = new Map(inputs.map((input, i) => [input, build.reserve(`direction${i}`)]));
  const gradients = gradient(model, infos, build, { of, seed: { tensor: seed }, wrt: inputs });
  const products = hessianTimes(model, infos, build, { of, seed, directions });
  const fed = [[seed, of] as const, ...inputs.map((input) => [directions.get(input) ?? '', input] as const)];
  const wanted = new Set([...gradients.values(), ...products.filter((product) => product !== undefined)]);
  const computed = [...wanted].filter((name) => !fed.some(([input]) => input === name));
  const appended = build.encode(
    fed.map(([name, like]) => ({ name, type: 'float32', shape: shapeOf(like) })),
    computed,
  );
  const session = await runtime.load({ path: file, appended });
  return {
    outputSize: shapeOf(of).reduce((a, b) => a * b, 1),
    run: async (x, t, u) => {
      const feeds: Record<string, RuntimeTensor> = { [seed]: float32Tensor(u, shapeOf(of)) };
      for (const [i, input] of inputs.entries()) {
        feeds[input] = float32Tensor(x[i] ?? [], shapeOf(input));
        feeds[directions.get(input) ?? ''] = float32Tensor(t[i] ?? [], shapeOf(input));
      }
      const outputs = computed.length > 0 ? (await session.run(feeds, computed)).outputs : {};
      const all = { ...feeds, ...outputs };
      return {
        gradient: inputs.map((input) => floats(all, gradients.get(input) ?? '')),
        product: products.map((name, i) => (name ? floats(all, name) : new Float32Array(x[i]?.length ?? 0))),
      };
    },
    release: () => session.release(),
  };
}

/** H·t against (∇(x + εt) − ∇(x − εt)) / 2ε, element by element, relative to the greatest |H·t| or |∇|; answers the greatest |H·t|. */
export async function checkCurvature(
  curvature: Curvature,
  x: readonly Float32Array[],
  { step, tolerance }: { readonly step: number; readonly tolerance: number },
): Promise<number> {
  const t = x.map((values, i) => numbers(values.length, 300 + i));
  const u = numbers(curvature.outputSize, 99);
  const at = (by: number) =>
    curvature.run(
      x.map((values, i) => values.map((value, k) => value + by * (t[i]?.[k] ?? 0))),
      t,
      u,
    );
  const [ahead, here, back] = [await at(step), await at(0), await at(-step)];
  const greatest = (all: readonly Float32Array[]): number =>
    all.reduce((most, one) => one.reduce((m, value) => Math.max(m, Math.abs(value)), most), 0);
  const scale = Math.max(greatest(here.product), greatest(here.gradient));
  for (const [i, product] of here.product.entries()) {
    for (const [k, value] of product.entries()) {
      const measured = ((ahead.gradient[i]?.[k] ?? Number.NaN) - (back.gradient[i]?.[k] ?? Number.NaN)) / (2 * step);
      const error = Math.abs(measured - value) / scale;
      assert.ok(error < tolerance, `input ${i}, element ${k}: H·t = ${value}, difference ${measured}: error ${error}`);
    }
  }
  return greatest(here.product);
}

async function opened(file: string) {
  const read = await readModel(file);
  const { model, added } = inlineCalls(read, inferShapes(read).infos);
  const { infos } = inferShapes(model);
  const shapeOf = (name: string): readonly number[] => {
    const shape = infos.get(name)?.shape;
    assert.ok(isStatic(shape), `shape of ${name} is ${shape}`);
    return shape;
  };
  const inputs = model.graph.inputs.map(({ name }) => name).filter((name) => !model.graph.constants.has(name));
  const build = new AppendixBuilder({
    opset: model.opsets.get('') ?? 1,
    taken: tensorNames(model.graph),
    isHalf: (tensor) => isHalf(infos.get(tensor)?.type),
  });
  build.appendAsIs(added.nodes, added.constants);
  return { model, infos, build, inputs, of: model.graph.outputs[0]?.name ?? '', shapeOf };
}

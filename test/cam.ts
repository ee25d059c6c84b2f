import assert from 'node:assert/strict';
import { AppendixBuilder } from '../src/autodiff/graphBuilder';
import type { MapLayout } from '../src/cam/layers/layout';
import { type CamOptions, type CamOutput, type CamSession, openCam } from '../src/cam/session/camSession';
import { readModel } from '../src/formats/modelReader';
import type { Model, TensorInfo } from '../src/graph/graph';
import { inferShapes } from '../src/operators/inferShapes';
import type { RuntimeTensor } from '../src/protocol/runtime';
import type { Runtime } from '../src/runtime/runtime';
import { float32Tensor } from '../src/runtime/runtimeTensor';
import { floats } from './gradients';
import { greatestDifference, relativeError, type Stored } from './npy';

/** End to end: our float32 run against the reference's, relative to the greatest magnitude; maps lie in [0, 1]. */
const TOLERANCE = 1e-4;

export const QUICK: CamOptions = { selfCheck: false, timePlain: false };

export async function open(
  runtime: Runtime,
  file: string,
  options: CamOptions = QUICK,
  inputShape?: readonly number[],
): Promise<CamSession> {
  const model = await readModel(file);
  const [input] = model.graph.inputs;
  const shapes = input && inputShape ? { inputShapes: new Map([[input.name, inputShape]]) } : {};
  return openCam(runtime, model, inferShapes(model, { batch: 1, ...shapes }), options);
}

export const tensorOf = ({ values, shape }: Stored): RuntimeTensor => float32Tensor(values, shape);

/** Stored [1, C, h, w], [1, h, w, C] or [1, prefix + h·w, C] as maps [C, h, w]. */
export function inLayout({ values, shape }: Stored, layout: MapLayout): Float64Array {
  if (layout.kind === 'nchw') return values;
  const channels = shape.at(-1) ?? 1;
  const skipped = layout.kind === 'tokens' ? layout.prefix * channels : 0;
  const image = values.subarray(skipped);
  const pixels = image.length / channels;
  return image.map((_, i) => image[(i % pixels) * channels + Math.floor(i / pixels)] ?? Number.NaN);
}

export function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, title: string): void {
  const error = relativeError(actual, expected);
  assert.ok(error < TOLERANCE, `${title} differ by ${error}`);
}

export function assertMap({ map }: CamOutput, expected: ArrayLike<number>, title: string): void {
  const difference = greatestDifference(map.values, expected);
  assert.ok(difference < TOLERANCE, `${title} final map differs by ${difference}`);
}

/** The tensor whose value is the stored activation: the oracle names layers as PyTorch does. */
export async function tensorThatEquals(
  runtime: Runtime,
  model: Model,
  infos: ReadonlyMap<string, TensorInfo>,
  input: RuntimeTensor,
  act: Stored,
): Promise<string> {
  const sameShape = model.graph.nodes.flatMap(({ outputs }) =>
    outputs.filter((output) => infos.get(output)?.shape?.join() === act.shape.join()),
  );
  const build = new AppendixBuilder({ opset: 13 });
  const session = await runtime.load({ path: model.path, appended: build.encode([], sameShape) });
  const { outputs } = await session.run({ [model.graph.inputs[0]?.name ?? '']: input }, sameShape);
  await session.release();
  const found = sameShape.find((name) => relativeError(floats(outputs, name), act.values) < 1e-4);
  assert.ok(found, `no tensor of the model has the stored activations [${act.shape}]`);
  return found;
}

import type { RuntimeTensor } from '../../protocol/runtime';
import type { Runtime } from '../../runtime/runtime';
import { convertTo, toFloat32 } from '../../runtime/runtimeTensor';
import { appendixFor, undeclared } from './camGraph';
import type { CamPlan } from './camPlan';

/** Runs a model once on an input for the values of any of its tensors, row-major, by name. */
export async function fetchTensors(
  runtime: Pick<Runtime, 'load'>,
  { input, prepared }: Pick<CamPlan, 'input' | 'prepared'>,
  picture: RuntimeTensor,
  tensors: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Float32Array>> {
  const inner = undeclared(prepared.model, tensors);
  const appended = inner.length > 0 ? appendixFor(prepared).encode([], inner) : undefined;
  const { path } = prepared.model;
  const session = await runtime.load({ path, ...(appended && { appended }) }, signal);
  try {
    const fed = { [input.name]: convertTo(input.type, picture) };
    const { outputs } = await session.run(fed, [...new Set(tensors)], signal);
    return new Map(Object.entries(outputs).map(([name, tensor]) => [name, toFloat32(tensor)]));
  } finally {
    await session.release();
  }
}

import { isFloat } from '../../../graph/dataTypes';
import type { TensorInfo } from '../../../graph/graph';
import { cast, concat, reduce, reshape } from '../../../operators/gradientTools';
import type { RuntimeTensor, RuntimeTensors } from '../../../protocol/runtime';
import type { Runtime } from '../../../runtime/runtime';
import { toFloat32 } from '../../../runtime/runtimeTensor';
import { appendixFor, type Prepared } from '../../session/camGraph';
import type { Range } from './affine';

/** Whether the extremes of a tensor can be asked for. */
export function hasRange({ type, shape }: TensorInfo): boolean {
  return type !== undefined && isFloat(type) && shape !== undefined;
}

/**
 * The least and greatest element of tensors over several pictures (min–max calibration). The model's own nodes answer
 * them, two numbers a tensor, so that no activation leaves the child. Throws where one is not finite.
 */
export async function rangesOf(
  runtime: Runtime,
  prepared: Prepared,
  tensors: readonly string[],
  pictures: readonly RuntimeTensors[],
  { signal, progress }: { readonly signal?: AbortSignal; progress?(done: number, total: number): void } = {},
): Promise<ReadonlyMap<string, Range>> {
  const build = appendixFor(prepared);
  const extreme = (which: 'Min' | 'Max', tensor: string): string => {
    const axes = [...(prepared.infos.get(tensor)?.shape ?? []).keys()];
    return reshape(build, cast(build, reduce(build, which, tensor, axes, false), 'float32'), [1]);
  };
  const lows = concat(
    build,
    tensors.map((tensor) => extreme('Min', tensor)),
    0,
  );
  const highs = concat(
    build,
    tensors.map((tensor) => extreme('Max', tensor)),
    0,
  );
  const appended = build.encode([], [lows, highs]);
  const session = await runtime.load({ path: prepared.model.path, appended }, signal);
  try {
    const ranges = tensors.map((): Range => ({ low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY }));
    for (const [done, picture] of pictures.entries()) {
      progress?.(done, pictures.length);
      const { outputs } = await session.run(picture, [lows, highs], signal);
      const [low, high] = [numbersOf(outputs[lows]), numbersOf(outputs[highs])];
      for (const [i, range] of ranges.entries()) {
        ranges[i] = { low: Math.min(range.low, low[i] ?? 0), high: Math.max(range.high, high[i] ?? 0) };
      }
    }
    return new Map(tensors.map((tensor, i) => [tensor, finite(tensor, ranges[i])]));
  } finally {
    await session.release();
  }
}

function numbersOf(tensor: RuntimeTensor | undefined): Float32Array {
  return tensor ? toFloat32(tensor) : new Float32Array();
}

function finite(tensor: string, range: Range | undefined): Range {
  if (range && Number.isFinite(range.low) && Number.isFinite(range.high)) return range;
  throw new Error(
    `'${tensor}' is not finite on the calibration pictures; check their preprocessing, or the model's weights`,
  );
}

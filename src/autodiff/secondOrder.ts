import type { Model, TensorInfo } from '../graph/graph';
import type { GraphBuilder } from '../operators/gradientContext';
import { derivativeInfo, Recording } from './recording';
import { pullBack } from './reverse';

export interface HessianRequest {
  /** The tensor to differentiate, with its cotangent of the same shape: the scalar is ⟨seed, of⟩. */
  readonly of: string;
  readonly seed: string;
  /** A direction for each of the tensors to differentiate by, of the same shape. */
  readonly directions: ReadonlyMap<string, string>;
}

/**
 * Appends the Hessian of ⟨seed, of⟩ times the directions: the gradient of ⟨gradient, directions⟩ (Pearlmutter, Fast exact
 * multiplication by the Hessian, 1994), since the gradient's own nodes can be differentiated too. A name for each
 * direction; undefined where the product is zero (a piecewise linear network has no curvature). Throws where reverse mode would.
 */
export function hessianTimes(
  model: Model,
  infos: ReadonlyMap<string, TensorInfo>,
  build: GraphBuilder,
  { of, seed, directions }: HessianRequest,
): readonly (string | undefined)[] {
  const wrt = [...directions.keys()];
  const recording = new Recording(build.opset, 'gradient', infos);
  recording.infos.set(seed, derivativeInfo(infos, of));
  for (const [tensor, direction] of directions) recording.infos.set(direction, derivativeInfo(infos, tensor));
  const gradients = pullBack(model, infos, recording, { cotangents: [[of, { tensor: seed }]], wrt });
  const cotangents = wrt.flatMap((tensor, index) => {
    const [gradient, direction] = [gradients[index], directions.get(tensor)];
    return gradient !== undefined && direction !== undefined ? [[gradient, { tensor: direction }] as const] : [];
  });
  const products = pullBack(recording.behind(model), recording.infos, recording, { cotangents, wrt });
  const nameOf = recording.replay(
    build,
    products.filter((product) => product !== undefined),
  );
  return products.map((product) => product && nameOf(product));
}

import type { CamSegments } from '../../protocol/camPanel';
import type { RuntimeTensor } from '../../protocol/runtime';
import type { Runtime } from '../../runtime/runtime';
import { scorePlaces, type TargetPlan } from '../camTarget';
import type { CamLogits } from '../layers/target';
import { fetchTensors } from '../session/fetchTensors';

/** The best class of every pixel of a segmenter's scores, the first of equals; undefined where the scores have no pixels. */
export function segmentsIn(scores: Float32Array, logits: CamLogits): CamSegments | undefined {
  const sizes = logits.shape.filter((size, axis) => axis !== logits.classAxis && size !== 1);
  const [height, width, ...more] = sizes;
  const { positions, classes, at } = scorePlaces(logits);
  if (height === undefined || width === undefined || more.length > 0 || height * width !== positions) return undefined;
  const best = Uint16Array.from({ length: positions }, (_, position) => {
    let winner = 0;
    for (let c = 1; c < classes; c++) {
      if ((scores[at(position, c)] ?? Number.NaN) > (scores[at(position, winner)] ?? Number.NaN)) winner = c;
    }
    return winner;
  });
  return { width, height, classes: best };
}

/** Runs a model on an input and answers the best class of every pixel; undefined where it is no segmenter. */
export async function segmentsOf(
  runtime: Pick<Runtime, 'load'>,
  plan: TargetPlan,
  input: RuntimeTensor,
  signal?: AbortSignal,
): Promise<CamSegments | undefined> {
  const { tensor } = plan.logits;
  const values = (await fetchTensors(runtime, plan, input, [tensor], signal)).get(tensor);
  return values && segmentsIn(values, plan.logits);
}

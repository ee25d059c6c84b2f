import type { ChoiceOf } from '../camTarget';
import { fetchTensors } from '../session/fetchTensors';
import type { Explainer, Subject } from './explainer';

/** More numbers than this are maps, not what a picture is called by. */
const MOST_NUMBERS = 2 ** 16;

/** What the model makes of a picture, as what others are compared with: its scores, or the embedding it answers. */
export async function embeddingOf(
  explainer: Explainer,
  { input, name }: Subject,
  signal?: AbortSignal,
): Promise<ChoiceOf<'embedding'>> {
  const plan = await explainer.plan(undefined, signal);
  const { tensor, shape } = plan.logits;
  const size = shape.reduce((a, b) => a * b, 1);
  if (size > MOST_NUMBERS) {
    throw new Error(
      `'${tensor}' is ${shape.join('×')}, no embedding; choose a model that answers one vector per picture`,
    );
  }
  const values = (await fetchTensors(explainer.kept, plan, input, [tensor], signal)).get(tensor);
  if (!values) throw new Error(`the run did not answer '${tensor}'`);
  return { kind: 'embedding', reference: Array.from(values), name };
}

import { buildForwardGraph } from '../src/cam/session/camGraph';
import { type CamPlan, planCam } from '../src/cam/session/camPlan';
import { type TailQuestion, TailSessions } from '../src/cam/session/tailSessions';
import { readModel } from '../src/formats/modelReader';
import { inferShapes } from '../src/operators/inferShapes';
import type { RuntimeTensor } from '../src/protocol/runtime';
import type { Runtime } from '../src/runtime/runtime';
import { convertTo } from '../src/runtime/runtimeTensor';

/** What lies behind a layer of a model, and a picture to ask it about. */
export interface OpenTail {
  readonly plan: CamPlan;
  readonly tails: TailSessions;
  /** What to ask with: the picture's activations, from one run. */
  readonly question: TailQuestion;
  release(): Promise<void>;
}

export async function openTail(
  runtime: Runtime,
  file: string,
  picture: RuntimeTensor,
  layer?: string,
): Promise<OpenTail> {
  const model = await readModel(file);
  const [input] = model.graph.inputs;
  const shapes = input ? { inputShapes: new Map([[input.name, picture.shape]]) } : {};
  const plan = planCam(model, inferShapes(model, shapes), layer === undefined ? {} : { layer });
  const fed = { [plan.input.name]: convertTo(plan.input.type, picture) };
  const { appended } = buildForwardGraph(plan.prepared, plan.logits, plan.layer);
  const session = await runtime.load({ path: file, appended });
  const { outputs } = await session.run(fed, [plan.layer.tensor]);
  await session.release();
  const native = outputs[plan.layer.tensor];
  if (!native) throw new Error(`no activations at ${plan.layer.tensor}`);
  const tails = new TailSessions(runtime, plan);
  return { plan, tails, question: { shot: { fed, native, sides: new Map() } }, release: () => tails.release() };
}

import { gradient } from '../../autodiff/reverse';
import { isStatic } from '../../graph/graph';
import { maths } from '../../operators/gradientTools';
import type { CamTile } from '../../protocol/camPanel';
import type { RuntimeTensors } from '../../protocol/runtime';
import { convertTo, float32Tensor, toFloat32 } from '../../runtime/runtimeTensor';
import type { SummedMethod } from '../camMethod';
import type { CamLayer } from '../layers/layers';
import { pictureSize } from '../layers/target';
import { whyNotFinite } from '../maths/finite';
import type { CamMap } from '../maths/normalise';
import { thumbnail } from '../maths/thumbnail';
import { appendableMethod, camMethod, isAppendable } from '../methods';
import { appendixFor, asMaps, undeclared } from '../session/camGraph';
import type { CamPlan } from '../session/camPlan';
import { camTarget } from '../targets';
import type { Explainer, Question, Subject } from './explainer';

/** A strip of more is not looked at. */
const MOST_LAYERS = 24;

/**
 * The map at every layer that could be chosen, in execution order; of many layers so many, evenly, with the first, the last and
 * the one in use. One session answers all the maps and nothing else. A layer without a map says why. Methods that are no
 * formula of ONNX operators give way to Grad-CAM.
 */
export async function layerStrip(
  explainer: Explainer,
  subject: Subject,
  question: Question = {},
): Promise<readonly CamTile[]> {
  const { signal } = question;
  const bench = await explainer.bench(subject, question);
  const plan = await explainer.plan(question.layers?.[0] ?? question.layer, signal);
  const { input } = plan;
  const of = (question.target && camTarget(question.target, plan).of) ?? plan.logits.tensor;
  const strip = buildStrip(plan, of, stripMethod(question.method), evenly(plan.layers, plan.layer.tensor));
  const names = strip.layers.flatMap(({ map }) => (map === undefined ? [] : [map]));
  const feeds = {
    [input.name]: convertTo(input.type, subject.input),
    [strip.seed]: float32Tensor(await bench.cotangent(), strip.shape),
  };
  const outputs = names.length > 0 ? await runOnce(explainer, plan, strip, feeds, names, signal) : {};
  const size = pictureSize(input);
  return strip.layers.map(({ layer, map, refusal }) => {
    const tensor = map === undefined ? undefined : outputs[map];
    if (!tensor) return { id: layer.tensor, title: layer.label, note: refusal ?? `the run did not answer '${map}'` };
    return tile(layer, { width: layer.width, height: layer.height, values: toFloat32(tensor) }, size, question.leak);
  });
}

async function runOnce(
  { runtime }: Explainer,
  { prepared }: CamPlan,
  { appended }: Strip,
  feeds: RuntimeTensors,
  fetches: readonly string[],
  signal: AbortSignal | undefined,
): Promise<RuntimeTensors> {
  const session = await runtime.load({ path: prepared.model.path, appended }, signal);
  try {
    return (await session.run(feeds, fetches, signal)).outputs;
  } finally {
    await session.release();
  }
}

/** The method of a strip for a choice: itself where ONNX operators can compute it, else Grad-CAM. */
function stripMethod(id = 'gradcam'): SummedMethod {
  return appendableMethod(isAppendable(camMethod(id)) ? id : 'gradcam');
}

function tile({ tensor, label }: CamLayer, raw: CamMap, size: readonly [number, number], leak = 0): CamTile {
  const problem = whyNotFinite(raw.values, tensor);
  if (problem !== undefined) return { id: tensor, title: label, note: problem };
  const empty = raw.values.every((value) => value <= 0) && leak === 0;
  const note = 'nothing here speaks for it: the map is empty';
  return { id: tensor, title: label, raw, map: thumbnail(raw, size, leak), ...(empty && { note }) };
}

/** At most `MOST_LAYERS`, at even distances, with the first, the last and the one that is named. */
export function evenly(layers: readonly CamLayer[], chosen: string): readonly CamLayer[] {
  if (layers.length <= MOST_LAYERS) return layers;
  const step = (layers.length - 1) / (MOST_LAYERS - 1);
  const kept = Array.from({ length: MOST_LAYERS }, (_, i) => Math.round(i * step));
  const own = layers.findIndex(({ tensor }) => tensor === chosen);
  const nearest = kept.slice(1, -1).reduce((a, b) => (Math.abs(b - own) < Math.abs(a - own) ? b : a), kept[1] ?? 0);
  const wanted = new Set(own < 0 || kept.includes(own) ? kept : kept.map((one) => (one === nearest ? own : one)));
  return layers.filter((_, i) => wanted.has(i));
}

interface StripLayer {
  readonly layer: CamLayer;
  /** The output that holds its map, [1, 1, h, w]. */
  readonly map?: string;
  /** Why there is none. */
  readonly refusal?: string;
}

interface Strip {
  readonly appended: Uint8Array;
  /** Input: the cotangent of `of`, float32 and of its shape. */
  readonly seed: string;
  readonly shape: readonly number[];
  readonly layers: readonly StripLayer[];
}

/** Appends one reverse walk that passes all the layers, and at each the method's map. */
function buildStrip({ prepared }: CamPlan, of: string, method: SummedMethod, layers: readonly CamLayer[]): Strip {
  const { model, infos } = prepared;
  const shape = infos.get(of)?.shape;
  if (!isStatic(shape)) throw new Error(`the shape of '${of}' is not known; give the input's shape`);
  const refusals = refusalsOf(prepared, of, layers);
  const build = appendixFor(prepared);
  const seed = build.reserve('seed');
  const wrt = layers.filter(({ tensor }) => !refusals.has(tensor)).map(({ tensor }) => tensor);
  const gradients = gradient(model, infos, build, { of, seed: { tensor: seed }, wrt });
  const strip = layers.map((layer): StripLayer => {
    const refusal = refusals.get(layer.tensor);
    if (refusal !== undefined) return { layer, refusal };
    const map = method.append({
      ...{ build, maths: maths(build, 'float32'), layer },
      activations: asMaps(build, layer.tensor, layer),
      gradients: asMaps(build, gradients.get(layer.tensor) ?? '', layer),
    });
    return { layer, map };
  });
  const outputs = strip.flatMap(({ map }) => (map === undefined ? [] : [map]));
  const appended = build.encode([{ name: seed, type: 'float32', shape }], undeclared(model, outputs));
  return { appended, seed, shape, layers: strip };
}

/** Why layers have no gradient: a missing rule between them and the score. Tried one by one only where not all have one. */
function refusalsOf(
  prepared: CamPlan['prepared'],
  of: string,
  layers: readonly CamLayer[],
): ReadonlyMap<string, string> {
  const refusal = (wrt: readonly string[]): string | undefined => {
    const build = appendixFor(prepared);
    try {
      gradient(prepared.model, prepared.infos, build, { of, seed: { tensor: build.reserve('seed') }, wrt });
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  if (refusal(layers.map(({ tensor }) => tensor)) === undefined) return new Map();
  return new Map(
    layers.flatMap(({ tensor }): (readonly [string, string])[] => {
      const why = refusal([tensor]);
      return why === undefined ? [] : [[tensor, why]];
    }),
  );
}

import { createReadStream, createWriteStream } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type AppendixBuilder, PREFIX, tensorNames } from '../../autodiff/graphBuilder';
import { type GradientRequest, gradient, NoGradient } from '../../autodiff/reverse';
import { isStatic, type Model, type Shape } from '../../graph/graph';
import { classNamed, findLabelsFor, fitLabels } from '../../image/labels';
import { encodeAppendix, type ValueToWrite } from '../../onnx/writer';
import { int, maths, type Reduction, reduce, reshape } from '../../operators/gradientTools';
import type { Runtime } from '../../runtime/runtime';
import type { CamMethod, SummedMethod } from '../camMethod';
import { withoutGradient } from '../explain/withoutGradient';
import { type CamLogits, pictureInput, pictureSize } from '../layers/target';
import { appendableMethod, isAppendable, METHODS } from '../methods';
import { appendixFor, asMaps, classSeed, flatScores } from '../session/camGraph';
import { type CamChoice, type CamPlan, type KnownShapes, planCam } from '../session/camPlan';
import { probeShapes } from '../session/probeShapes';
import { checkRunnable } from '../session/runnable';

export interface ExportOptions extends Pick<CamChoice, 'layer'> {
  /** Id of one that ONNX operators can compute, default `gradcam`. */
  readonly method?: string;
  /** `top` (default): the most probable class; `input`: whatever the new input says; else a class's index or name. */
  readonly class?: string;
  /** Class names by index; without them, the model's own or those of a file beside it. */
  readonly labels?: readonly string[];
  /** The map's size: the layer's (default), or the picture's. */
  readonly size?: 'layer' | 'input';
  readonly signal?: AbortSignal;
}

/** Ids of the methods that ONNX operators can compute. */
export const EXPORTABLE: readonly string[] = Object.values<CamMethod>(METHODS)
  .filter(isAppendable)
  .map(({ id }) => id);

/** What turns a model into one that explains itself: bytes to write behind the model's own. */
export interface ExplainedModel {
  readonly appended: Uint8Array;
  /** The new output: float32 [1, 1, height, width] in [0, 1). */
  readonly output: string;
  readonly shape: readonly number[];
  /** The new input, int64 [1]: the class to explain; absent where the class is settled. */
  readonly classInput?: string;
  readonly layer: string;
  /** The method as papers write it. */
  readonly method: string;
  /** Which class is explained, in words. */
  readonly rule: string;
  /** What whoever uses the file should know, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Appends a class activation map to a model as standard ONNX operators and loads the result once, to prove that it
 * works. Throws one clear sentence where it cannot be done.
 */
export async function explainedModel(
  runtime: Runtime,
  model: Model,
  shapes: KnownShapes,
  options: ExportOptions = {},
): Promise<ExplainedModel> {
  checkRunnable(model);
  const method = appendableMethod(options.method ?? 'gradcam');
  const { signal, size = 'layer' } = options;
  const infos = await probeShapes(runtime, model, shapes.infos, pictureInput(model.graph, shapes.infos), signal);
  const plan = planCam(model, { infos }, options);
  const target = await classToExplain(model, plan.logits, options);
  const explained = appendMap(model, plan, method, target, size);
  const session = await runtime.load({ path: model.path, appended: explained.appended }, signal);
  await session.release();
  return explained;
}

type ExplainedClass = 'top' | 'input' | { readonly index: number; readonly name?: string };

async function classToExplain(model: Model, { classes }: CamLogits, options: ExportOptions): Promise<ExplainedClass> {
  const wanted = options.class?.trim() ?? 'top';
  if (wanted === 'top' || wanted === 'input') return wanted;
  const names = options.labels ?? (await findLabelsFor(model.path, classes, model.metadata))?.names ?? [];
  const fitting = fitLabels(names, classes) ?? [];
  if (options.labels && fitting.length === 0) {
    throw new Error(`there are ${names.length} labels, but the model has ${classes} classes`);
  }
  const index = /^-?\d+$/.test(wanted) ? Number(wanted) : classNamed(fitting, wanted, classes);
  if (index < 0 || index >= classes) {
    throw new Error(`there is no class ${wanted}; this model has ${classes}, numbered from 0`);
  }
  const name = fitting[index];
  return { index, ...(name !== undefined && { name }) };
}

function ruleOf(explained: ExplainedClass, classInput: string): string {
  if (explained === 'top') return 'the most probable class';
  if (explained === 'input') return `the class given as input '${classInput}'`;
  return explained.name === undefined ? `class ${explained.index}` : `class ${explained.index} (${explained.name})`;
}

/** The gradients of a plan, ending in a map that is ready to show; names that people read carry no prefix. */
function appendMap(
  model: Model,
  plan: CamPlan,
  method: SummedMethod,
  explained: ExplainedClass,
  size: 'layer' | 'input',
): ExplainedModel {
  const { prepared, logits, layer, input } = plan;
  const build = appendixFor(prepared);
  const taken = new Set([...tensorNames(model.graph), ...tensorNames(prepared.model.graph)]);
  const output = free('cam', taken, model.metadata);
  const classInput = free('class', taken, model.metadata);
  const chosen = explained === 'input' ? classInput : chosenClass(build, logits, explained);
  const small = normalised(build, rawMap(build, plan, method, chosen));
  const [height, width] = size === 'input' ? pictureSize(input) : [layer.height, layer.width];
  const shape = [1, 1, height, width];
  const map = size === 'input' ? normalised(build, resized(build, small, shape)) : small;
  const named = { operator: 'Identity', inputs: [map], outputs: [output] };
  const inputs: ValueToWrite[] = explained === 'input' ? [{ name: classInput, type: 'int64', shape: [1] }] : [];
  // Before IR version 4, initializers are inputs with a default.
  if (model.irVersion < 4) inputs.push(...build.constants);
  const rule = ruleOf(explained, classInput);
  const about = {
    layer: layer.tensor,
    method: method.title,
    class: rule,
    range: '0 to 1',
    by: 'EVO Profiler',
  };
  const metadata = Object.fromEntries(Object.entries(about).map(([key, value]) => [`${output}.${key}`, value]));
  const appended = Buffer.concat([
    build.encode(inputs, []),
    encodeAppendix({ nodes: [named], outputs: [{ name: output, type: 'float32', shape }], metadata }),
  ]);
  return {
    ...{ appended, output, shape, layer: layer.tensor, method: method.title, rule },
    ...(explained === 'input' && { classInput }),
    notes: notesOn(model, plan, output),
  };
}

/** The method's map for the chosen class, [1, 1, h, w]; with more than one picture the reshaping fails, rather than be wrong. */
function rawMap(build: AppendixBuilder, plan: CamPlan, method: SummedMethod, chosen: string): string {
  const { prepared, logits, layer } = plan;
  const seed = classSeed(build, logits, chosen);
  const request = { of: logits.tensor, seed, wrt: [layer.tensor] };
  const gradients = gradientsFor(prepared, build, request);
  const map = method.append({
    ...{ build, maths: maths(build, 'float32'), layer },
    activations: asMaps(build, layer.tensor, layer),
    gradients: asMaps(build, gradients.get(layer.tensor) ?? '', layer),
  });
  return reshape(build, map, [1, 1, layer.height, layer.width]);
}

/** Throws with what else can be done where a rule is missing. */
function gradientsFor({ model, infos }: CamPlan['prepared'], build: AppendixBuilder, request: GradientRequest) {
  try {
    return gradient(model, infos, build, request);
  } catch (error) {
    if (!(error instanceof NoGradient)) throw error;
    throw new Error(withoutGradient(error, 'a layer behind it'));
  }
}

/** A name that no tensor and no metadata of the model carries: `cam`, `cam_2`, … */
function free(name: string, tensors: ReadonlySet<string>, metadata: ReadonlyMap<string, string>): string {
  const keys = [...metadata.keys()];
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? name : `${name}_${count}`;
    if (!tensors.has(candidate) && !keys.some((key) => key.startsWith(`${candidate}.`))) return candidate;
  }
}

/** int64 [1]. */
function chosenClass(build: AppendixBuilder, logits: CamLogits, explained: Exclude<ExplainedClass, 'input'>): string {
  if (explained !== 'top') return build.constant('int64', [explained.index]);
  return build.add('ArgMax', [flatScores(build, logits)], { axis: int(0), keepdims: int(1) });
}

/** ReLU, then (v − min) / (1e-7 + max(v − min)), as `minMax` of normalise.ts; [1, 1, h, w]. */
function normalised(build: AppendixBuilder, map: string): string {
  const { of, sub, add, div } = maths(build, 'float32');
  const extreme = (which: Reduction, x: string): string => reduce(build, which, x, [1, 2, 3]);
  const positive = of('Relu', map);
  const shifted = sub(positive, extreme('Min', positive));
  return div(shifted, add(extreme('Max', shifted), 1e-7));
}

/** Bilinear with half-pixel centres (ONNX operator specification, Resize-11): cv2.INTER_LINEAR. */
function resized(build: AppendixBuilder, map: string, shape: readonly number[]): string {
  if (build.opset < 11) {
    throw new Error(
      `a map at the input's size needs opset 11, this model has ${build.opset}: take the layer's size, or export it again`,
    );
  }
  const none = build.opset >= 13 ? '' : build.constant('float32', [], [0]);
  return build.add('Resize', [map, none, none, build.constant('int64', shape)], {
    mode: { type: 'string', value: 'linear' },
    coordinate_transformation_mode: { type: 'string', value: 'half_pixel' },
  });
}

function notesOn({ graph }: Model, { input }: CamPlan, output: string): readonly string[] {
  const declared: Shape | undefined = graph.inputs.find(({ name }) => name === input.name)?.shape;
  const extended = [...tensorNames(graph)].some((name) => name.startsWith(PREFIX));
  return [
    ...(isStatic(declared)
      ? []
      : [`'${output}' is made for an input of ${input.shape.join('×')}: one picture per run`]),
    ...(extended
      ? [`the model was extended before, and its new map is called '${output}': better start from the original`]
      : []),
  ];
}

/** Throws one sentence where the result cannot lie in `file`; before the work that would be lost. */
export async function checkExportTarget(model: Model, file: string): Promise<void> {
  const [source, target] = await Promise.all([fs.stat(model.path), fs.stat(file).catch(() => undefined)]);
  if (target && target.dev === source.dev && target.ino === source.ino) {
    throw new Error(`${path.basename(file)} is the model itself: give the new file another name`);
  }
  const folder = path.dirname(path.resolve(model.path));
  const beside = [...model.graph.constants.values()].some(
    ({ location }) => location.kind === 'file' && location.path !== model.path,
  );
  if (beside && path.dirname(path.resolve(file)) !== folder) {
    throw new Error(`weights of ${path.basename(model.path)} lie in files beside it: write the new model to ${folder}`);
  }
}

/** Writes the model's own bytes, unchanged, and what is appended; a file that is there is replaced only when all is written. */
export async function writeExplained(
  model: Model,
  { appended }: ExplainedModel,
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  await checkExportTarget(model, file);
  const part = `${file}.part`;
  try {
    await pipeline(createReadStream(model.path), createWriteStream(part), { ...(signal && { signal }) });
    await fs.appendFile(part, appended);
    await fs.rename(part, file);
  } catch (error) {
    await fs.rm(part, { force: true });
    signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${file} cannot be written: ${reason}`);
  }
}

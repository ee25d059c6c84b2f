import fs from 'node:fs/promises';

import type { Model } from '../../graph/graph';
import { readOnnx } from '../../onnx/reader';
import { tensorBytes } from '../../onnx/tensor';
import { encodeAppendix, encodeModel } from '../../onnx/writer';
import { inferShapes } from '../../operators/inferShapes';
import type { RuntimeTensor } from '../../protocol/runtime';
import type { Runtime } from '../../runtime/runtime';
import { convertTo } from '../../runtime/runtimeTensor';
import type { Explainer } from '../explain/explainer';
import { pictureInput } from '../layers/target';
import { ratio } from '../maths/ratio';
import { type KnownShapes, planCam } from '../session/camPlan';
import { type CamOutput, openCam } from '../session/camSession';
import { probeShapes } from '../session/probeShapes';
import { checkRunnable } from '../session/runnable';
import { type ExplainedModel, type ExportOptions, explainedModel, writeExplained } from './exportModel';
import type { QuantizationLoss } from './quantizationLoss';
import { planQuantization, quantizedModel } from './quantize/quantizeGraph';
import { rangesOf } from './quantize/ranges';

export interface QuantizeOptions extends ExportOptions {
  /** What the model is calibrated on, and compared with itself afterwards: inputs as the model takes them. */
  readonly pictures: readonly RuntimeTensor[];
  progress?(message: string): void;
}

/** More pictures hardly widen the ranges. */
const MOST_PICTURES = 32;

/**
 * Pictures to calibrate on: all files, or some spread evenly over them where there are many. What cannot be opened is left out
 * where `onFailure` is told why, and ends it otherwise or where nothing can.
 */
export async function calibrationPictures(
  explainer: Explainer,
  files: readonly string[],
  signal?: AbortSignal,
  onFailure?: (error: unknown) => void,
): Promise<readonly RuntimeTensor[]> {
  const step = Math.max(1, files.length / MOST_PICTURES);
  const chosen = files.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
  const pictures: RuntimeTensor[] = [];
  for (const file of chosen) {
    signal?.throwIfAborted();
    try {
      pictures.push((await explainer.subject(file)).input);
    } catch (error) {
      if (!onFailure || (file === chosen.at(-1) && pictures.length === 0)) throw error;
      onFailure(error);
    }
  }
  return pictures;
}

/** A ProtoBuf message ends here. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * Writes the model in int8 (QDQ, min–max calibration) with one more output, its class activation map, to `file`, and
 * says what that loses. Throws one sentence where it cannot be done; nothing is left behind then.
 */
export async function writeQuantizedExplained(
  runtime: Runtime,
  model: Model,
  shapes: KnownShapes,
  file: string,
  options: QuantizeOptions,
): Promise<{ readonly explained: ExplainedModel; readonly loss: QuantizationLoss }> {
  const { pictures, signal, progress } = options;
  if (pictures.length === 0)
    throw new Error('int8 needs pictures to calibrate on: give a folder with a few typical ones');
  const part = `${file}.int8.part`;
  try {
    const bytes = await quantizedBytes(runtime, model, shapes, options);
    await fs.writeFile(part, bytes, { ...(signal && { signal }) });
    const quantized = await readOnnx(part, signal);
    const quantizedShapes = inferShapes(quantized, { batch: 1 });
    progress?.('appending the map…');
    const explained = await explainedModel(runtime, quantized, quantizedShapes, options);
    progress?.('comparing with the original…');
    const original = await answersOf(runtime, model, shapes, options);
    const loss = lossOf(original, await answersOf(runtime, quantized, quantizedShapes, options, original));
    progress?.('writing…');
    await writeExplained(quantized, explained, file, signal);
    return { explained, loss: { ...loss, bytes: { original: model.weightBytes, quantized: quantized.weightBytes } } };
  } finally {
    await fs.rm(part, { force: true });
  }
}

/** The whole file of the quantised model, without a map. */
async function quantizedBytes(
  runtime: Runtime,
  model: Model,
  shapes: KnownShapes,
  { pictures, signal, progress, layer }: QuantizeOptions,
): Promise<Uint8Array> {
  checkRunnable(model);
  const infos = await probeShapes(runtime, model, shapes.infos, pictureInput(model.graph, shapes.infos), signal);
  const { prepared, input } = planCam(model, { infos }, { ...(layer !== undefined && { layer }) });
  const plan = planQuantization(prepared);
  const feeds = pictures.map((picture) => ({ [input.name]: convertTo(input.type, picture) }));
  const ranges = await rangesOf(runtime, prepared, plan.tensors, feeds, {
    ...(signal && { signal }),
    progress: (done, total) => progress?.(`calibrating on picture ${done + 1} of ${total}…`),
  });
  const { graph, irVersion, opsets, metadata } = await quantizedModel(prepared, plan, ranges);
  const initializers = [...graph.constants.values()].map(({ name, type, shape, ...rest }) => ({
    ...{ name, type, shape },
    data: tensorBytes({ name, type, shape, ...rest }),
  }));
  const size = initializers.reduce((sum, { data }) => sum + data.length, 0);
  if (size > MOST_BYTES) throw new Error('the weights exceed 2 GB even in int8, which is more than one file holds');
  const nodes = graph.nodes.map(({ attributes, ...node }) => ({ ...node, attributes: Object.fromEntries(attributes) }));
  return Buffer.concat([
    encodeModel({
      irVersion: Math.max(4, irVersion),
      opsets: Object.fromEntries(opsets),
      graph: { name: graph.name || 'quantized', nodes, initializers, inputs: graph.inputs, outputs: graph.outputs },
    }),
    encodeAppendix({ metadata: Object.fromEntries(metadata) }),
  ]);
}

type Compared = Pick<CamOutput, 'logits' | 'classIndex' | 'map'>;

/** Every picture's scores and map: of its most probable class, or of the one that another model found. */
async function answersOf(
  runtime: Runtime,
  model: Model,
  shapes: KnownShapes,
  { pictures, layer, method, signal }: QuantizeOptions,
  like?: readonly Compared[],
): Promise<readonly Compared[]> {
  const session = await openCam(runtime, model, shapes, {
    ...{ selfCheck: false, timePlain: false },
    ...(layer !== undefined && { layer }),
    ...(signal && { signal }),
  });
  try {
    const answers: Compared[] = [];
    for (const [i, picture] of pictures.entries()) {
      const { logits, classIndex, map } = await session.run(picture, like?.[i]?.classIndex, {
        ...(method !== undefined && { method }),
        signal,
      });
      answers.push({ logits, classIndex, map });
    }
    return answers;
  } finally {
    await session.release();
  }
}

function lossOf(original: readonly Compared[], quantized: readonly Compared[]): Omit<QuantizationLoss, 'bytes'> {
  const pairs = original.flatMap((before, i) => {
    const after = quantized[i];
    return after ? [{ before, after }] : [];
  });
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const best = (values: Float32Array): number => values.indexOf(values.reduce((a, b) => Math.max(a, b)));
  return {
    pictures: pairs.length,
    sameClass: pairs.filter(({ before, after }) => best(before.logits) === best(after.logits)).length,
    scores: mean(pairs.map(({ before, after }) => relativeDifference(after.logits, before.logits))),
    map: mean(
      pairs.map(({ before, after }) =>
        mean([...before.map.values].map((v, i) => Math.abs(v - (after.map.values[i] ?? 0)))),
      ),
    ),
    correlation: mean(pairs.map(({ before, after }) => correlation(before.map.values, after.map.values))),
  };
}

/** Root mean square of the differences over that of `expected` around its mean. */
function relativeDifference(actual: Float32Array, expected: Float32Array): number {
  const centre = expected.reduce((a, b) => a + b, 0) / expected.length;
  let [off, size] = [0, 0];
  for (const [i, value] of expected.entries()) {
    off += ((actual[i] ?? Number.NaN) - value) ** 2;
    size += (value - centre) ** 2;
  }
  return Math.sqrt(ratio(off, size));
}

/** Pearson's. */
function correlation(a: Float32Array, b: Float32Array): number {
  const centre = (values: Float32Array): number => values.reduce((x, y) => x + y, 0) / values.length;
  const [meanA, meanB] = [centre(a), centre(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (const [i, value] of a.entries()) {
    const [x, y] = [value - meanA, (b[i] ?? Number.NaN) - meanB];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}

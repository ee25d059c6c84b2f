import fs from 'node:fs/promises';
import path from 'node:path';
import type { Explainer, Question, Subject } from '../cam/explain/explainer';
import { pictureSize } from '../cam/layers/target';
import type { Truth } from '../cam/metrics';
import { readNpy } from '../display/npy';
import { readModel } from '../formats/modelReader';
import { elementBytes } from '../graph/typedArray';
import { loadLabels } from '../image/labels';
import type { Runtime } from '../runtime/runtime';
import type { AimRequest, CamRequest } from './camRequest';
import type { TruthRequest } from './metricOptions';

/** A model that explains pictures, as the options say. */
export async function openExplainer(
  runtime: Runtime,
  { model, preset, labels, preprocessing }: Pick<CamRequest, 'model' | 'preset' | 'labels' | 'preprocessing'>,
): Promise<Explainer> {
  // Loaded on first use: the native image library costs start-up.
  const { Explainer } = await import('../cam/explain/explainer');
  const names = labels === undefined ? undefined : await loadLabels(labels);
  const explainer = await Explainer.open(runtime, await readModel(model), { preset });
  const { spec, certain, why } = explainer.preprocessing;
  explainer.usePreprocessing({ spec: { ...spec, ...preprocessing }, certain, why });
  if (names) explainer.useLabels(names);
  return explainer;
}

/** What is asked of every picture, once the model is there to name classes and to see what is compared with. */
export async function questionFor<Q extends AimRequest & Pick<Question, 'layer'>>(
  explainer: Explainer,
  { class: wanted, question }: { readonly class?: string | undefined; readonly question: Q },
): Promise<Omit<Q, 'reference'> & Pick<Question, 'classIndex'>> {
  const { reference, ...rest } = question;
  if (wanted !== undefined) return { ...rest, classIndex: await explainer.classIndex(wanted, rest.layer) };
  if (reference === undefined) return rest;
  const { embeddingOf } = await import('../cam/explain/embedding');
  return { ...rest, target: await embeddingOf(explainer, await explainer.subject(reference)) };
}

/** A ready tensor instead of a picture: of its size, where the model takes any. */
export async function readInput(explainer: Explainer, file: string): Promise<Subject> {
  const bytes = await fs.readFile(file).catch((error: Error) => {
    throw new Error(`--input ${file} cannot be read: ${error.message}`);
  });
  const { shape, values } = readNpy(bytes);
  if (!(values instanceof Float32Array)) throw new Error(`${file}: float32 is needed; save it with .astype('float32')`);
  const { spec, ...sure } = explainer.preprocessing;
  const [height, width] = pictureSize({ shape });
  if (explainer.inputGeometry.sizeIsFree && shape.length === 4) {
    explainer.usePreprocessing({ ...sure, spec: { ...spec, height, width } });
  }
  return { name: path.basename(file), input: { type: 'float32', shape, data: elementBytes(values) } };
}

/** Opens masks or boxes. */
export async function truthFor({ path: file, object, colors }: TruthRequest): Promise<Omit<Truth, 'image'>> {
  const { openTruth } = await import('../cam/judging/truthFiles');
  const { readMaskColors } = await import('../cam/truth/mask');
  const source = await openTruth(file, colors === undefined ? undefined : await readMaskColors(colors));
  return { source, ...(object !== undefined && { object }) };
}

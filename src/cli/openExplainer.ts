import fs from 'node:fs/promises';
import path from 'node:path';
import type { Explainer, Subject } from '../cam/explainer';
import type { Truth } from '../cam/metrics';
import { readNpy } from '../display/npy';
import { readModel } from '../formats/modelReader';
import { elementBytes } from '../graph/typedArray';
import { loadLabels } from '../image/labels';
import type { Runtime } from '../runtime/runtime';
import type { CamRequest } from './camRequest';
import type { TruthRequest } from './metricOptions';

/** A model that explains pictures, as the options say. */
export async function openExplainer(
  runtime: Runtime,
  { model, preset, labels, preprocessing }: Pick<CamRequest, 'model' | 'preset' | 'labels' | 'preprocessing'>,
): Promise<Explainer> {
  // Loaded on first use: the native image library costs start-up.
  const { Explainer } = await import('../cam/explainer');
  const names = labels === undefined ? undefined : await loadLabels(labels);
  const explainer = await Explainer.open(runtime, await readModel(model), { preset });
  const { spec, certain, why } = explainer.preprocessing;
  explainer.usePreprocessing({ spec: { ...spec, ...preprocessing }, certain, why });
  if (names) explainer.useLabels(names);
  return explainer;
}

/** A ready tensor instead of a picture. */
export async function readInput(file: string): Promise<Subject> {
  const bytes = await fs.readFile(file).catch((error: Error) => {
    throw new Error(`--input ${file} cannot be read: ${error.message}`);
  });
  const { shape, values } = readNpy(bytes);
  if (!(values instanceof Float32Array)) throw new Error(`${file}: float32 is needed; save it with .astype('float32')`);
  return { name: path.basename(file), input: { type: 'float32', shape, data: elementBytes(values) } };
}

/** Opens masks or boxes. */
export async function truthFor({ path: file, object, colors }: TruthRequest): Promise<Omit<Truth, 'image'>> {
  const { openTruth, readMaskColors } = await import('../cam/truthFiles');
  const source = await openTruth(file, colors === undefined ? undefined : await readMaskColors(colors));
  return { source, ...(object !== undefined && { object }) };
}

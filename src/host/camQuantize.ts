/** The int8 form of the export. Loaded on first use, for it needs the native image library. */
import type * as vscode from 'vscode';
import type { Explainer } from '../cam/explain/explainer';
import { calibrationPictures, type QuantizeOptions, writeQuantizedExplained } from '../cam/export/quantizeModel';
import { inferShapes } from '../operators/inferShapes';
import { localPath } from './files';

export { openExplainer } from './camExplainer';

interface Wanted extends Required<Pick<QuantizeOptions, 'class' | 'signal' | 'progress'>> {
  /** What it is calibrated on. */
  readonly images: readonly vscode.Uri[];
  /** The file to write. */
  readonly file: string;
}

/** Writes the explainer's model in int8 with its map, and says what that loses. */
export async function writeQuantized(explainer: Explainer, { images, file, ...options }: Wanted) {
  const { runtime, model } = explainer;
  options.progress('reading the pictures…');
  const files = await Promise.all(images.map(localPath));
  const pictures = await calibrationPictures(explainer, files, options.signal);
  const shapes = inferShapes(model, { batch: 1 });
  return writeQuantizedExplained(runtime, model, shapes, file, { ...options, pictures });
}

/** What the heat-map panel says in words. */
import { seconds, significant } from '../../src/display/format';
import type { CamClass, CamResult } from '../../src/protocol/camPanel';

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** `tabby`, or `class 281` where no labels are known. */
export function className({ index, name }: Pick<CamClass, 'index' | 'name'>): string {
  return name || `class ${index}`;
}

function targetClass({ classes, targetClass: index }: CamResult): CamClass {
  return classes.find((one) => one.index === index) ?? { index, name: '', probability: Number.NaN, logit: Number.NaN };
}

/** What is explained, for people. */
export function targetName(result: CamResult): string {
  return result.targetTitle ?? className(targetClass(result));
}

export function facts(result: CamResult): readonly Fact[] {
  const { width, height } = result.raw;
  return [
    { label: 'Target layer', value: layerText(result) },
    { label: 'Map', value: `${height}×${width}, ${result.methodTitle}, ${result.mode} mode` },
    ...(result.relativeError === undefined ? [] : [{ label: 'Approximate', value: errorText(result.relativeError) }]),
    ...(result.errorBound === undefined ? [] : [{ label: 'Approximate', value: boundText(result.errorBound) }]),
    { label: 'Self-check', value: result.unchecked ?? selfCheck(result.selfCheck) },
    { label: 'Time', value: times(result.milliseconds) },
    { label: 'Preprocessing', value: result.preprocessing },
  ];
}

/** `relu5 · 512×7×7`, or `mean of 2 layers: relu4, relu5`. */
function layerText({ layers, layer, fused }: CamResult): string {
  const named = (wanted: string) => layers.find(({ tensor }) => tensor === wanted) ?? { label: wanted, shape: '?' };
  if (!fused) return `${named(layer).label} · ${named(layer).shape}`;
  const labels = fused.layers.map((one) => named(one).label);
  return `${fused.fuse} of ${labels.length} layers: ${labels.join(', ')}`;
}

/** NaN crosses to the panel as null. */
function errorText(error: number | null): string {
  if (error === null || !Number.isFinite(error)) return 'by how much is not known';
  return `relative error ${error.toExponential(1)} against reverse mode`;
}

/** NaN crosses to the panel as null. */
function boundText(bound: number | null): string {
  if (bound === null || !Number.isFinite(bound)) return 'by how much is not known';
  return `at most ${bound.toExponential(1)} off, by its own estimate`;
}

/** `plain 12.3 ms · with Grad-CAM 12.9 ms · ×1.05 · model loaded in 320 ms`. */
export function times({ load, plainForward, run }: CamResult['milliseconds']): string {
  const ratio = significant(run / plainForward);
  return [
    `plain ${seconds(plainForward / 1000)}`,
    `with Grad-CAM ${seconds(run / 1000)}`,
    `×${ratio}`,
    `model loaded in ${seconds(load / 1000)}`,
  ].join(' · ');
}

/** NaN crosses to the panel as null. */
function selfCheck(error: number | null): string {
  if (error === null || !Number.isFinite(error)) return 'not made';
  return `gradient within ${error === 0 ? '0' : error.toExponential(1)} of a finite difference`;
}

/** A file's name without its ending: `dog.png`, Samoyed → `dog-samoyed-gradcam`. */
export function fileName(result: CamResult): string {
  const image = result.imageName.replace(/\.[^.]*$/, '');
  const [first = ''] = targetName(result).split(',');
  const plain = (text: string): string => text.replace(/[^\p{L}\p{N}_-]+/gu, '-').replace(/^-|-$/g, '');
  const method = `${result.method.replaceAll('+', '-plus')}${result.eigen ? '-eigen' : ''}`;
  return `${plain(image)}-${plain(first).toLowerCase()}-${method}`;
}

/** The classes whose name or number contains the text; a number that is not listed is offered as a class of its own. */
export function matchingClasses(classes: readonly CamClass[], filter: string): readonly CamClass[] {
  const text = filter.trim().toLowerCase();
  if (text === '') return classes;
  const found = classes.filter((one) => className(one).toLowerCase().includes(text) || String(one.index) === text);
  const unlisted = /^\d+$/.test(text) && !classes.some(({ index }) => String(index) === text);
  return unlisted ? [...found, { index: Number(text), name: '', probability: Number.NaN, logit: Number.NaN }] : found;
}

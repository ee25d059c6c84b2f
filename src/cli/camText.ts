import { measure, percent } from '../display/format';
import { textTable } from '../latency/textTable';
import type { CamBox, CamMapData, CamMetric, CamResult } from '../protocol/camPanel';
import type { Answer, Answers } from './cam';

/** What is printed about one picture. */
export function toTable(answers: Answers): string {
  const [{ result, measured, confidence }] = answers;
  const judged = measured ? ['', ...metricLines(measured.metrics, confidence)] : [];
  const several = answers.length > 1 ? ['', methodTable(answers)] : [];
  const boxes = boxLines(result.boxes ?? []);
  return [...classLines(result), ...boxes, '', ...factLines(result), ...(several.length > 0 ? several : judged)].join(
    '\n',
  );
}

/** The five most probable classes, and those that are explained. */
function classLines({ classes, about }: CamResult): readonly string[] {
  const shown = classes.filter(({ index }, rank) => rank < 5 || about.includes(index));
  return shown.map(({ index, name, probability }) => {
    const mark = about.includes(index) ? '▸' : ' ';
    return `${mark} ${String(index).padStart(4)}  ${percent(probability).padStart(7)}  ${name}`;
  });
}

/** What a detector found: the number that a target asks for, the score, the class, left, top and size in input pixels. */
function boxLines(boxes: readonly CamBox[]): readonly string[] {
  const lines = boxes.slice(0, 10).map(({ anchor, score, name, class: index, x, y, width, height }) => {
    const [left = 0, top = 0, wide = 0, high = 0] = [x, y, width, height].map(Math.round);
    return `  ${String(anchor).padStart(6)}  ${percent(score).padStart(7)}  ${name || `class ${index}`}  ${left}, ${top}, ${wide}×${high}`;
  });
  return lines.length > 0 ? ['', 'boxes (--target box:N)', ...lines] : [];
}

function factLines(result: CamResult): readonly string[] {
  const { raw, layer, methodTitle, selfCheck, preprocessing, note, empty, mode, fellBack } = result;
  const { unchecked } = result;
  const error = unchecked ?? `${selfCheck.toExponential(1)} relative error of the gradient`;
  const off = errorText(result);
  const { fused, targetTitle, augment } = result;
  return [
    ...(targetTitle === undefined ? [] : [`target         ${targetTitle}`]),
    fused
      ? `layers         ${fused.layers.join(', ')}: their ${fused.fuse}`
      : `layer          ${layer} (${raw.height}×${raw.width})`,
    `method         ${methodTitle}${augment ? ', mean of six copies of the picture' : ''}`,
    ...(mode === 'reverse' ? [] : [`mode           ${mode}${off}`]),
    `preprocessing  ${preprocessing}`,
    `self-check     ${error}`,
    ...(fellBack === undefined ? [] : [fellBack]),
    ...(empty === undefined ? [] : [empty]),
    ...(note ? [note] : []),
  ];
}

/** How far a mode's map is from the exact one, or may be. */
function errorText({ relativeError, errorBound }: CamResult): string {
  if (relativeError !== undefined) return `, ${relativeError.toExponential(1)} from reverse mode`;
  return errorBound === undefined ? '' : `, at most ${errorBound.toExponential(1)} off by its own estimate`;
}

/** An arrow says which way is better. */
function metricLines(metrics: readonly CamMetric[], confidence = Number.NaN): readonly string[] {
  const rows = metrics.map(({ title, value, unit, better, note }) => [
    title,
    measure(value, unit),
    ARROWS[better ?? 'neither'],
    note,
  ]);
  return [
    `confidence     ${measure(confidence, 'score').replace('+', '')}`,
    '',
    textTable([['metric', 'value', '', ''], ...rows], [false, true, false, false]),
  ];
}

export const ARROWS = { more: '↑', less: '↓', neither: '' } as const;

/** A line for every method: where its map is brightest, the range of the map before ReLU, and what it is worth. */
function methodTable(answers: Answers): string {
  const [{ measured }] = answers;
  const columns = measured?.metrics ?? [];
  const lines = answers.map((answer) => {
    if ('failure' in answer) return [answer.method, answer.failure];
    const { method, methodTitle, map, raw, allZero } = answer.result;
    const { x, y } = peak(map);
    const { min, max } = range(raw.values);
    const values = answer.measured?.metrics.map(({ value, unit }) => measure(value, unit)) ?? [];
    return [method, methodTitle, allZero ? 'empty' : `${x}, ${y}`, min.toPrecision(3), max.toPrecision(3), ...values];
  });
  const head = columns.map(({ id, better }) => `${id} ${ARROWS[better ?? 'neither']}`.trimEnd());
  const header = ['method', '', 'peak x, y', 'least', 'greatest', ...head];
  return textTable(
    [header, ...lines],
    header.map((_, i) => i > 1),
  );
}

/** Pixel of the input where a map is greatest. */
function peak({ width, values }: CamMapData): { readonly x: number; readonly y: number } {
  const index = values.indexOf(range(values).max);
  return { x: index % width, y: Math.floor(index / width) };
}

function range(values: Float32Array): { readonly min: number; readonly max: number } {
  return {
    min: values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    max: values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  };
}

/** The document of design: classes, target, map, selfCheck, milliseconds; with several methods, `methods` too. */
export function toJson(answers: Answers, total: number): object {
  const [{ result, ...judged }] = answers;
  const { classes, about, layer, layers, method, eigen, mode, map, allZero, selfCheck, milliseconds, note } = result;
  const { targetTitle, fused, augment, fellBack, relativeError, errorBound, unchecked, leak } = result;
  return {
    classes: classes.map(({ name, ...rest }) => ({ ...rest, ...(name && { name }) })),
    target: {
      ...(about.length === 1 && { class: about[0] }),
      ...(about.length > 1 && { classes: about }),
      ...(targetTitle !== undefined && { title: targetTitle }),
      layer,
      layerShape: layers.find(({ tensor }) => tensor === layer)?.shape,
      ...(fused && { fused }),
      method,
      ...(eigen && { eigen }),
      ...(augment && { augment }),
      mode,
      ...(fellBack !== undefined && { fellBack }),
      ...(relativeError !== undefined && { relativeError }),
      ...(errorBound !== undefined && { errorBound }),
      ...(leak !== undefined && { leak }),
    },
    ...(result.boxes && { boxes: result.boxes }),
    map: { shape: [map.height, map.width], ...range(map.values), allZero },
    ...metricsJson(judged),
    ...(answers.length > 1 && { methods: answers.map(methodJson) }),
    selfCheck: {
      relativeError: Number.isNaN(selfCheck) ? null : selfCheck,
      ...(unchecked !== undefined && { unchecked }),
    },
    milliseconds: { ...milliseconds, total },
    ...(note && { note }),
  };
}

function methodJson(answer: Answers[number]): object {
  if ('failure' in answer) return answer;
  const { method, methodTitle, raw, map, allZero } = answer.result;
  const { measured, confidence } = answer;
  return {
    ...{ method, title: methodTitle, raw: range(raw.values), allZero },
    ...(!allZero && { peak: peak(map) }),
    ...metricsJson({ ...(measured && { measured }), ...(confidence !== undefined && { confidence }) }),
  };
}

/** Unknown values are null, which is what JSON makes of NaN. */
function metricsJson({ measured, confidence }: Omit<Answer, 'result'>): object {
  return measured ? { confidence, ...measured } : {};
}

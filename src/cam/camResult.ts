import path from 'node:path';
import type { GuessedPreprocessing } from '../image/guessPreprocessing';
import { topClasses } from '../image/labels';
import { describePreprocessing } from '../image/preprocessing';
import type { CamLayer, CamMethodOption, CamResult } from '../protocol/camPanel';
import type { CamMethod } from './camMethod';
import type { CamOutput, CamSession } from './camSession';
import type { Question } from './explainer';
import type { CamLayer as TargetLayer } from './layers';
import { channelsNote, costOf } from './methodGrid';
import { camMethod, isSmoothable, METHODS } from './methods';
import type { CamMap } from './normalise';
import type { CamLogits } from './target';

/** What a result is made of. */
export interface Answered {
  readonly imageName: string;
  readonly question: Question;
  readonly session: CamSession;
  readonly output: CamOutput;
  readonly labels: readonly string[];
  readonly preprocessing: GuessedPreprocessing;
  /** Of all layers and copies of the picture. */
  readonly map: CamMap;
  readonly allZero: boolean;
  /** The layers whose maps were fused. */
  readonly layers: readonly string[];
}

/** An explanation as the panel and the command line show it. */
export function camResult(answered: Answered): CamResult {
  const { question, session, output, preprocessing, layers, map, allZero } = answered;
  const { target, fuse = 'mean', eigen = false, augment = false, channels } = question;
  const { fellBack, relativeError, modes } = output;
  return {
    modelName: path.basename(session.plan.prepared.model.path),
    imageName: answered.imageName,
    classes: topClasses(output, { names: answered.labels, keep: output.classIndex }),
    targetClass: output.classIndex,
    ...(target && { target, targetTitle: output.targetTitle }),
    layer: output.layer,
    layers: session.layers.map(panelLayer),
    ...(layers.length > 1 && { fused: { layers, fuse } }),
    method: output.method,
    methodTitle: output.methodTitle,
    eigen,
    ...(augment && { augment }),
    ...(channels !== undefined && { channels }),
    methods: methodOptions(session, question),
    mode: output.mode,
    ...(modes && { modes }),
    ...(fellBack !== undefined && { fellBack }),
    ...(relativeError !== undefined && { relativeError }),
    raw: output.raw,
    ...{ map, allZero },
    selfCheck: output.selfCheckRelativeError,
    milliseconds: output.milliseconds,
    note: [
      noteOn(preprocessing, session.logits, camMethod(output.method)),
      channelsNote(camMethod(output.method), session.layer, question) ?? '',
    ]
      .join(' ')
      .trim(),
    preprocessing: describePreprocessing(preprocessing.spec),
  };
}

function methodOptions({ layer }: CamSession, question: Question): readonly CamMethodOption[] {
  return Object.values<CamMethod>(METHODS).map((method) => {
    const cost = costOf(method, layer, question);
    const { id, title, needs } = method;
    return { id, title, needs, smooth: isSmoothable(method), ...(cost && { cost }) };
  });
}

function noteOn({ certain, why }: GuessedPreprocessing, { head, shape }: CamLogits, method: CamMethod): string {
  const classless = `${method.title} looks at activations alone: its map is the same for every class.`;
  const scores = `Scores per channel, not class probabilities: the output ${shape.join('×')} looks like a detector's or a segmenter's.`;
  return [
    ...(certain ? [] : [`Preprocessing is a guess (${why}).`]),
    ...(head === 'none' ? [scores] : []),
    ...(method.needs === 'activations' ? [classless] : []),
  ].join(' ');
}

function panelLayer({ tensor, label, channels, height, width }: TargetLayer): CamLayer {
  return { tensor, label, shape: `${channels}×${height}×${width}` };
}

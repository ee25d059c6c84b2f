import path from 'node:path';
import type { GuessedPreprocessing } from '../../image/guessPreprocessing';
import { topClasses } from '../../image/labels';
import { describePreprocessing } from '../../image/preprocessing';
import type { CamLayer, CamMethodOption, CamResult } from '../../protocol/camPanel';
import type { CamMethod } from '../camMethod';
import type { CamLayer as TargetLayer } from '../layers/layers';
import type { CamLogits } from '../layers/target';
import type { CamMap } from '../maths/normalise';
import { camMethod, isSmoothable, METHODS } from '../methods';
import type { CamOutput, CamSession } from '../session/camSession';
import type { Question } from './explainer';
import { channelsNote, costOf } from './methodGrid';

/** What a result is made of. */
export interface Answered {
  readonly imageName: string;
  readonly question: Question;
  readonly session: CamSession;
  readonly output: CamOutput;
  readonly labels: readonly string[];
  /** Undefined for a ready tensor. */
  readonly preprocessing: GuessedPreprocessing | undefined;
  /** Of all layers and copies of the picture. */
  readonly map: CamMap;
  readonly allZero: boolean;
  /** The layers whose maps were fused. */
  readonly layers: readonly string[];
}

/** An explanation as the panel and the command line show it. */
export function camResult(answered: Answered): CamResult {
  const { question, session, output, preprocessing, layers, map, allZero } = answered;
  const { target, fuse = 'mean', eigen = false, augment = false, channels, pooling, leak } = question;
  const { fellBack, relativeError, errorBound, unchecked, modes } = output;
  return {
    modelName: path.basename(session.plan.prepared.model.path),
    imageName: answered.imageName,
    classes: topClasses(output, { names: answered.labels, keep: [...output.about, output.classIndex] }),
    targetClass: output.classIndex,
    about: output.about,
    ...(target && { target, targetTitle: output.targetTitle }),
    layer: output.layer,
    layers: session.layers.map(panelLayer),
    ...(layers.length > 1 && { fused: { layers, fuse } }),
    method: output.method,
    methodTitle: output.methodTitle,
    eigen,
    ...(augment && { augment }),
    ...(channels !== undefined && { channels }),
    ...(pooling !== undefined && { pooling }),
    ...(leak !== undefined && { leak }),
    methods: methodOptions(session, question),
    mode: output.mode,
    ...(question.mode !== undefined && { modeAsked: true }),
    ...(modes && { modes }),
    ...(fellBack !== undefined && { fellBack }),
    ...(relativeError !== undefined && { relativeError }),
    ...(errorBound !== undefined && { errorBound }),
    raw: output.raw,
    ...{ map, allZero, ...(allZero && { empty: emptySentence(answered) }) },
    selfCheck: output.selfCheckRelativeError,
    ...(unchecked !== undefined && { unchecked }),
    milliseconds: output.milliseconds,
    note: [
      noteOn(preprocessing, session.logits, camMethod(output.method)),
      channelsNote(camMethod(output.method), session.layer, question) ?? '',
      output.checkNote,
    ]
      .filter((sentence) => sentence !== '')
      .join(' ')
      .trim(),
    preprocessing: preprocessing ? describePreprocessing(preprocessing.spec) : 'none: a ready tensor',
  };
}

/** That nothing speaks for what is explained. */
function emptySentence({ question: { target }, output, labels }: Answered): string {
  const name = labels[output.classIndex] || `class ${output.classIndex}`;
  const wanted = target ? `makes ${output.targetTitle} greater` : `speaks for ${name}`;
  return `Nothing at this layer ${wanted}: the map is empty.`;
}

function methodOptions({ layer }: CamSession, question: Question): readonly CamMethodOption[] {
  return Object.values<CamMethod>(METHODS).map((method) => {
    const cost = costOf(method, layer, question);
    const { id, title, needs } = method;
    const pooled = method.needs !== 'runs' && method.pooled !== undefined;
    return { id, title, needs, smooth: isSmoothable(method), ...(pooled && { pooled }), ...(cost && { cost }) };
  });
}

function noteOn(
  preprocessing: GuessedPreprocessing | undefined,
  { head, shape }: CamLogits,
  method: CamMethod,
): string {
  const classless = `${method.title} looks at activations alone: its map is the same for every class.`;
  const scores = `Scores per channel, not class probabilities: the output ${shape.join('×')} looks like a detector's or a segmenter's.`;
  return [
    ...(preprocessing && !preprocessing.certain ? [`Preprocessing is a guess (${preprocessing.why}).`] : []),
    ...(head === 'none' ? [scores] : []),
    ...(method.needs === 'activations' ? [classless] : []),
  ].join(' ');
}

function panelLayer({ tensor, label, channels, height, width }: TargetLayer): CamLayer {
  return { tensor, label, shape: `${channels}×${height}×${width}` };
}

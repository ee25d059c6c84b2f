import { seenIn } from '../cam/detection/seen';
import type { Explainer, Question, Subject } from '../cam/explain/explainer';
import { camMetrics, type Measured } from '../cam/metrics';
import { MODES } from '../cam/modes';
import { TARGET_USAGES } from '../cam/targets';
import { OPTION_HELP } from '../protocol/camOptions';
import type { CamResult } from '../protocol/camPanel';
import { errorMessage } from '../protocol/rpc';
import type { Runtime } from '../runtime/runtime';
import { writeFiles } from './camFiles';
import { measureImages } from './camFolder';
import { type CamRequest, camRequest, METHOD_IDS } from './camRequest';
import { animateImages } from './camSequence';
import { toJson, toTable } from './camText';
import { type Command, emit, progress } from './command';
import { METRIC_HELP } from './metricOptions';
import { openExplainer, questionFor, readInput, truthFor } from './openExplainer';
import { PREPROCESSING_HELP } from './preprocessingOptions';
import { withRuntime } from './runtime';

export const camCommand: Command = {
  name: 'cam',
  usage:
    'cam MODEL --image FILE|--images FOLDER [--class INDEX|NAME] [--layer TENSOR] [--method LIST] [--metrics] [--output overlay.png]',
  help: `Runs the model and shows which pixels speak for a class (Grad-CAM and its kin), and how far to trust the map.
--image FILE                 a picture; --images FOLDER: all in it; or --input FILE.npy: a ready float32 tensor
--class INDEX|NAME           default: the most probable class
--target KIND                instead of a class: ${TARGET_USAGES.join(', ')}
--layer TENSOR               target layer; default: chosen automatically
--layers A,B --fuse HOW      the maps of several layers as one: their mean (default), max or product
--method LIST|all            one or more of ${wrapped(METHOD_IDS)}; default gradcam
--mode NAME                  how Grad-CAM's gradient is made: ${Object.values(MODES)
    .map(({ id }) => id)
    .join(', ')}; default: automatic
--eigen                      ${OPTION_HELP.eigen}
--augment                    the mean of the maps of six changed copies of the picture
--channels N|all             ${OPTION_HELP.channels}
--pooling N                  ${OPTION_HELP.pooling}
--leak SLOPE                 ${OPTION_HELP.leak}
${METRIC_HELP}
${PREPROCESSING_HELP}
--labels FILE                class names, one for each class
--output FILE.png            the picture under its heat map
--colormap NAME --opacity X --blend alpha|additive   for --output and --report; default turbo, 0.5, alpha
--map FILE.npy|.csv          the normalised map at input size
--raw FILE.npy|.csv          the low-resolution map before normalisation
--report FILE.html           a page that needs nothing else: picture, maps, classes, metrics
--csv FILE                   of --images: a line for each picture and method, and the means
--gif FILE.gif|.webp         of --images, a folder or an animation: every picture under its heat map
--over sequence|frame        for --gif: maps of one scale (default), which do not flicker, or each of its own
--format table|json`,
  async run(args) {
    const request = await camRequest(args);
    const { source } = request;
    if ('images' in source) {
      const { gif } = request;
      return gif === undefined ? measureImages(source.images, request) : animateImages(source.images, gif, request);
    }
    const started = performance.now();
    const { subject, answers } = await withRuntime((runtime) => explainOne(runtime, request, source));
    const total = performance.now() - started;
    progress('');
    await writeFiles(answers[0], subject, request);
    const json = () => JSON.stringify(toJson(answers, total), undefined, 1);
    await emit(request.format === 'json' ? json() : toTable(answers), undefined);
    return 0;
  },
};

/** One map, with what it is worth where that was asked. */
export type Answer = { readonly result: CamResult } & Partial<Omit<Measured, 'result'>>;
/** What was asked of one method in a list could not be done. */
export interface Refusal {
  readonly method: string;
  readonly failure: string;
}
/** For every method that is asked for; the first that could be done is what the rest of the output is about. */
export type Answers = readonly [Answer, ...(Answer | Refusal)[]];

type OneSource = Exclude<CamRequest['source'], { readonly images: string }>;

async function explainOne(runtime: Runtime, request: CamRequest, source: OneSource) {
  progress('reading the model…');
  const explainer = await openExplainer(runtime, request);
  const subject: Subject =
    'image' in source ? await explainer.subject(source.image) : await readInput(explainer, source.input);
  const question: Question = {
    ...(await questionFor(explainer, request)),
    onProgress: (done, of) => progress(`running the model… ${Math.floor(done)} of ${of}`),
  };
  progress('running the model…');
  const ask = await asker(explainer, subject, question, request, source);
  const [first, ...others] = await each(request.methods, ask);
  const seen = await seenIn(explainer, subject);
  return { subject, answers: [{ ...first, result: { ...first.result, ...seen } }, ...others] as const };
}

type Ask = (how: CamRequest['methods'][number]) => Promise<Answer>;

async function asker(
  explainer: Explainer,
  subject: Subject,
  question: Question,
  { judge }: CamRequest,
  source: OneSource,
): Promise<Ask> {
  if (judge.metrics?.length === 0) {
    return async (how) => ({ result: await explainer.explain(subject, { ...question, ...how }) });
  }
  const found = judge.truth && (await truthFor(judge.truth));
  const truth = found && 'image' in source ? { ...found, image: source.image } : undefined;
  const { metrics, metricOptions } = judge;
  const asked = {
    ...{ ...question, metricOptions },
    ...(metrics && { metrics }),
    onRun: (done: number, of: number) => progress(`judging the map… ${done} of ${of} runs`),
  };
  return (how) => camMetrics(explainer, subject, { ...asked, ...how }, truth);
}

/** A single method's failure is the command's; in a list it is a line. */
async function each(methods: CamRequest['methods'], ask: Ask): Promise<Answers> {
  const refusals: Refusal[] = [];
  const answers: (Answer | Refusal)[] = [];
  let first: Answer | undefined;
  for (const how of methods) {
    try {
      const answer = await ask(how);
      if (first) answers.push(answer);
      first ??= answer;
    } catch (error) {
      const refusal = { method: how.method ?? 'gradcam', failure: errorMessage(error) };
      (first ? answers : refusals).push(refusal);
    }
  }
  if (first) return [first, ...refusals, ...answers];
  throw new Error(refusals[0]?.failure ?? 'name a method');
}

/** A list of words, so many a line as fit under the others. */
function wrapped(words: readonly string[]): string {
  return words
    .map((word, i) => (i > 0 && i % 7 === 0 ? `\n${' '.repeat(29)}${word}` : word))
    .join(', ')
    .replaceAll(', \n', ',\n');
}

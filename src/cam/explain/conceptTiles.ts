import type { CamConcepts } from '../../protocol/camPanel';
import { channelNames } from '../detection/channelNames';
import { pictureSize } from '../layers/target';
import { thumbnail } from '../maths/thumbnail';
import { factorMaps } from '../methods/deepFeatureFactorization';
import type { Explainer, Question, Subject } from './explainer';

/** So many classes are named of each concept. */
const NAMED = 3;

/** The concepts of Deep Feature Factorization: where each is, and the classes' scores where it fills the picture. */
export async function conceptTiles(
  explainer: Explainer,
  subject: Subject,
  question: Question = {},
): Promise<CamConcepts> {
  const bench = await explainer.bench(subject, question);
  const plan = await explainer.plan(question.layer, question.signal);
  const names = channelNames(plan, plan.logits, await explainer.labels());
  const { concepts, chosen, residual } = await factorMaps(bench);
  const { height, width } = bench.layer;
  const tiles = concepts.map(({ map: values, logits }, k) => {
    const raw = { width, height, values };
    const ranked = [...logits].map((score, index) => ({ score, index })).sort((a, b) => b.score - a.score);
    const scores = ranked
      .slice(0, NAMED)
      .map(({ score, index }) => ({ name: names[index] || `class ${index}`, score }));
    return { id: String(k), title: `Concept ${k + 1}`, raw, map: thumbnail(raw, pictureSize(bench.input)), scores };
  });
  return { tiles, chosen: String(chosen), residual };
}

import { type CamTarget, type ChoiceOf, type TargetKind, type TargetPlan, wholeNumber } from '../camTarget';
import { boxScores } from '../detection/boxScores';
import { type DetectionHead, fieldElement } from '../detection/detectionHead';
import { detectionHeads } from '../detections';

const USAGE = 'box:N, box:N:class, box:N:class:M, box:N:coordinates or box:N:coordinates:0 (to 3)';

/** A box of a detector: the score it is drawn with, or its coordinates as the model writes them. */
export const boxTarget: TargetKind<'box'> = {
  kind: 'box',
  usage: USAGE,
  async parse(text) {
    const [anchor = '', part = 'class', index, ...more] = text.split(':');
    if ((part !== 'class' && part !== 'coordinates') || more.length > 0) {
      throw new Error(`'${text}' names no box; write ${USAGE}`);
    }
    const box = { kind: 'box', anchor: wholeNumber(anchor, USAGE), part } as const;
    return index === undefined ? box : { ...box, index: wholeNumber(index, USAGE) };
  },
  fits: (plan) => detectionHeads(plan).some(({ noGradient }) => noGradient === undefined),
  target(choice, plan) {
    const head = boxHead(choice, plan);
    if (head.noGradient !== undefined) throw new Error(head.noGradient);
    if (choice.anchor >= head.anchors || choice.anchor < 0) {
      throw new Error(`there is no box ${choice.anchor}; this model has ${head.anchors}, numbered from 0`);
    }
    return choice.part === 'class' ? scoreOf(choice, head) : coordinatesOf(choice, head);
  },
};

/** The detector's output that a box is of. Throws one sentence where there is none. */
export function boxHead({ output }: ChoiceOf<'box'>, plan: TargetPlan): DetectionHead {
  const heads = detectionHeads(plan);
  const isAsked = ({ boxes, scores }: DetectionHead): boolean =>
    output === undefined || output === boxes.tensor || output === scores.tensor;
  const head = heads.find((one) => isAsked(one) && !one.noGradient) ?? heads.find(isAsked);
  if (head) return head;
  const outputs = plan.prepared.model.graph.outputs.map(({ name }) => {
    return `'${name}' ${plan.prepared.infos.get(name)?.shape?.join('×') ?? 'of open shape'}`;
  });
  throw new Error(
    `the outputs (${outputs.join(', ')}) are no known detector's, so there are no boxes; ` +
      'choose an element of an output instead',
  );
}

/** Objectness · class score. A finished box has one score, of the class it was given, whatever class is asked for. */
function scoreOf({ anchor, index: asked }: ChoiceOf<'box'>, head: DetectionHead): CamTarget {
  const { scores, objectness, labels } = head;
  const index = labels ? undefined : asked;
  const { objectness: _sure, labels: _given, ...ofClasses } = head;
  const bestOf = (values: Float32Array) => boxScores(ofClasses, new Map([[scores.tensor, values]]))(anchor).class;
  if (index !== undefined && index >= scores.channels) {
    throw new Error(`there is no class ${index}; this model has ${scores.channels}, numbered from 0`);
  }
  return {
    title: `box ${anchor}, ${index === undefined ? 'its class' : `class ${index}`}`,
    of: scores.tensor,
    at(values) {
      const place = (channel: number): number => fieldElement(scores, anchor, channel);
      const number = (channel: number): number => values[place(channel)] ?? Number.NaN;
      const chosen = index ?? bestOf(values);
      const object = objectness ? fieldElement(objectness, anchor, 0) : undefined;
      const sure = object === undefined ? 1 : (values[object] ?? Number.NaN);
      const cotangent = new Float32Array(values.length);
      cotangent[place(chosen)] = sure;
      if (object !== undefined) cotangent[object] = number(chosen);
      return { score: sure * number(chosen), cotangent };
    },
  };
}

/** The sum of the four numbers, or one of them. */
function coordinatesOf({ anchor, index }: ChoiceOf<'box'>, { boxes }: DetectionHead): CamTarget {
  if (index !== undefined && index > 3) throw new Error(`a box has four coordinates, 0 to 3; there is no ${index}`);
  return {
    title: `box ${anchor}, ${index === undefined ? 'where it lies' : `coordinate ${index}`}`,
    of: boxes.tensor,
    at(values) {
      const places = [0, 1, 2, 3].filter((k) => index === undefined || k === index);
      const cotangent = new Float32Array(values.length);
      let score = 0;
      for (const k of places) {
        const place = fieldElement(boxes, anchor, k);
        cotangent[place] = 1;
        score += values[place] ?? Number.NaN;
      }
      return { score, cotangent };
    },
  };
}

import { downstream, upstream } from '../../autodiff/reach';
import { percent } from '../../display/format';
import { isFloat } from '../../graph/dataTypes';
import { tensorsRead } from '../../graph/scope';
import { int, reduce } from '../../operators/gradientTools';
import type { RuntimeTensors } from '../../protocol/runtime';
import type { Runtime } from '../../runtime/runtime';
import { float32Tensor, int64Tensor, toFloat32 } from '../../runtime/runtimeTensor';
import { classSeed, fromMaps, type Prepared } from './camGraph';
import type { CamPlan } from './camPlan';
import { encodeTail, type Tail, tailBuilder } from './tail';

interface Explained extends Pick<CamPlan, 'logits' | 'layer'> {
  /** From the layer to the logits. */
  readonly tail: Tail;
}

interface Answer {
  readonly logits: Float32Array;
  readonly classIndex: number;
  /** [C, h, w] */
  readonly activations: Float32Array;
  readonly gradient: Float32Array;
}

/** Wanted changes of the score, relative to its scale: too large meets kinks, too small drowns in rounding. */
const CHANGES = [1e-2, 1e-3, 1e-1, 1e-4];
/** Below this relative error no other step is tried. */
const GOOD = 1e-3;

/** From this error on, a sentence says where it comes from. */
const POOR = 0.1;
/** Operators that round or jump, which a gradient does not see. */
const JUMPING =
  /^(QLinear.*|.*QuantizeLinear|.*Integer|Where|Round|Floor|Ceil|Sign|Mod|TopK|Hardmax|ArgM.*|Greater.*|Less.*|Equal|NonZero|RoiAlign)$/;

/** What a large error of the self-check comes from; '' where it is small, or not known. */
export function checkNote(error: number, { model }: Pick<Tail, 'model'>): string {
  if (!(error >= POOR)) return '';
  const kinds = [...new Set(model.graph.nodes.map(({ operator }) => operator).filter((one) => JUMPING.test(one)))];
  const why =
    kinds.length > 0
      ? `${kinds.join(', ')} behind the layer rounds or jumps, and the gradient passes as if it did not`
      : 'the score has a kink or jumps close by';
  return `The gradient is ${percent(error)} off a finite difference: ${why}; compare with the mode finite-difference.`;
}

/**
 * Compares the gradient with the model itself: ⟨gradient, u⟩ against (y_c(A + εu) − y_c(A − εu)) / 2ε along one random
 * direction u. `fed` are the tail's inputs. Answers the relative error at the best of four steps; NaN where the gradient
 * is zero.
 */
export async function checkGradient(
  runtime: Runtime,
  explained: Explained,
  fed: RuntimeTensors,
  answer: Answer,
  signal?: AbortSignal,
): Promise<number> {
  const { gradient } = answer;
  const { channels, height, width } = explained.layer;
  const direction = randomDirection(gradient, answer.activations);
  const slope = gradient.reduce((sum, g, i) => sum + g * (direction[i] ?? 0), 0);
  if (slope === 0) return Number.NaN;
  const graph = buildCheckGraph(explained);
  const session = await runtime.load({ path: explained.tail.model.path, whole: graph.whole }, signal);
  try {
    let least = Number.POSITIVE_INFINITY;
    for (const change of CHANGES) {
      const epsilon = (change * scale(answer.logits)) / (2 * slope);
      const feeds = {
        ...fed,
        [graph.classInput]: int64Tensor([answer.classIndex], [1]),
        [graph.step]: float32Tensor(
          direction.map((u) => epsilon * u),
          [1, channels, height, width],
        ),
      };
      const { outputs } = await session.run(feeds, [graph.difference], signal);
      const difference = outputs[graph.difference];
      const measured = difference ? (toFloat32(difference)[0] ?? Number.NaN) / (2 * epsilon) : Number.NaN;
      const error = Math.abs(measured - slope) / Math.max(Math.abs(slope), Math.abs(measured));
      if (error < least) least = error;
      if (least < GOOD) break;
    }
    return least;
  } finally {
    await session.release();
  }
}

/**
 * u = ρ·g + n with ρ in [0, 2) and n of g's root mean square, both random: along g, so that the score changes
 * measurably, and across it, so that entries that are wrongly zero show. Zero where A is: there rectifiers and tied
 * maxima have their kinks, and a difference across a kink is no derivative.
 */
function randomDirection(gradient: Float32Array, activations: Float32Array): Float32Array {
  const random = generator();
  const rms = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0) / gradient.length);
  return gradient.map((g, i) => {
    if (activations[i] === 0) return 0;
    return 2 * random() * g + (random() < 0.5 ? rms : -rms);
  });
}

/** Numbers in [0, 1), the same at every check: a linear congruential generator with the constants of Numerical Recipes. */
function generator(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What a change of the score is measured by: the spread of all scores, well above their rounding. */
function scale(logits: Float32Array): number {
  const least = logits.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const greatest = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return Math.max(greatest - least, 1e-2 * Math.abs(greatest), 1e-6);
}

/** Whether a tensor holds integers; on the way of a gradient they stand for real numbers. */
function isQuantised(infos: Prepared['infos'], tensor: string): boolean {
  const type = infos.get(tensor)?.type;
  return type !== undefined && !isFloat(type);
}

/** Appends the nodes from the layer to the scores twice more: once a step ahead, once a step back. */
function buildCheckGraph({ tail, logits, layer }: Explained) {
  const { model, infos } = tail;
  const { nodes } = model.graph;
  const build = tailBuilder(tail);
  const [classInput, step] = [build.reserve('class'), build.reserve('step')];
  const { tensor: seed } = classSeed(build, logits, classInput);
  const nativeStep = fromMaps(build, step, layer);
  const [from, to] = [downstream(nodes, infos, [layer.tensor]), upstream(nodes, [logits.tensor])];
  const between = nodes.filter(
    (node) => tensorsRead(node).some((name) => from.has(name)) && node.outputs.some((name) => to.has(name)),
  );
  const score = (operator: 'Add' | 'Sub'): string => {
    const moved = new Map([[layer.tensor, build.add(operator, [layer.tensor, nativeStep])]]);
    const rename = (tensor: string): string => moved.get(tensor) ?? build.wide(tensor);
    for (const node of between) {
      const [input = ''] = node.inputs;
      const [output = ''] = node.outputs;
      // Straight through, as the gradient takes them: a staircase has no slope to compare with.
      if (isQuantised(infos, input) || isQuantised(infos, output)) moved.set(output, rename(input));
      else for (const [old, name] of build.repeat(node, rename)) moved.set(old, name);
    }
    const scores = build.add('Gather', [rename(logits.tensor), classInput], { axis: int(logits.classAxis) });
    const seeded = build.add('Mul', [scores, seed]);
    return reduce(build, 'Sum', seeded, [...logits.shape.keys()], false);
  };
  const difference = build.add('Sub', [score('Add'), score('Sub')]);
  const whole = encodeTail(
    tail,
    build,
    [
      { name: classInput, type: 'int64', shape: [1] },
      { name: step, type: 'float32', shape: [1, layer.channels, layer.height, layer.width] },
    ],
    [difference],
  );
  return { whole, classInput, step, difference };
}

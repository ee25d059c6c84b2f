import type { AppendixBuilder } from '../../autodiff/graphBuilder';
import { gradient, type RuleOverride } from '../../autodiff/reverse';
import { attrFloat } from '../../graph/attributes';
import { isStatic } from '../../graph/graph';
import { beforeActivation } from '../../operators/fusedActivation';
import type { VjpContext } from '../../operators/gradientContext';
import { cast, concat, int, maths, reduce, reshape } from '../../operators/gradientTools';
import type { CamLayer } from '../layers/layers';
import { appendixFor, asMaps, chooseClass, classSeed, flatScores, fromMaps } from '../session/camGraph';
import type { CamPlan } from '../session/camPlan';
import { type BackwardRule, backwardOverrides } from './backwardRules';

type Planned = Pick<CamPlan, 'prepared' | 'logits' | 'input'>;

/** What is appended to a model so that one run answers a signal at its picture; the names of its inputs and outputs. */
interface SignalGraph {
  readonly appended: Uint8Array;
  /** float32, of the picture's shape. */
  readonly signal: string;
  /** float32 [1, 1, h, w] each: Σ_c of a biased layer's |b·G|, every channel scaled to [0, 1]. */
  readonly biases: readonly string[];
}

/** From the score of a class. */
export interface ScoreGraph extends SignalGraph {
  /** int64 [n]: the class; empty for the most probable one. */
  readonly classInput: string;
  /** int64 [1] */
  readonly chosenClass: string;
  /** float32: the class's score. */
  readonly score: string;
}

/** From whatever a tensor's values were differentiated by. */
export interface SeedGraph extends SignalGraph {
  /** float32, of the tensor's shape: what the signal starts with. */
  readonly seed: string;
  readonly shape: readonly number[];
}

export interface BackwardWay {
  readonly rule?: BackwardRule;
  readonly biases?: boolean;
}

/** From the score of a class back to the picture. */
export function buildScoreGraph({ prepared, logits, input }: Planned, way: BackwardWay): ScoreGraph {
  const build = appendixFor(prepared);
  const classInput = build.reserve('class');
  const chosenClass = chooseClass(build, flatScores(build, logits), classInput);
  const seed = classSeed(build, logits, chosenClass);
  const own = build.add('Gather', [logits.tensor, chosenClass], { axis: int(logits.classAxis) });
  const score = reduce(build, 'Sum', build.add('Mul', [own, seed.tensor]), [...logits.shape.keys()], false);
  const { signal, biases } = backwards(build, { prepared, input }, logits.tensor, seed, way);
  const appended = build.encode(
    [{ name: classInput, type: 'int64', shape: [null] }],
    [chosenClass, score, signal, ...biases],
  );
  return { appended, classInput, chosenClass, score, signal, biases };
}

/** From the derivative of any number by the elements of a tensor back to the picture. */
export function buildSeedGraph({ prepared, input }: Omit<Planned, 'logits'>, of: string, way: BackwardWay): SeedGraph {
  const { shape } = prepared.infos.get(of) ?? {};
  if (!isStatic(shape)) throw new Error(`the shape of '${of}' is not known; give the input's shape`);
  const build = appendixFor(prepared);
  const seed = build.reserve('seed');
  const { signal, biases } = backwards(build, { prepared, input }, of, { tensor: seed }, way);
  const appended = build.encode([{ name: seed, type: 'float32', shape }], [signal, ...biases]);
  return { appended, seed, shape, signal, biases };
}

function backwards(
  build: AppendixBuilder,
  { prepared: { model, infos }, input }: Omit<Planned, 'logits'>,
  of: string,
  seed: Parameters<typeof gradient>[3]['seed'],
  { rule = 'gradient', biases: wantsBiases = false }: BackwardWay,
): Pick<SignalGraph, 'signal' | 'biases'> {
  const biases: string[] = [];
  const overrides = wantsBiases ? biasTaps(biases) : backwardOverrides(rule);
  const gradients = gradient(model, infos, build, { of, seed, wrt: [input.name], overrides });
  return { signal: gradients.get(input.name) ?? '', biases };
}

/** What is appended so that one run answers the signal of one unit of a layer at the picture. */
export interface UnitGraph {
  readonly appended: Uint8Array;
  /** int64 [n]: the channel; empty for the one that holds the greatest activation. */
  readonly channelInput: string;
  /** int64 [1] */
  readonly chosenChannel: string;
  /** int64 [1]: y·w + x of the channel's greatest activation. */
  readonly position: string;
  /** float32 [1]: the activation there, which is what the signal starts with. */
  readonly activation: string;
  readonly signal: string;
}

/** From the strongest unit of a channel back to the picture: all other activations of the layer are zero (Zeiler and Fergus 2014, section 2.1). */
export function buildUnitGraph({ prepared, input }: Planned, layer: CamLayer): UnitGraph {
  const { model, infos } = prepared;
  const { channels, height, width } = layer;
  const build = appendixFor(prepared);
  const channelInput = build.reserve('channel');
  const flat = reshape(build, asMaps(build, build.wide(layer.tensor), layer), [channels, height * width]);
  const greatest = reduce(build, 'Max', flat, [1], false);
  const chosenChannel = firstOf(build, channelInput, argMax(build, greatest));
  const row = reshape(build, build.add('Gather', [flat, chosenChannel], { axis: int(0) }), [height * width]);
  const position = argMax(build, row);
  const activation = build.add('Gather', [row, position], { axis: int(0) });
  const at = (index: string, shape: readonly number[]): string => {
    const size = shape.reduce((a, b) => a * b, 1);
    return cast(
      build,
      build.add('Equal', [build.constant('int64', [...new Array(size).keys()], shape), index]),
      'float32',
    );
  };
  const m = maths(build, 'float32');
  const unit = m.mul(m.mul(at(chosenChannel, [1, channels, 1, 1]), at(position, [1, 1, height, width])), activation);
  const signals = gradient(model, infos, build, {
    of: layer.tensor,
    seed: { tensor: fromMaps(build, unit, layer) },
    wrt: [input.name],
    overrides: backwardOverrides('deconvolution'),
  });
  const signal = signals.get(input.name) ?? '';
  const appended = build.encode(
    [{ name: channelInput, type: 'int64', shape: [null] }],
    [chosenChannel, position, activation, signal],
  );
  return { appended, channelInput, chosenChannel, position, activation, signal };
}

/** Where a vector is greatest: int64 [1]. */
function argMax(build: AppendixBuilder, values: string): string {
  return build.add('ArgMax', [values], { axis: int(0), keepdims: int(1) });
}

/** What was asked for, else the fallback: int64 [1]. */
function firstOf(build: AppendixBuilder, asked: string, fallback: string): string {
  const choices = concat(build, [asked, fallback], 0);
  return build.add('Gather', [choices, build.constant('int64', [0])], { axis: int(0) });
}

/** Rules that leave the gradient as it is and note |b·G| of every biased convolution and normalisation of maps. */
function biasTaps(found: string[]): ReadonlyMap<string, RuleOverride> {
  const tap =
    (biasOf: (context: VjpContext) => string | undefined): RuleOverride =>
    (context, own) => {
      const [after] = context.cotangents;
      const bias = biasOf(context);
      const [output = ''] = context.node.outputs;
      if (after !== undefined && bias !== undefined && context.shape(output).length === 4) {
        found.push(biasMap(context, bias, beforeActivation(context, after)));
      }
      return own(context);
    };
  const given = ({ node }: VjpContext): string | undefined => node.inputs[2] || undefined;
  return new Map([
    ['Conv', tap(given)],
    ['com.microsoft:FusedConv', tap(given)],
    ['BatchNormalization', tap(normalisationBias)],
  ]);
}

/** β − μγ/√(σ² + ε): what a normalisation with stored statistics adds. */
function normalisationBias({ node, build, type }: VjpContext): string {
  const [x = '', scale = '', bias = '', mean = '', variance = ''] = node.inputs;
  const m = maths(build, type(x));
  const deviation = m.of('Sqrt', m.add(variance, attrFloat(node, 'epsilon', 1e-5)));
  return m.sub(bias, m.div(m.mul(mean, scale), deviation));
}

/** Σ_c of |b·G|, every channel less its least, divided by 1e-7 and its greatest (Srinivas and Fleuret 2019, section 5; pytorch-grad-cam's scaling). */
function biasMap({ node, build, type, shape }: VjpContext, bias: string, g: string): string {
  const m = maths(build, type(node.inputs[0] ?? ''));
  const channels = shape(node.outputs[0] ?? '')[1] ?? 1;
  const product = m.of('Abs', m.mul(reshape(build, bias, [channels, 1, 1]), g));
  const above = m.sub(product, reduce(build, 'Min', product, [2, 3]));
  const scaled = m.div(above, m.add(reduce(build, 'Max', above, [2, 3]), 1e-7));
  return reduce(build, 'Sum', scaled, [1]);
}

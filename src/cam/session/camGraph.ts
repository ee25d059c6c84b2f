import { AppendixBuilder, tensorNames } from '../../autodiff/graphBuilder';
import type { Inlined } from '../../autodiff/inline';
import { type Cotangent, gradient, isHalf } from '../../autodiff/reverse';
import type { Model, TensorInfo } from '../../graph/graph';
import type { ValueToWrite } from '../../onnx/writer';
import type { GraphBuilder } from '../../operators/gradientContext';
import { cast, concat, int, maths, pad, reduce, reshape, slice, transpose } from '../../operators/gradientTools';
import type { CamLayer } from '../layers/layers';
import { type CamLogits, positionAxes } from '../layers/target';

/** What is appended to a model so that one run answers the scores and what a layer holds; the names of its outputs. */
export interface ForwardGraph {
  readonly appended: Uint8Array;
  /** float32: the scores, flat. */
  readonly logits: string;
  /** The layer's tensor, as the model has it. */
  readonly activations: string;
}

/** The same with the class's gradient. */
export interface CamGraph extends ForwardGraph {
  /** int64 [n]: the class; empty for the most probable one. */
  readonly classInput: string;
  /** int64 [1]: the class that was explained. */
  readonly chosenClass: string;
  /** float32 [1, C, h, w]. */
  readonly gradients: string;
}

/** A model whose shapes are known and whose calls are opened, with what has to be repeated for that. */
export interface Prepared extends Inlined {
  readonly infos: ReadonlyMap<string, TensorInfo>;
}

/** A builder for what is appended to a model, which has what the opened calls need already. */
export function appendixFor({ model, infos, added }: Prepared): AppendixBuilder {
  const build = new AppendixBuilder({
    opset: model.opsets.get('') ?? 1,
    taken: tensorNames(model.graph),
    isHalf: (tensor) => isHalf(infos.get(tensor)?.type),
  });
  build.appendAsIs(added.nodes, added.constants);
  return build;
}

/** The one-run recipe: seed → gradients at the layer, as ONNX nodes behind the model's own. Every method's map follows by arithmetic. */
export function buildCamGraph(prepared: Prepared, logits: CamLogits, layer: CamLayer): CamGraph {
  const { model, infos } = prepared;
  const build = appendixFor(prepared);
  const classInput = build.reserve('class');
  const scores = flatScores(build, logits);
  const chosenClass = chooseClass(build, scores, classInput);
  const seed = classSeed(build, logits, chosenClass);
  const gradients = gradient(model, infos, build, { of: logits.tensor, seed, wrt: [layer.tensor] });
  const gradientMaps = asMaps(build, gradients.get(layer.tensor) ?? '', layer);
  const inputs: readonly ValueToWrite[] = [{ name: classInput, type: 'int64', shape: [null] }];
  const appended = build.encode(inputs, undeclared(model, [scores, chosenClass, layer.tensor, gradientMaps]));
  return { appended, classInput, logits: scores, chosenClass, activations: layer.tensor, gradients: gradientMaps };
}

/** The same without gradients: for models where a rule is missing, and for pictures that are only tried out. `more` tensors are answered too. */
export function buildForwardGraph(
  prepared: Prepared,
  logits: CamLogits,
  layer: CamLayer,
  more: readonly string[] = [],
): ForwardGraph {
  const build = appendixFor(prepared);
  const scores = flatScores(build, logits);
  const appended = build.encode([], undeclared(prepared.model, [scores, layer.tensor, ...more]));
  return { appended, logits: scores, activations: layer.tensor };
}

/** Those tensors, each once, that a model neither declares as outputs nor is fed. */
export function undeclared({ graph }: Model, tensors: readonly string[]): readonly string[] {
  const declared = new Set([...graph.outputs, ...graph.inputs].map(({ name }) => name));
  return [...new Set(tensors)].filter((tensor) => !declared.has(tensor));
}

/** One score per class, float32 [classes]: the mean over positions. */
export function flatScores(build: AppendixBuilder, logits: CamLogits): string {
  return reshape(build, reduce(build, 'Mean', logits.tensor, positionAxes(logits)), [logits.classes]);
}

/** The first of what was asked for and the most probable class: int64 [1]. */
export function chooseClass(build: AppendixBuilder, scores: string, asked: string): string {
  const best = build.add('ArgMax', [scores], { axis: int(0), keepdims: int(1) });
  const choices = concat(build, [asked, best], 0);
  return build.add('Gather', [choices, build.constant('int64', [0])], { axis: int(0) });
}

/**
 * The cotangent of the scores: one at the class. Where there are positions, one at those whose best class it is, so that
 * y_c is the sum of its own pixels' scores (Vinogradova et al., Seg-Grad-CAM, 2020); at all of them where it is best at none.
 */
export function classSeed(build: AppendixBuilder, logits: CamLogits, chosenClass: string): Cotangent {
  const { shape, classAxis, tensor } = logits;
  const slice = { axis: classAxis, index: chosenClass };
  const one = shape.map(() => 1);
  if (positionAxes(logits).length === 0) return { tensor: build.constant('float32', [1], one), slice };
  const { add, less } = maths(build, 'float32');
  const best = build.add('ArgMax', [tensor], { axis: int(classAxis), keepdims: int(1) });
  const own = cast(build, build.add('Equal', [best, chosenClass]), 'float32');
  const count = reduce(build, 'Sum', own, [...shape.keys()]);
  return { tensor: add(own, less(count, 0.5)), slice };
}

/** A tensor of the layer as float32 maps [N, C, h, w]. */
export function asMaps(build: GraphBuilder, tensor: string, { layout, channels, height, width }: CamLayer): string {
  if (layout.kind === 'nchw') return tensor;
  if (layout.kind === 'nhwc') return transpose(build, tensor, [0, 3, 1, 2]);
  const { prefix } = layout;
  const image = prefix > 0 ? slice(build, tensor, [1], [prefix], [prefix + height * width]) : tensor;
  return transpose(build, reshape(build, image, [-1, height, width, channels]), [0, 3, 1, 2]);
}

/** The opposite of `asMaps`, with zeros for the tokens in front. */
export function fromMaps(build: GraphBuilder, maps: string, { layout, channels, height, width }: CamLayer): string {
  if (layout.kind === 'nchw') return maps;
  const last = transpose(build, maps, [0, 2, 3, 1]);
  if (layout.kind === 'nhwc') return last;
  return pad(build, reshape(build, last, [-1, height * width, channels]), [0, layout.prefix, 0], [0, 0, 0]);
}

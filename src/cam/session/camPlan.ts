import { inlineCalls } from '../../autodiff/inline';
import type { Model, TensorInfo } from '../../graph/graph';
import { inferShapes } from '../../operators/inferShapes';
import { detectorLogits } from '../detections';
import { markExpansion } from '../layers/bottleneckLayer';
import { type CamLayer, CamLayers } from '../layers/layers';
import { type CamLogits, type PictureInput, pictureInput } from '../layers/target';
import { buildCamGraph, type CamGraph, type Prepared } from './camGraph';

/** Shapes inferred with the batch at one, as `inferShapes` answers them. */
export interface KnownShapes {
  readonly infos: ReadonlyMap<string, TensorInfo>;
}

export interface CamChoice {
  /** Tensor that holds the maps; chosen automatically when absent. */
  readonly layer?: string;
  /** Tensor of the scores before softmax; found automatically when absent. */
  readonly logits?: string;
  /** Tensor that a target is a function of; the layers are those that lead there too. Default: the scores. */
  readonly of?: string;
}

/** Everything that is decided before a model is run. */
export interface CamPlan {
  readonly input: PictureInput;
  readonly prepared: Prepared;
  readonly logits: CamLogits;
  /** What could be chosen, in execution order. */
  readonly layers: readonly CamLayer[];
  readonly layer: CamLayer;
  /** The one-run recipe, made when it is first asked for. Throws one sentence where a gradient rule is missing. */
  readonly graph: CamGraph;
}

/** Chooses scores and layer. Throws one clear sentence where that cannot be done. */
export function planCam(model: Model, shapes: KnownShapes, choice: CamChoice = {}): CamPlan {
  const input = pictureInput(model.graph, shapes.infos);
  const prepared = prepare(model, shapes, input);
  const { infos } = prepared;
  const { graph } = prepared.model;
  const logits = detectorLogits({ prepared, input }, choice.logits);
  const layers = new CamLayers(graph, infos, input.name, logits.tensor, choice.of);
  const layer = choice.layer === undefined ? layers.choose() : layers.named(choice.layer);
  let made: CamGraph | undefined;
  return {
    ...{ input, prepared, logits, layers: markExpansion(graph, infos, layers.candidates), layer },
    get graph() {
      made ??= buildCamGraph(prepared, logits, layer);
      return made;
    },
  };
}

/** Opens calls, and infers the shapes of what was inside them. */
function prepare(model: Model, { infos }: KnownShapes, { name, shape }: PictureInput): Prepared {
  const inlined = inlineCalls(model, infos);
  if (inlined.model === model) return { ...inlined, infos };
  return { ...inlined, infos: inferShapes(inlined.model, { inputShapes: new Map([[name, shape]]) }).infos };
}

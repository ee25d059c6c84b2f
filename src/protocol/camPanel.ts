/** Messages between the extension host and the heat-map panel. */
import type { FeaturePage, FeatureTensor, KernelNode, KernelPage } from './mapPage';

export interface CamClass {
  readonly index: number;
  /** '' when no labels are known. */
  readonly name: string;
  readonly probability: number;
  readonly logit: number;
}

export interface CamLayer {
  /** Tensor name: what is asked for. */
  readonly tensor: string;
  readonly label: string;
  /** For people: `512×7×7`. */
  readonly shape: string;
}

export interface CamMethodOption {
  readonly id: string;
  readonly title: string;
  /** Methods of 'activations' answer the same for every class; methods of 'runs' try the model out. */
  readonly needs: 'activations' | 'gradients' | 'runs';
  /** Whether eigen smoothing applies. */
  readonly smooth: boolean;
  /** Whether it can have its weights on a grid. */
  readonly pooled?: boolean;
  /** How many runs of the whole model, and of what follows the layer, a map takes besides the first; absent: none. */
  readonly cost?: { readonly whole: number; readonly tail: number };
}

/** A way to make Grad-CAM's gradient. */
export interface CamModeOption {
  readonly id: string;
  readonly title: string;
  /** Why it cannot be used here, in one sentence; absent where it can. */
  readonly refuses?: string;
  /** How often what follows the layer is run. */
  readonly runs: number;
  /** Whether one answer holds every class's map. */
  readonly allClasses: boolean;
}

/** What is differentiated, as it is asked for. */
export type TargetChoice =
  /** A class's score before softmax; without an index the most probable one. */
  | { readonly kind: 'class'; readonly index?: number }
  /** The sum of several classes' scores, each times its weight (default 1). */
  | { readonly kind: 'classes'; readonly indices: readonly number[]; readonly weights?: readonly number[] }
  /** A class's probability, after softmax or sigmoid. */
  | { readonly kind: 'probability'; readonly index?: number }
  /** A class's score plus the logarithm of its probability (ReST). */
  | { readonly kind: 'residual'; readonly index?: number }
  /** A box of a detector: the score of a class there (default: the box's own), or where it lies. */
  | {
      readonly kind: 'box';
      readonly anchor: number;
      readonly part: 'class' | 'coordinates';
      readonly index?: number;
      readonly output?: string;
    }
  /** A class's scores over the pixels that a segmenter gives to it, or over those of a mask (a number per pixel, row-major). */
  | { readonly kind: 'mask'; readonly index: number; readonly pixels?: readonly number[] }
  /** The cosine similarity to an embedding; `name`: of the picture it was made of. */
  | {
      readonly kind: 'embedding';
      readonly reference: readonly number[];
      readonly name?: string;
      readonly output?: string;
    }
  /** One element of an output. */
  | { readonly kind: 'element'; readonly output: string; readonly index: readonly number[] };

export type Fusion = 'mean' | 'max' | 'product';

/** What is explained and how; what is absent stays as it was chosen before, at first the default. */
export interface CamChoice {
  readonly classIndex?: number;
  /** Default: the class. */
  readonly target?: TargetChoice;
  /** Tensor name. */
  readonly layer?: string;
  /** Tensor names of several layers whose maps are fused; fewer than two: `layer` alone. */
  readonly layers?: readonly string[];
  readonly fuse?: Fusion;
  /** Id. */
  readonly method?: string;
  readonly eigen?: boolean;
  /** The mean of the maps of changed copies of the picture. */
  readonly augment?: boolean;
  /** Id of a gradient mode; absent: chosen automatically. */
  readonly mode?: string;
  /** Of methods that run the model for every channel: how many, the strongest first. */
  readonly channels?: number | 'all';
  /** Of Grad-CAM: the cells a side of the grid on which its weights lie. */
  readonly pooling?: number;
  /** Slope of the last ReLU below zero. */
  readonly leak?: number;
}

/** What is to be chosen otherwise; null: the default again. */
export type CamChange = { readonly [K in keyof CamChoice]: CamChoice[K] | null };

/** A picture as the panel draws it: upright, transparency flattened, at most 1,024 pixels on its longer side. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** width·height·4 bytes. */
  readonly rgba: Uint8Array;
  /** The part of the picture that the network saw (crop), in this picture's pixels. */
  readonly seen: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

/** Values on a grid, row-major. */
export interface CamMapData {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** What a detector found, in pixels of the model's input. */
export interface CamBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly class: number;
  /** '' when no labels are known. */
  readonly name: string;
  readonly score: number;
  readonly anchor: number;
  readonly output: string;
}

/** The class that a segmenter gives to each pixel. */
export interface CamSegments {
  readonly width: number;
  readonly height: number;
  /** Row-major. */
  readonly classes: Uint16Array;
  /** Those that have a pixel, the largest first; a name is '' when no labels are known. */
  readonly legend?: readonly { readonly index: number; readonly name: string; readonly share: number }[];
}

/** A tensor that the model answers: its elements can be targets. */
export interface CamOutputTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface CamResult {
  readonly modelName: string;
  readonly imageName: string;
  /** Most probable first, at most 50; what is explained is always among them. */
  readonly classes: readonly CamClass[];
  readonly targetClass: number;
  /** The classes whose scores speak for what is explained; none where that is an element, a box, an embedding. */
  readonly about: readonly number[];
  /** What was differentiated; absent: the class's score. */
  readonly target?: TargetChoice;
  /** For people: `box 17, person`. */
  readonly targetTitle?: string;
  /** What else could be differentiated; absent: classes only. */
  readonly targetKinds?: readonly TargetChoice['kind'][];
  readonly outputs?: readonly CamOutputTensor[];
  readonly boxes?: readonly CamBox[];
  readonly segments?: CamSegments;
  readonly layer: string;
  readonly layers: readonly CamLayer[];
  /** The layers whose maps were fused, and how; absent: one layer. */
  readonly fused?: { readonly layers: readonly string[]; readonly fuse: Fusion };
  /** Id of the method, and as papers write it. */
  readonly method: string;
  readonly methodTitle: string;
  /** Whether the map is the first principal component of the method's weighted maps instead of their sum. */
  readonly eigen: boolean;
  readonly augment?: boolean;
  /** Of methods that run the model for every channel. */
  readonly channels?: number | 'all';
  readonly pooling?: number;
  readonly leak?: number;
  /** What else could be chosen; nothing is run for it. */
  readonly methods: readonly CamMethodOption[];
  /** Id of the gradient mode that was used. */
  readonly mode: string;
  /** Whether that mode was asked for, and not chosen automatically. */
  readonly modeAsked?: boolean;
  /** What each mode would cost here. */
  readonly modes?: readonly CamModeOption[];
  /** Why another mode than the one asked for was used, in one sentence. */
  readonly fellBack?: string;
  /** Of a mode that only approximates the gradient: against reverse mode's map. */
  readonly relativeError?: number;
  /** Of a mode that only approximates: its own estimate of its error, where reverse mode is not there to compare with. */
  readonly errorBound?: number;
  /** Low-resolution map before ReLU, row-major. */
  readonly raw: CamMapData;
  /** Normalised to 0–1 at input size, row-major. */
  readonly map: CamMapData;
  /** Nothing speaks for this class at this layer: the rectified map is empty. */
  readonly allZero: boolean;
  /** Says so, where it is. */
  readonly empty?: string;
  /** Relative error of the gradient against a finite difference in one random direction; NaN when not made. */
  readonly selfCheck: number;
  /** Why there is no self-check; absent where there is one. */
  readonly unchecked?: string;
  readonly milliseconds: { readonly load: number; readonly plainForward: number; readonly run: number };
  /** Advice in one sentence, '' if none (1×1 maps, empty maps, guessed preprocessing). */
  readonly note: string;
  readonly preprocessing: string;
}

export interface CamOpening {
  /** Opaque: the panel keeps it in its state under `restore`, and gets it back after Reload Window. */
  readonly restore: string;
  readonly picture: Picture;
  /** How the heat map is shown at first: what was chosen last, else the settings. */
  readonly view: CamView;
  readonly result: CamResult;
  /** The pictures that can be gone through; absent where there is only this one. */
  readonly series?: CamSeries;
}

/** The answer to another choice. */
export type CamAnswer = Pick<CamOpening, 'restore' | 'result'>;

/** Several pictures, or the frames of an animation. */
export interface CamSeries {
  readonly names: readonly string[];
  /** The one that is shown. */
  readonly index: number;
  /** Of an animation, how long each frame stays. */
  readonly milliseconds?: readonly number[];
}

/** A map beside others, or why there is none. */
export interface CamTile {
  /** Id of a method, tensor of a layer, number of a class. */
  readonly id: string;
  readonly title: string;
  /** Normalised to 0–1. */
  readonly map?: CamMapData;
  /** Before normalisation. */
  readonly raw?: CamMapData;
  /** Drawn instead of the map where it has colours of its own; width·height·4 bytes. */
  readonly colors?: { readonly width: number; readonly height: number; readonly rgba: Uint8Array };
  /** Why there is no map, or what to know of it. */
  readonly note?: string;
  /** Runs of the whole model, and of what follows the layer, that it would take: it was not asked for yet. */
  readonly cost?: { readonly whole: number; readonly tail: number };
}

/** A part of what a layer holds, and the scores of classes where it fills the picture, the greatest first. */
export interface CamConcept extends CamTile {
  readonly scores: readonly { readonly name: string; readonly score: number }[];
}

export interface CamConcepts {
  readonly tiles: readonly CamConcept[];
  /** Id of the concept that speaks most for what is explained. */
  readonly chosen: string;
  /** Share of the activations that no concept holds. */
  readonly residual: number;
}

/** Points of a curve from 0 to 1. */
export interface CamCurve {
  readonly title: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Area under it. */
  readonly area: number;
}

export interface CamMetric {
  readonly id: string;
  readonly title: string;
  /** NaN where it cannot be said. */
  readonly value: number;
  readonly unit: 'fraction' | 'score' | 'yes/no';
  /** Whether more or less of it speaks for the map; absent: neither. */
  readonly better?: 'more' | 'less';
  /** What it says, or why it cannot be said. */
  readonly note: string;
}

export interface CamMetrics {
  readonly metrics: readonly CamMetric[];
  readonly curves: readonly CamCurve[];
  /** Name of the mask or box file that the map was compared with. */
  readonly truth?: string;
}

/** Which page of feature maps or kernels: of a layer's tensor or of a node; absent: the layer that is explained, the first. */
export interface CamPageQuestion {
  readonly of?: string;
  readonly first: number;
  readonly count: number;
}

export type SaveKind = 'png' | 'npy' | 'csv' | 'gif' | 'html';

/** What the panel asks of the host. */
export interface CamHost {
  /** Answers undefined when there is nothing to show yet (the host sends `show` or `showError` later). */
  ready(): Promise<CamOpening | undefined>;
  select(choice: CamChange): Promise<CamAnswer>;
  pickImage(): Promise<void>;
  /** Several pictures, or a folder of them. */
  pickImages(): Promise<void>;
  /** Another picture of the series; `sameClass`: explained for the class that is shown, not for its own best one. */
  goTo(index: number, sameClass: boolean): Promise<CamOpening>;
  /** Small pictures of the series: those asked for, in their order. */
  thumbnails(indices: readonly number[]): Promise<readonly Picture[]>;
  pickModel(): Promise<void>;
  pickPreprocessing(): Promise<void>;
  /** The map at every layer that could be chosen. */
  layerStrip(): Promise<readonly CamTile[]>;
  /** The map of every method; those that run the model many times only when asked for. */
  methodGrid(costly: boolean): Promise<readonly CamTile[]>;
  /** The map of every class. */
  classGrid(indices: readonly number[]): Promise<readonly CamTile[]>;
  /** Of Deep Feature Factorization. */
  concepts(): Promise<CamConcepts>;
  /** Asks for another picture; the similarity to it as a target, undefined when dismissed. */
  pickReference(): Promise<TargetChoice | undefined>;
  /** Asks for a mask or box file to compare with; its name, undefined when dismissed. */
  pickTruth(): Promise<string | undefined>;
  /** `compared`: also with the file that was picked. */
  metrics(compared: boolean): Promise<CamMetrics>;
  /** Gradients in the picture itself, of every kind; those that run the model many times only when asked for. */
  saliencyGrid(costly: boolean): Promise<readonly CamTile[]>;
  /** What has feature maps, what has kernels. */
  gridSources(): Promise<{ readonly features: readonly FeatureTensor[]; readonly kernels: readonly KernelNode[] }>;
  featureMaps(question: CamPageQuestion): Promise<FeaturePage>;
  kernels(question: CamPageQuestion): Promise<KernelPage>;
  /** Asks where to save a file that the host makes, drawn as wanted. */
  save(kind: Exclude<SaveKind, 'png'>, suggestedName: string, view: Required<CamView>): Promise<void>;
  /** The same for a picture. */
  savePng(suggestedName: string, png: Uint8Array): Promise<void>;
  /** Runs again after a crash or a cancel. */
  retry(): Promise<void>;
  cancel(): Promise<void>;
  /** Choices to remember between sessions. */
  remember(view: CamView): Promise<void>;
}

export interface CamView {
  readonly opacity: number;
  readonly colorMap: string;
  /** Default: alpha. */
  readonly blend?: 'alpha' | 'additive';
}

/** What the host asks of the panel. */
export interface CamPanel {
  show(opening: CamOpening): void;
  /** `share`, 0–1, of long work that is done. */
  progress(message: string, share?: number): void;
  showError(message: string): void;
}

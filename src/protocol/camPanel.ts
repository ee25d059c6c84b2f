/** Messages between the extension host and the heat-map panel. */

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
  /** Methods of 'activations' answer the same for every class. */
  readonly needs: 'activations' | 'gradients';
  /** Whether eigen smoothing applies. */
  readonly smooth: boolean;
}

/** What is explained and how; what is absent stays as it was chosen before, at first the default. */
export interface CamChoice {
  readonly classIndex?: number;
  /** Tensor name. */
  readonly layer?: string;
  /** Id. */
  readonly method?: string;
  readonly eigen?: boolean;
}

/** A picture as the panel draws it: upright, transparency flattened, at most 1,024 pixels on its longer side. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** width·height·4 bytes. */
  readonly rgba: Uint8Array;
  /** The part of the picture that the network saw (crop), in this picture's pixels. */
  readonly seen: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

export interface CamResult {
  readonly modelName: string;
  readonly imageName: string;
  /** Most probable first, at most 50; the chosen class is always among them. */
  readonly classes: readonly CamClass[];
  readonly targetClass: number;
  readonly layer: string;
  readonly layers: readonly CamLayer[];
  /** Id of the method, and as papers write it. */
  readonly method: string;
  readonly methodTitle: string;
  /** Whether the map is the first principal component of the method's weighted maps instead of their sum. */
  readonly eigen: boolean;
  /** What else could be chosen; nothing is run for it. */
  readonly methods: readonly CamMethodOption[];
  readonly mode: string;
  /** Low-resolution map before ReLU, row-major. */
  readonly raw: { readonly width: number; readonly height: number; readonly values: Float32Array };
  /** Normalised to 0–1 at input size, row-major. */
  readonly map: { readonly width: number; readonly height: number; readonly values: Float32Array };
  /** Nothing speaks for this class at this layer: the rectified map is empty. */
  readonly allZero: boolean;
  /** Relative error of the gradient against a finite difference in one random direction; NaN when not made. */
  readonly selfCheck: number;
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
}

/** What the panel asks of the host. */
export interface CamHost {
  /** Answers undefined when there is nothing to show yet (the host sends `show` or `showError` later). */
  ready(): Promise<CamOpening | undefined>;
  select(choice: CamChoice): Promise<CamResult>;
  pickImage(): Promise<void>;
  pickModel(): Promise<void>;
  pickPreprocessing(): Promise<void>;
  /** PNG bytes of what is shown. */
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
}

/** What the host asks of the panel. */
export interface CamPanel {
  show(opening: CamOpening): void;
  progress(message: string): void;
  showError(message: string): void;
}

/** A page of small maps of one size: a layer's activations, a convolution's kernels. */
export interface MapPage {
  readonly width: number;
  readonly height: number;
  /** 3: red, green, blue of a first layer's kernels. */
  readonly planes: 1 | 3;
  /** [maps, planes, height, width] */
  readonly values: Float32Array;
  /** One per map: the channel's number; `5←2` is the kernel from input 2 to output 5. */
  readonly labels: readonly string[];
  /** One per map, by which they are ordered, greatest magnitude first. */
  readonly strengths: readonly number[];
  /** What a strength is, for people. */
  readonly strengthName: string;
  /** The place of the page's first map among all, and how many there are. */
  readonly first: number;
  readonly total: number;
  /** Least and greatest value of each map, and of all maps, also of those on other pages. */
  readonly ranges: readonly (readonly [least: number, greatest: number])[];
  readonly range: readonly [least: number, greatest: number];
  /** Signs matter: zero is the middle of the colours. */
  readonly signed: boolean;
}

/** Of a channel's values. */
export interface MapStatistics {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Mean of the magnitudes: a channel's strength. */
  readonly meanMagnitude: number;
  /** Share of values that are exactly zero; a channel of 1 is dead for this picture. */
  readonly zeros: number;
}

/** The activations of a layer for one picture. */
export interface FeaturePage extends MapPage {
  readonly tensor: string;
  /** The node that computes it. */
  readonly label: string;
  readonly shape: readonly number[];
  /** One per map of the page. */
  readonly statistics: readonly MapStatistics[];
  /** Of all channels, how many are zero everywhere. */
  readonly dead: number;
  /** How the tensor was read: a vector's elements are maps of one pixel. */
  readonly kind: 'maps' | 'vector';
}

/** The kernels of a convolution. */
export interface KernelPage extends MapPage {
  readonly node: string;
  readonly operator: string;
  /** The constant that holds the weights, and its shape as stored. */
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly groups: number;
  /** `rgb`: one picture per output; `pairs`: one per output and input; `matrix`: outputs down, inputs across. */
  readonly kind: 'rgb' | 'pairs' | 'matrix';
  readonly outputs: number;
  /** Output channel whose kernels are shown; undefined for all. */
  readonly output: number | undefined;
}

/** What can be shown of a model: tensors that hold feature maps, nodes that hold kernels. */
export interface FeatureTensor {
  readonly tensor: string;
  readonly label: string;
  /** Id of the node that computes it; undefined for an input of the model. */
  readonly node: number | undefined;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly kind: FeaturePage['kind'];
}

export interface KernelNode {
  readonly node: number;
  readonly label: string;
  readonly operator: string;
  /** The constant that holds the weights. */
  readonly tensor: string;
  readonly shape: readonly number[];
}

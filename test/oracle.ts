/** The oracle's networks, and what their meta.json says of the maps that are stored. */

export interface Meta {
  readonly onnx_tensors: Readonly<Record<string, readonly { readonly name: string }[]>>;
  readonly images: Readonly<Record<string, { readonly cases: Readonly<Record<string, Case>> }>>;
}

/** `layer|class` of a picture. */
export interface Case {
  readonly raw_methods: readonly string[];
  readonly final_methods: readonly string[];
  readonly ill_conditioned: readonly string[];
  readonly gradcampp_pole: boolean;
}

export const NETWORKS: readonly string[] = [
  ...['convnext_mini', 'densenet_tiny', 'efficientnet_tiny', 'inception_tiny', 'mobilenet_v2_025', 'mobilenet_v3_tiny'],
  ...['regnet_tiny', 'resnet8', 'shufflenet_tiny', 'squeeze_tiny', 'swin_mini', 'tiny_gapfc', 'vgg_tiny', 'vit_mini'],
];

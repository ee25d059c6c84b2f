/** Why a map is none, in one sentence; undefined where all its values are numbers. `activations` are the layer's. */
export function whyNotFinite(values: Float32Array, tensor: string, activations?: Float32Array): string | undefined {
  const isNone = (one: number): boolean => !Number.isFinite(one);
  const pixel = values.find(isNone);
  if (pixel === undefined) return undefined;
  const own = activations?.find(isNone);
  if (own !== undefined) return `'${tensor}' itself holds ${own} for this picture: choose an earlier layer`;
  return `the map at '${tensor}' holds ${pixel}: the gradient overflows on its way there; choose a later layer`;
}

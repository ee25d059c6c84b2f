import assert from 'node:assert/strict';
import type { DataType } from '../src/graph/graph';
import type { Hardware } from '../src/hardware/hardware';
import { costLayer, isUnmapped, mapKernel } from '../src/latency/costLayer';
import { isUnknown, type LayerCost } from '../src/latency/layerCost';
import { OFF_CHIP, type OnChip } from '../src/latency/mapped';
import type { Workload } from '../src/latency/workload';
import type { LoopNest } from '../src/operators/work';

const NEST: LoopNest = {
  ...{ N: 1, G: 1, K: 1, C: 1, P: 1, Q: 1, R: 1, S: 1, H: 1, W: 1 },
  ...{ strideH: 1, strideW: 1, dilationH: 1, dilationW: 1 },
};

interface Extras {
  readonly type?: DataType;
  readonly biasBytes?: number;
  readonly epilogue?: Workload['epilogue'];
  readonly channelsLast?: boolean;
}

/** A convolution whose input has as many rows and columns as its output, padded, unless H and W are given. */
export function contraction(sizes: Partial<LoopNest>, extras: Extras = {}): Workload {
  const nest = {
    ...NEST,
    H: (sizes.P ?? 1) * (sizes.strideH ?? 1),
    W: (sizes.Q ?? 1) * (sizes.strideW ?? 1),
    ...sizes,
  };
  const { N, G, K, C, P, Q, R, S, H, W } = nest;
  const type = extras.type ?? 'float32';
  const width = { float32: 4, float16: 2, int8: 1 }[type as 'float32' | 'float16' | 'int8'];
  const outputs = N * G * K * P * Q;
  return {
    work: { kind: 'loopNest', nest, biasAdds: 0 },
    channelsLast: extras.channelsLast ?? false,
    types: { input: type, weight: type, output: type },
    bytes: {
      input: N * G * C * H * W * width,
      weight: G * K * C * R * S * width + (extras.biasBytes ?? 0),
      output: outputs * width,
    },
    words: { input: N * G * C * H * W, output: outputs },
    outputShape: [N, G * K, P, Q],
    elementwise: false,
    epilogue: extras.epilogue ?? { operations: 0, input: 0, weight: 0 },
  };
}

interface VectorSizes {
  readonly elements: number;
  readonly operations: number;
  readonly passes?: number;
  readonly burst?: number;
}

export function vector({ elements, operations, passes = 1, burst }: VectorSizes): Workload {
  return {
    work: burst === undefined ? { kind: 'vector', operations, passes } : { kind: 'movement', burst },
    channelsLast: true,
    types: { input: 'float32', weight: 'float32', output: 'float32' },
    bytes: { input: 4 * elements, weight: 0, output: 4 * elements },
    words: { input: elements, output: elements },
    outputShape: [1, elements],
    elementwise: passes === 1,
    epilogue: { operations: 0, input: 0, weight: 0 },
  };
}

/** The cost of a layer that can be costed. */
export function costed(workload: Workload, hardware: Hardware): LayerCost {
  const cost = costLayer(workload, hardware);
  if (isUnknown(cost)) assert.fail(cost.unknown);
  return cost;
}

/** … with such shares of its operands on chip before and after it. */
export function costedOnChip(workload: Workload, hardware: Hardware, shares: Partial<OnChip>): LayerCost {
  const mapped = mapKernel({ kind: 'workload', workload }, hardware);
  return isUnmapped(mapped) ? assert.fail(mapped.unknown) : mapped.cost({ ...OFF_CHIP, ...shares });
}

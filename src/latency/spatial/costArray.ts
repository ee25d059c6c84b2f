import type { SpatialHardware } from '../../hardware/hardware';
import type { LoopNest } from '../../operators/work';
import { joules } from '../energy';
import { boundOf, type LayerCost, type OperandBytes, totalBytes, type UnknownCost } from '../layerCost';
import type { Workload } from '../workload';
import { ArrayLayer, multipliedType } from './arrayLayer';
import {
  BUFFER_INPUT_READS,
  BUFFER_OUTPUT_READS,
  BUFFER_OUTPUT_WRITES,
  BUFFER_WEIGHT_READS,
  COMPUTE_CYCLES,
  DIMENSIONS,
  DRAM_INPUT_READS,
  DRAM_OUTPUT_READS,
  DRAM_WEIGHT_READS,
} from './mapping';
import { type Found, searchMapping } from './search';

/** A contraction on an array of PEs, by the best mapping that the search finds. */
export function costArray(workload: Workload, nest: LoopNest, hardware: SpatialHardware): LayerCost | UnknownCost {
  const problem = new ArrayLayer(workload, nest, hardware);
  const found = searchMapping(problem);
  if (!found) return { unknown: 'no tile of the layer fits the global buffer (global_buffer)' };
  const { launch_time, frequency, rows, cols } = hardware;
  const { total, compute, globalBuffer, offChip, peFill, ramp, drain } = found.seconds;
  const terms = { compute, globalBuffer, offChip, peFill, ramp, drain, launch: launch_time };
  const seconds = total + launch_time;
  const { width, macs } = problem;
  const offChipBytes = offChipOperands(problem, found, nest.dynamicWeights ?? false);
  const globalBufferBytes = globalBufferOperands(problem, found, nest.dynamicWeights ?? false);
  return {
    cycles: seconds * frequency,
    seconds,
    terms,
    bound: boundOf(terms),
    offChipBytes,
    globalBufferBytes,
    utilization: macs / (seconds * frequency * rows * cols * problem.lanes),
    spatialUtilization: macs / (count(found, COMPUTE_CYCLES) * rows * cols),
    lowerBoundSeconds: found.lowerBoundSeconds + launch_time,
    energyJoules: joules(hardware, {
      macs,
      operations: workload.epilogue.operations,
      type: multipliedType(hardware, workload),
      peBytes: macs * (width.input + width.weight + 2 * width.sum),
      globalBufferBytes: totalBytes(globalBufferBytes),
      offChipBytes: totalBytes(offChipBytes),
    }),
    mapping: describe(problem, found),
  };
}

function count({ counts }: Found, index: number): number {
  return counts[index] ?? 0;
}

/** A second operand that is computed is an input to the reader. */
function operands(input: number, weight: number, output: number, dynamicWeights: boolean): OperandBytes {
  return dynamicWeights ? { input: input + weight, weight: 0, output } : { input, weight, output };
}

/** Bytes with those of bias and fused layers. */
function offChipOperands({ width, extraBytes, outputBytes }: ArrayLayer, found: Found, dynamic: boolean): OperandBytes {
  const output = 2 * count(found, DRAM_OUTPUT_READS) * width.sum + outputBytes;
  const inputs = count(found, DRAM_INPUT_READS) * width.input;
  const weights = count(found, DRAM_WEIGHT_READS) * width.weight;
  const { input, weight } = operands(inputs, weights, output, dynamic);
  return { input: input + extraBytes.input, weight: weight + extraBytes.weight, output };
}

/** Bytes between global buffer and array, both ways for partial sums. */
function globalBufferOperands({ width, words }: ArrayLayer, found: Found, dynamic: boolean): OperandBytes {
  const sums = count(found, BUFFER_OUTPUT_READS) + count(found, BUFFER_OUTPUT_WRITES) - words.output;
  const output = sums * width.sum + words.output * width.output;
  const inputs = count(found, BUFFER_INPUT_READS) * width.input;
  return operands(inputs, count(found, BUFFER_WEIGHT_READS) * width.weight, output, dynamic);
}

/** `K16 × C16 on the array; PE holds R3 S3; buffer tile K64 C64 P14 Q56; outer loops P4 › K2; within 3 % of the bound`. */
function describe({ layer: { sizes } }: ArrayLayer, { mapping, seconds, lowerBoundSeconds }: Found): string {
  const { spatial, registerTile, bufferTile, dramOrder, spatialGroups } = mapping;
  const groups = spatialGroups > 1 ? [`G${spatialGroups}`] : [];
  const array = [...groups, ...entries(spatial)].join(' × ');
  const held = entries(registerTile).join(' ');
  const trips = sizes.map((size, d) => Math.ceil(size / (bufferTile[d] ?? 1)));
  const outer = dramOrder.flatMap((d) => ((trips[d] ?? 1) > 1 ? [`${DIMENSIONS[d]}${trips[d]}`] : []));
  return [
    `${array || 'one PE'} ${array ? 'on the array' : 'of the array'}`,
    ...(held ? [`PE holds ${held}`] : []),
    outer.length > 0 ? `buffer tile ${entries(bufferTile).join(' ')}` : 'whole layer in the buffer',
    ...(outer.length > 0 ? [`outer loops ${outer.join(' › ')}`] : []),
    distance(seconds.total / lowerBoundSeconds),
  ].join('; ');
}

function entries(vector: Int32Array): readonly string[] {
  return DIMENSIONS.flatMap((name, d) => ((vector[d] ?? 1) > 1 ? [`${name}${vector[d]}`] : []));
}

/** How far a mapping is from the bound that none can beat. */
function distance(ratio: number): string {
  if (ratio < 1.005) return 'at the bound';
  return ratio < 2
    ? `within ${Math.ceil(100 * (ratio - 1))} % of the bound`
    : `${Number(ratio.toPrecision(2))}× the bound`;
}

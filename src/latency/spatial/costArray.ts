import type { SpatialHardware } from '../../hardware/hardware';
import type { LoopNest } from '../../operators/work';
import { distance } from '../distance';
import { energyOf } from '../energy';
import { boundOf, type LayerCost, type OperandBytes, totalBytes, type UnknownCost } from '../layerCost';
import { fastestOf, type Mapped, OFF_CHIP, type OnChip, type Start } from '../mapped';
import type { Workload } from '../workload';
import { ArrayLayer, multipliedType } from './arrayLayer';
import {
  BUFFER_INPUT_READS,
  BUFFER_INPUT_TILE,
  BUFFER_OUTPUT_READS,
  BUFFER_OUTPUT_TILE,
  BUFFER_OUTPUT_WRITES,
  BUFFER_WEIGHT_READS,
  BUFFER_WEIGHT_TILE,
  COMPUTE_CYCLES,
  DIMENSIONS,
  DRAM_INPUT_READS,
  DRAM_OUTPUT_READS,
  DRAM_WEIGHT_READS,
} from './mapping';
import { type Found, searchMapping, timed } from './search';

/** Longest loop whose sizes a mapping can hold. */
const LONGEST = 2 ** 31 - 1;

/** Every activation on chip. */
const ACTIVATIONS: OnChip = { ...OFF_CHIP, input: 1, second: 1, epilogue: 1, output: 1 };

/**
 * A contraction on an array of PEs. The search runs with nothing on chip and again with all that may be there: a mapping that hides its
 * arithmetic behind off-chip traffic need not be the one where there is none. A quick search where it has a start.
 */
export function mapArray(
  workload: Workload,
  nest: LoopNest,
  hardware: SpatialHardware,
  start?: Start,
): Mapped | UnknownCost {
  const { N, G, K, C, P, Q, R, S } = nest;
  if (Math.max(N, G, K, C, P, Q, R, S) > LONGEST) {
    return { unknown: `a loop of the layer is longer than ${LONGEST} steps, the most that can be mapped to an array` };
  }
  const similar = start?.mappings;
  const first = searchMapping(new ArrayLayer(workload, nest, hardware), { similar });
  if (!first) return { unknown: 'no tile of the layer fits the global buffer (global_buffer)' };
  const found = [first];
  for (const resident of residents(hardware)) {
    const problem = new ArrayLayer(workload, nest, hardware, resident);
    found.push(searchMapping(problem, { known: first, similar }) ?? timed(problem, first));
  }
  const [way, ...others] = found.map((one): Mapped => {
    const [input, weight, output] = [BUFFER_INPUT_TILE, BUFFER_WEIGHT_TILE, BUFFER_OUTPUT_TILE] as const;
    return {
      mappings: [one.mapping],
      tiles: one.problem.tileBytes(count(one, input), count(one, weight), count(one, output)),
      cost(resident) {
        const isFound = resident === one.problem.resident;
        return costFound(isFound ? one : timed(new ArrayLayer(workload, nest, hardware, resident), one), workload);
      },
    };
  });
  return way ? fastestOf(way, others) : { unknown: 'no mapping was found' };
}

/** What may be on chip besides nothing. */
function residents({ residency, weight_memory }: SpatialHardware): readonly OnChip[] {
  const activations = residency ? [ACTIVATIONS] : [];
  if (!weight_memory) return activations;
  return [...activations, ...[OFF_CHIP, ...activations].map((resident) => ({ ...resident, weight: 1 }))];
}

function costFound(found: Found, workload: Workload): LayerCost {
  const { problem } = found;
  const { hardware, width, macs, resident } = problem;
  const { launch_time, frequency, rows, cols } = hardware;
  const { total, compute, globalBuffer, offChip, peFill, ramp, drain } = found.seconds;
  const terms = { compute, globalBuffer, offChip, peFill, ramp, drain, launch: launch_time };
  const seconds = total + launch_time;
  const offChipBytes = offChipOperands(found);
  const globalBufferBytes = globalBufferOperands(found);
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
    ...energyOf(hardware, {
      macs,
      operations: workload.epilogue.operations,
      type: multipliedType(hardware, workload),
      peBytes: macs * (width.input + width.weight + 2 * width.sum),
      globalBufferBytes: totalBytes(globalBufferBytes),
      offChipBytes: totalBytes(offChipBytes),
    }),
    mapping: `${resident.weight > 0 ? 'weights stay on chip; ' : ''}${describe(found)}`,
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
function offChipOperands(found: Found): OperandBytes {
  const { problem } = found;
  const { width, extraBytes, outputBytes, dynamicWeights, resident } = problem;
  const output = 2 * count(found, DRAM_OUTPUT_READS) * width.sum + outputBytes * (1 - resident.output);
  const inputs = count(found, DRAM_INPUT_READS) * width.input * (1 - resident.input);
  const weights = count(found, DRAM_WEIGHT_READS) * width.weight * problem.fetched();
  const { input, weight } = operands(inputs, weights, output, dynamicWeights);
  const fused = extraBytes.input * (1 - resident.epilogue);
  return { input: input + fused, weight: weight + extraBytes.weight * (1 - resident.weight), output };
}

/** Bytes between global buffer and array, both ways for partial sums. */
function globalBufferOperands(found: Found): OperandBytes {
  const { width, words, dynamicWeights } = found.problem;
  const sums = count(found, BUFFER_OUTPUT_READS) + count(found, BUFFER_OUTPUT_WRITES) - words.output;
  const output = sums * width.sum + words.output * width.output;
  const inputs = count(found, BUFFER_INPUT_READS) * width.input;
  return operands(inputs, count(found, BUFFER_WEIGHT_READS) * width.weight, output, dynamicWeights);
}

/** `K16 × C16 on the array; PE holds R3 S3; buffer tile K64 C64 P14 Q56; outer loops P4 › K2; within 3 % of the bound`. */
function describe({ problem, mapping, seconds, lowerBoundSeconds }: Found): string {
  const { sizes } = problem.layer;
  const { spatial, registerTile, bufferTile, dramOrder, spatialGroups } = mapping;
  const groups = spatialGroups > 1 ? [`G${spatialGroups}`] : [];
  const array = [...groups, ...entries(spatial)].join(' × ');
  const held = entries(registerTile).join(' ');
  const trips = sizes.map((size, d) => Math.ceil(size / (bufferTile[d] ?? 1)));
  const outer = dramOrder.flatMap((d) => ((trips[d] ?? 1) > 1 ? [`${DIMENSIONS[d]}${trips[d]}`] : []));
  const kept = ['inputs', 'weights', 'outputs'].filter((_, operand) => ((mapping.kept ?? 0) >> operand) & 1);
  return [
    `${array || 'one PE'} ${array ? 'on the array' : 'of the array'}`,
    ...(held ? [`PE holds ${held}`] : []),
    outer.length > 0 ? `buffer tile ${entries(bufferTile).join(' ')}` : 'whole layer in the buffer',
    ...(outer.length > 0 ? [`outer loops ${outer.join(' › ')}`] : []),
    ...(outer.length > 0 && kept.length > 0 ? [`${kept.join(' and ')} kept whole in the buffer`] : []),
    distance(seconds.total / lowerBoundSeconds),
  ].join('; ');
}

function entries(vector: Int32Array): readonly string[] {
  return DIMENSIONS.flatMap((name, d) => ((vector[d] ?? 1) > 1 ? [`${name}${vector[d]}`] : []));
}

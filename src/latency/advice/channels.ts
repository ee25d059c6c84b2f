import { percent } from '../../display/format';
import type { Hardware } from '../../hardware/hardware';
import type { LoopNest } from '../../operators/work';
import { costLayer } from '../costLayer';
import { isUnknown, type LayerCost } from '../layerCost';
import type { Advice } from './advice';
import { type Contraction, isContraction, resized } from './resized';
import { LEAST_SHARE, type Subject } from './subject';

/** Numbers of channels worth trying are multiples of these, and of the sides of an array. */
const STEPS = [4, 8, 16, 32, 64, 128, 256];
/** A number of channels is better if each channel then takes this share of its time less, because the PEs have less to do. */
const LEAST_GAIN = 0.02;

/** Output channels, input channels, or of a depthwise layer both at once. */
type Loop = 'K' | 'C' | 'G';

/** A number of channels, and what the layer takes with them. */
interface Choice {
  readonly size: number;
  readonly cost: LayerCost;
}

/**
 * Where the number of channels leaves part of the hardware idle: the numbers below and above, from half to twice as many, at which a
 * channel takes the least time, and what the layer would take with them, searched again with its loop nest changed.
 */
export function* channelAdvice({ workload, alone: cost, hardware }: Subject): Generator<Advice> {
  if (!workload || !isContraction(workload) || !waitsForPes(cost, hardware)) return;
  const { G, K, C } = workload.work.nest;
  const loops: readonly Loop[] = G > 1 && K === 1 && C === 1 ? ['G'] : ['K', 'C'];
  for (const loop of loops) {
    const now = { size: workload.work.nest[loop], cost };
    const better = betterChoices(workload, loop, now, hardware);
    if (better.length === 0) continue;
    const effects = better.map((choice) => effect(choice, now));
    const gain = Math.max(...better.map((choice) => 1 - perChannel(choice.cost.seconds, choice, now)));
    yield { kind: 'channels', text: `${subjectOf(loop, workload.work.nest, hardware)}: ${effects.join(', ')}`, gain };
  }
}

/** The best number of channels below, and the best above, where they are better. */
function betterChoices(workload: Contraction, loop: Loop, now: Choice, hardware: Hardware): readonly Choice[] {
  const choices = candidates(now.size, hardware).flatMap((size): Choice[] => {
    const cost = costLayer(resized(workload, { [loop]: size }), hardware);
    return isUnknown(cost) ? [] : [{ size, cost }];
  });
  // The nearest first: one further away has to be better still.
  const sides = [
    choices.filter(({ size }) => size < now.size).reverse(),
    choices.filter(({ size }) => size > now.size),
  ];
  return sides.flatMap((side) => {
    const best = side.reduce((known, choice) => (isBetter(choice, known) ? choice : known), now);
    return best === now ? [] : [best];
  });
}

/** Ascending; the number itself is left out. */
function candidates(size: number, hardware: Hardware): readonly number[] {
  const sides = 'rows' in hardware ? [hardware.rows, hardware.cols] : [];
  const near = [...STEPS, ...sides].flatMap((step) => [Math.floor(size / step) * step, Math.ceil(size / step) * step]);
  const inReach = near.filter((other) => other !== size && other > 0 && 2 * other >= size && other <= 2 * size);
  return [...new Set(inReach)].sort((a, b) => a - b);
}

/** Whether the PEs' work counts in a layer's time, or hides behind what the layer waits for. */
function waitsForPes({ bound }: LayerCost, hardware: Hardware): boolean {
  const hidden = bound === 'offChip' || bound === 'globalBuffer' || bound === 'launch';
  return !hidden || ('overlap' in hardware && hardware.overlap !== 'max');
}

/** Memory alone is no reason: more channels always share what a layer has to fetch anyway. */
function isBetter(choice: Choice, known: Choice): boolean {
  const least = (LEAST_GAIN * known.cost.seconds) / known.size;
  const less = (time: (cost: LayerCost) => number): number =>
    time(known.cost) / known.size - time(choice.cost) / choice.size;
  return less(({ terms }) => terms.compute + terms.peFill) >= least && less((cost) => cost.seconds) >= least;
}

/** Time of a channel as a share of what it is now. */
function perChannel(seconds: number, choice: Choice, now: Choice): number {
  return seconds / choice.size / (now.cost.seconds / now.size);
}

function effect({ size, cost }: Choice, now: Choice): string {
  const change = cost.seconds / now.cost.seconds - 1;
  if (Math.abs(change) < LEAST_SHARE) return `${size} take no more`;
  return `${size} take ${percent(Math.abs(change))} ${change < 0 ? 'less' : 'more'} time`;
}

/** `65 output channels need 2 passes of 64`, where the dataflow puts output channels on the columns. */
function subjectOf(loop: Loop, nest: LoopNest, hardware: Hardware): string {
  const names = { K: 'output channels', C: 'input channels', G: 'channels' };
  const named = `${nest[loop]} ${names[loop]}${nest.G > 1 && loop !== 'G' ? ' a group' : ''}`;
  if (loop !== 'K' || !('dataflow' in hardware) || !['ws', 'os', 'nlr'].includes(hardware.dataflow)) return named;
  const passes = Math.ceil(nest.K / hardware.cols);
  return `${named} need ${passes} ${passes === 1 ? 'pass' : 'passes'} of ${hardware.cols}`;
}

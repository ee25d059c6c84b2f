/** A point in words: for the card under the pointer, the line of the selected point and the table. */
import { count } from '../../src/display/format';
import { difference, writtenValue } from '../model/whatIf';
import type { Shown } from './drawing';
import { figure, inSentence, METRICS, type Point, type Sweep } from './sweep';

type Fact = readonly [label: string, value: string];

/** `Frequency 1.3 GHz · Memory bandwidth 59.7 GB/s`. */
export function placeText({ x, y }: Sweep, point: Point): string {
  return [x, y].map(({ label, knob }, i) => `${label} ${writtenValue(knob, i === 0 ? point.x : point.y)}`).join(' · ');
}

/** All figures, each with how far it is from the preset's. */
export function pointFacts({ sweep, front, cost }: Shown, index: number): readonly Fact[] {
  const point = sweep.points[index];
  if (point?.problem !== '') return [];
  const { preset } = sweep;
  const compared = METRICS.map((metric): Fact => {
    const change = difference(metric.value(preset), metric.value(point));
    return [metric.label, `${figure(metric, point)}${change && ` (${change})`}`];
  });
  const facts: Fact[] = [...compared, ['Cycles', count(point.cycles)]];
  if (cost.id !== 'energy') facts.push([cost.label, cost.format(cost.value(point))]);
  if (point.images > 1) facts.push(['Images per run', String(point.images)]);
  if (front[index]) facts.push(['Pareto front', `nothing is as fast at as little ${inSentence(cost.label)}`]);
  return facts;
}

/** What keeps a point's figures from being compared; '' where nothing does. */
export function pointNote({ problem, unknownNodes, partial }: Point): string {
  if (problem) return `Not possible: ${problem}`;
  if (!(unknownNodes > 0)) return '';
  const layers = `${unknownNodes} ${unknownNodes === 1 ? 'layer' : 'layers'} not costed, in no figure`;
  return partial ? `${layers}; other points know more, so it is not compared with them` : layers;
}

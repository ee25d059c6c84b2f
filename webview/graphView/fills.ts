/** The colours of a node in a frame. */
import { CATEGORIES } from '../../src/protocol/graphPanel';
import type { Scale } from '../model/metrics';
import { reportRow } from '../model/panelModel';
import { boundColor, CATEGORY_COLORS, type HeatColors, heatIndex } from './colors';
import type { Frame } from './frame';
import type { Theme } from './theme';

/** The fill of a node's heat (or bound); undefined where it has none: inputs, outputs, free and unknown nodes, no metric. */
export function heatFill({ model, scale, theme }: Frame, node: number): { fill: string; text: string } | undefined {
  const row = reportRow(model.scene, node);
  if (row < 0 || scale.metric.scale === 'none') return undefined;
  const heat = scale.heat[row] ?? Number.NaN;
  if (scale.metric.scale === 'bound') {
    const fill = boundColor(heat);
    return fill === 'transparent' ? undefined : { fill, text: '#000000' };
  }
  if (Number.isNaN(heat)) return undefined;
  const index = heatIndex(heat);
  const colors = colorsOf(theme, scale);
  return { fill: colors.fill[index] ?? theme.card, text: colors.text[index] ?? theme.foreground };
}

/** The colours of a scale that has a heat. */
export function colorsOf(theme: Theme, { metric }: Scale): HeatColors {
  return metric.scale === 'diverging' ? theme.diverging : theme.heat;
}

/** Whether a node is in this graph only, where it is compared with another. */
export function isAlone({ model, scale }: Frame, node: number): boolean {
  return scale.metric.isAlone?.(reportRow(model.scene, node)) === true;
}

export function categoryColor({ model }: Frame, node: number): string {
  return CATEGORY_COLORS[CATEGORIES[model.scene.category[node] ?? 0] ?? 'other'];
}

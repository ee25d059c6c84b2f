/** The colours of a node in a frame. */
import { CATEGORIES } from '../../src/protocol/graphPanel';
import { reportRow } from '../model/panelModel';
import { boundColor, CATEGORY_COLORS, heatIndex } from './colors';
import type { Frame } from './frame';

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
  return { fill: theme.heat.fill[index] ?? theme.card, text: theme.heat.text[index] ?? theme.foreground };
}

export function categoryColor({ model }: Frame, node: number): string {
  return CATEGORY_COLORS[CATEGORIES[model.scene.category[node] ?? 0] ?? 'other'];
}

/** The table of layers: columns, sorting, filtering, and the table as text. */
import { BOUND_NAMES } from '../../src/display/bounds';
import { bytes, count, joules, percent, seconds } from '../../src/display/format';
import { csvText } from './csv';
import { type NodeCost, nodeCost, operatorOf, type PanelModel } from './panelModel';

export interface Layer {
  readonly node: number;
  readonly name: string;
  readonly operator: string;
  readonly shape: string;
  readonly note: string;
  readonly cost: NodeCost;
}

export interface LayerColumn {
  readonly id: string;
  readonly label: string;
  /** Column of the CSV file, with its unit. */
  readonly csv: string;
  readonly numeric: boolean;
  /** What is sorted by and written to the file. */
  value(layer: Layer): number | string;
  text(layer: Layer): string;
}

const word = (id: string, label: string, value: (layer: Layer) => string): LayerColumn => ({
  id,
  label,
  csv: id,
  numeric: false,
  value,
  text: value,
});

const figure = (
  id: string,
  label: string,
  csv: string,
  value: (cost: NodeCost) => number,
  format: (value: number) => string,
): LayerColumn => ({
  id,
  label,
  csv,
  numeric: true,
  value: ({ cost }) => value(cost),
  text: ({ cost }) =>
    (cost.state === 'free' || cost.state === 'fused') && value(cost) === 0 ? '–' : format(value(cost)),
});

export const LAYER_COLUMNS: readonly LayerColumn[] = [
  figure(
    'rank',
    '#',
    'rank',
    (cost) => (cost.rank > 0 ? cost.rank : Number.NaN),
    (value) => (Number.isFinite(value) ? String(value) : '–'),
  ),
  word('name', 'Name', (layer) => layer.name),
  word('operator', 'Operator', (layer) => layer.operator),
  word('shape', 'Output', (layer) => layer.shape),
  word('note', 'Notes', (layer) => layer.note),
  figure('time', 'Time', 'seconds', (cost) => cost.seconds, seconds),
  figure('share', 'Share', 'share', (cost) => cost.share, percent),
  figure(
    'cycles',
    'Cycles',
    'cycles',
    (cost) => cost.cycles,
    (value) => count(value),
  ),
  { ...word('bound', 'Bound', ({ cost }) => boundText(cost)) },
  figure(
    'macs',
    'MACs',
    'macs',
    (cost) => cost.macs,
    (value) => count(value),
  ),
  figure(
    'parameters',
    'Params',
    'parameters',
    (cost) => cost.parameters,
    (value) => count(value),
  ),
  figure('bytes', 'Bytes', 'bytes', (cost) => cost.bytes.all, bytes),
  figure('utilization', 'Util.', 'utilization', (cost) => cost.utilization, percent),
  figure('lowerBound', 'At least', 'lower_bound_seconds', (cost) => cost.lowerBound, seconds),
  figure('energy', 'Energy', 'joules', (cost) => cost.energy, joules),
];

function boundText({ state, bound }: NodeCost): string {
  return state === 'fused' ? 'fused' : BOUND_NAMES[bound];
}

/** Every operator node, in the order of the scene. */
export function layersOf(model: PanelModel): Layer[] {
  const { scene } = model;
  const layers: Layer[] = [];
  for (let node = 0; node < scene.nodeCount; node++) {
    const cost = nodeCost(model, node);
    if (!cost) continue;
    layers.push({
      node,
      name: scene.names[node] ?? '',
      operator: operatorOf(scene, node),
      shape: scene.shapes[node] ?? '?',
      note: scene.notes[node] ?? '',
      cost,
    });
  }
  return layers;
}

export interface Sorting {
  readonly column: string;
  readonly descending: boolean;
}

/** Unknown values come last either way; equal ones keep the order of the scene. */
export function sortLayers(layers: readonly Layer[], { column, descending }: Sorting): Layer[] {
  const by = LAYER_COLUMNS.find(({ id }) => id === column);
  if (!by) return [...layers];
  const sign = descending ? -1 : 1;
  return layers.toSorted((a, b) => {
    const [left, right] = [by.value(a), by.value(b)];
    if (typeof left === 'string' || typeof right === 'string') return sign * compareText(String(left), String(right));
    if (Number.isNaN(left) || Number.isNaN(right)) return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
    return sign * (left - right);
  });
}

const { compare: compareText } = new Intl.Collator('en', { numeric: true });

export function filterLayers(layers: readonly Layer[], query: string): readonly Layer[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return layers;
  return layers.filter(({ name, operator, shape, note, cost }) => {
    const text = `${name}\n${operator}\n${shape}\n${note}\n${boundText(cost)}`.toLowerCase();
    return words.every((part) => text.includes(part));
  });
}

export function layersCsv(layers: readonly Layer[]): string {
  const rows = layers.map((layer) => LAYER_COLUMNS.map((column) => column.value(layer)));
  return csvText([LAYER_COLUMNS.map(({ csv }) => csv), ...rows]);
}

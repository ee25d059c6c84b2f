import { atLeast, count, percent, seconds, shape } from '../display/format';
import { type Graph, nodeLabel, type TensorInfo } from '../graph/graph';
import { isUnknown } from './layerCost';
import type { LatencyReport, LayerReport } from './report';

/**
 * The graph for Graphviz: each node with operator, name, output shape, predicted time and share; parameters in a colour of their own;
 * darker nodes take more of the time. Whatever stands in the model is escaped.
 */
export function reportToDot(graph: Graph, report: LatencyReport): string {
  const { infos } = report.shapes;
  const source = new Map<string, string>();
  for (const { name } of graph.inputs) if (!graph.constants.has(name)) source.set(name, `input_${source.size}`);
  const inputs = [...source].map(([name, id]) => terminal(id, name, infos));
  for (const node of graph.nodes) for (const name of node.outputs) if (name) source.set(name, `n${node.id}`);
  const outputs = graph.outputs.map(({ name }, index) => ({ name, id: `output_${index}` }));
  return [
    `digraph ${quoted(graph.name || 'model')} {`,
    `  label=${quoted(`predicted on ${report.hardware.name}: ${atLeast(report.totals.seconds, seconds, report.totals.unknownNodes > 0)}`)};`,
    '  node [shape=box, style="rounded,filled", fillcolor=white, fontname="sans-serif", fontsize=10];',
    '  edge [fontname="sans-serif", fontsize=8];',
    ...inputs,
    ...report.layers.map((layer) => operator(layer, report.totals.seconds, infos)),
    ...outputs.map(({ name, id }) => terminal(id, name, infos)),
    ...report.layers.flatMap(({ node }) =>
      [...new Set(node.inputs)].flatMap((name) => edge(source.get(name), `n${node.id}`, name, infos)),
    ),
    ...outputs.flatMap(({ name, id }) => edge(source.get(name), id, name, infos)),
    '}',
    '',
  ].join('\n');
}

function operator(layer: LayerReport, total: number, infos: ReadonlyMap<string, TensorInfo>): string {
  const { node, cost, fusedInto, parameters } = layer;
  const share = isUnknown(cost) || total === 0 ? 0 : cost.seconds / total;
  const lines = [
    `<b>${html(node.operator)}</b>`,
    html(nodeLabel(node)),
    html(shape(infos.get(node.outputs[0] ?? '')?.shape)),
    ...(parameters > 0 ? [`<font color="#7a3e9d">${html(count(parameters))} parameters</font>`] : []),
    html(timeOf(layer, share)),
  ];
  const style = fusedInto === undefined ? '' : ', style="rounded,filled,dashed"';
  return `  n${node.id} [label=<${lines.join('<br/>')}>, fillcolor="${heat(share)}"${style}];`;
}

function timeOf({ cost, fusedInto }: LayerReport, share: number): string {
  if (isUnknown(cost)) return 'time unknown';
  if (fusedInto !== undefined) return `in #${fusedInto}`;
  return cost.seconds === 0 ? 'free' : `${seconds(cost.seconds)} · ${percent(share)}`;
}

/** White to orange, full at a fifth of the time: dark text stays readable on it. */
function heat(share: number): string {
  const strength = Math.sqrt(Math.min(1, share / 0.2));
  const mix = (full: number): string =>
    Math.round(255 + (full - 255) * strength)
      .toString(16)
      .padStart(2, '0');
  return `#${mix(245)}${mix(150)}${mix(60)}`;
}

function terminal(id: string, name: string, infos: ReadonlyMap<string, TensorInfo>): string {
  return `  ${id} [shape=ellipse, label=<${html(name)}<br/>${html(shape(infos.get(name)?.shape))}>];`;
}

function edge(
  from: string | undefined,
  to: string,
  name: string,
  infos: ReadonlyMap<string, TensorInfo>,
): readonly string[] {
  return from === undefined ? [] : [`  ${from} -> ${to} [label=${quoted(shape(infos.get(name)?.shape))}];`];
}

function quoted(text: string): string {
  return `"${printable(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function html(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function printable(text: string): string {
  return [...text].map((character) => (character < ' ' ? ' ' : character)).join('');
}

/** What the panel can save as a file. */
import type { ExportFormat, GraphHost } from '../src/protocol/graphPanel';
import type { Remote } from '../src/protocol/rpc';
import { fileName, type PanelModel } from './model/panelModel';
import type { Stage } from './stage';

export type Export = ExportFormat | 'png' | 'svg' | 'csv';

/** Pictures and tables are of the tab that is shown, the other formats of the whole report. */
export const EXPORTS: readonly (readonly [format: Export, label: string])[] = [
  ['png', 'This view as PNG …'],
  ['svg', 'This view as SVG …'],
  ['csv', 'This view as CSV …'],
  ['trace', 'Schedule as Chrome trace …'],
  ['json', 'Report as JSON …'],
  ['dot', 'Graph as DOT (Graphviz) …'],
];

/** Offers the file to be saved. */
export async function exportAs(
  format: Export,
  host: Remote<GraphHost>,
  stage: Stage,
  model: PanelModel | undefined,
): Promise<void> {
  const save = (ending: string, data: string | Uint8Array) => host.save(fileName(model, ending), data);
  const { picture, table } = stage;
  if (format === 'png') await save(`${picture.name}.png`, await picture.view.png());
  else if (format === 'svg') await save(`${picture.name}.svg`, picture.view.svg());
  else if (format === 'csv') await save(`${table.name}.csv`, table.csv);
  else await save(format === 'trace' ? 'trace.json' : `report.${format}`, await host.exportText(format));
}

/** What is said of a page of maps, and of one of them. */
import { counted, percent, significant, whole } from '../../src/display/format';
import type { FeaturePage, KernelPage, MapPage } from '../../src/protocol/mapPage';

export type GridPage = FeaturePage | KernelPage;

/** `1–64 of 512`. */
export function pagePlace({ first, labels, total }: Pick<MapPage, 'first' | 'labels' | 'total'>): string {
  if (labels.length === 0) return `none of ${whole(total)}`;
  if (labels.length === total) return total === 1 ? '1' : `all ${whole(total)}`;
  return `${whole(first + 1)}–${whole(first + labels.length)} of ${whole(total)}`;
}

/** What a page shows, in one line. */
export function pageFacts(page: GridPage): string {
  if (!('statistics' in page)) return `${page.operator}, ${KERNELS[page.kind]}: ${pagePlace(page)}, strongest first`;
  const { kind, dead, total } = page;
  const what = kind === 'vector' ? 'elements' : 'channels';
  const silent = dead > 0 ? `; ${counted(dead, 'channel')} of ${whole(total)} zero everywhere` : '';
  return `${what} ${pagePlace(page)}, strongest first${kind === 'vector' ? '' : silent}`;
}

const KERNELS: Readonly<Record<KernelPage['kind'], string>> = {
  rgb: 'kernels in colour, one per output',
  pairs: 'kernels output←input',
  matrix: 'weights of one pixel, outputs down, inputs across',
};

/** What is known of the map at a place of the page. */
export function mapFacts(page: GridPage, index: number): string {
  const label = page.labels[index];
  if (label === undefined) return '';
  const [least, greatest] = page.ranges[index] ?? [];
  const strength = `${page.strengthName} ${significant(page.strengths[index] ?? Number.NaN)}`;
  const range = least === greatest ? `value ${numberOf(least)}` : `${numberOf(least)} to ${numberOf(greatest)}`;
  if (!('statistics' in page)) {
    return [page.kind === 'rgb' ? `output ${label}` : `kernel ${label}`, strength, range].join(' · ');
  }
  const { zeros = Number.NaN } = page.statistics[index] ?? {};
  const silent = page.kind === 'vector' ? [] : [zeros === 1 ? 'zero everywhere' : `${percent(zeros)} zeros`];
  return [`${page.kind === 'vector' ? 'element' : 'channel'} ${label}`, strength, range, ...silent].join(' · ');
}

const numberOf = (value: number | undefined): string => significant(value ?? Number.NaN);

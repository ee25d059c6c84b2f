import { countNvdla, type NvdlaCount, type NvdlaLayer } from '../../src/latency/modes/nvdla';
import { type Comparison, type Row, truthCells, truthJson } from './comparison';

type Chip = Parameters<typeof countNvdla>[1];

/** The chip of the sheet's head: 2,048 multipliers, int8, 512 KiB, 1 GHz, 10 GB/s. */
const SHEET: Chip = {
  macs: 2048,
  conv_buffer: 512 * 1024,
  mem_bandwidth: 10e9,
  frequency: 1e9,
  precision: { input: 8, weight: 8 },
  weight_compression: 0,
};
const FULLY_CONNECTED_BATCH = 16;

const isLayer = (cells: readonly string[]): boolean => (cells[3] ?? '') !== '' && Number(cells[4]) > 0;

export interface NvdlaCase {
  readonly name: string;
  readonly layer: NvdlaLayer;
  readonly count: NvdlaCount;
  /** Columns 40, 42, 43, 44: traffic in KiB, memory, arithmetic and layer cycles. */
  readonly truth: readonly [number, number, number, number];
}

export function nvdlaCases(): readonly NvdlaCase[] {
  return truthCells('nvdla_xlsx_ResNet50.csv')
    .filter(isLayer)
    .map((cells, index) => {
      const layer = layerOf(cells, index === 0);
      const number = (column: number): number => Number(cells[column]);
      return {
        name: cells[2] ?? '',
        layer,
        count: counted(layer, SHEET),
        truth: [number(40), number(42), number(43), number(44)],
      };
    });
}

function layerOf(cells: readonly string[], first: boolean): NvdlaLayer {
  const number = (column: number): number => Number(cells[column]);
  const kind = cells[3] ?? '';
  return {
    ...{ C: number(4), H: number(5), W: number(6), K: number(7), R: number(8), S: number(9) },
    ...{ P: number(13), Q: number(14) },
    ...{
      strideH: number(11),
      strideW: number(12),
      outputPixels: number(20) * number(21),
    },
    first,
    addition: kind.includes('elwise'),
    winograd: cells[38] === 'True',
    sharedBy: kind === 'fc' ? FULLY_CONNECTED_BATCH : 1,
  };
}

function counted(layer: NvdlaLayer, chip: Chip): NvdlaCount {
  const count = countNvdla(layer, chip);
  if (!count) throw new Error('a layer of the sheet does not fit its buffer');
  return count;
}

interface Primer {
  readonly rows: readonly Readonly<Record<'macs' | 'cbuf_kB' | 'dram_GBps' | 'fps' | 'formula_fps', number>>[];
}

/** Images per second of the seven chips that NVIDIA's primer lists, ours from the sheet's layers. */
export function nvdlaRates(): readonly (Row & { readonly formula: number })[] {
  const layers = nvdlaCases().map(({ layer }) => layer);
  return truthJson<Primer>('nvdla_primer_resnet50.json').rows.map(({ macs, cbuf_kB, dram_GBps, fps, formula_fps }) => {
    const chip = { ...SHEET, macs, conv_buffer: cbuf_kB * 1024, mem_bandwidth: dram_GBps * 1e9 };
    const cycles = layers.reduce((sum, layer) => {
      const { memoryCycles, macCycles } = counted(layer, chip);
      return sum + Math.max(memoryCycles, macCycles);
    }, 0);
    return { name: `${macs} MACs`, predicted: chip.frequency / cycles, truth: fps, formula: formula_fps };
  });
}

export function nvdlaComparisons(): readonly Comparison[] {
  const cells = nvdlaCases().flatMap(({ name, count, truth }): Row[] => {
    const { trafficKib, memoryCycles, macCycles } = count;
    const ours = [trafficKib, memoryCycles, macCycles, Math.max(memoryCycles, macCycles)];
    const columns = ['traffic', 'memory cycles', 'MAC cycles', 'cycles'];
    return columns.map((column, i) => ({
      name: `${name}, ${column}`,
      predicted: ours[i] ?? Number.NaN,
      truth: truth[i] ?? Number.NaN,
    }));
  });
  return [
    {
      id: 'nvdla-sheet',
      title: 'Engine nvdla: traffic and cycles of ResNet-50, 54 layers',
      source: 'NVIDIA’s performance sheet (nvdla/hw, data/truth/nvdla_xlsx_ResNet50.csv): an estimate, not silicon',
      target: 'exact',
      rows: cells,
      why: '',
    },
    {
      id: 'nvdla-primer',
      preset: 'nvdla-large',
      title: 'Engine nvdla: ResNet-50 images per second of seven chips',
      source: 'nvdla.org primer (data/truth/nvdla_primer_resnet50.json): an estimate, not silicon',
      target: 'equal at the digits printed',
      rows: nvdlaRates().map(({ name, predicted, truth }) => ({ name, predicted, truth })),
      why: 'The primer prints two or three digits: 3.6 for 3.648.',
    },
  ];
}

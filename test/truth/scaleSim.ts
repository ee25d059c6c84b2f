import type { ScaleSimHardware } from '../../src/hardware/hardware';
import { systolicCycles, systolicWords } from '../../src/latency/modes/scaleSim';
import { type Comparison, truthRows } from './comparison';

export interface ScaleSimCase {
  readonly name: string;
  readonly cycles: number;
  /** Percent. */
  readonly utilization: number;
  readonly truth: { readonly cycles: number; readonly utilization: number };
  /** Words of inputs and weights, and of outputs where they are not stationary: ours and SCALE-Sim's. */
  readonly words: readonly (readonly [number, number])[];
}

export function scaleSimCases(): readonly ScaleSimCase[] {
  return truthRows('scalesim_v3_calc.csv').map((row) => {
    const get = (key: string): number => Number(row[key]);
    const [rows = 0, cols = 0] = (row['array'] ?? '').split('x').map(Number);
    const dataflow = row['dataflow'] as ScaleSimHardware['dataflow'];
    const spanned = (size: number, window: number, stride: number): number =>
      Math.ceil((size - window + stride) / stride);
    const product = {
      rows: spanned(get('ifh'), get('fh'), get('sh')) * spanned(get('ifw'), get('fw'), get('sw')),
      columns: get('nf'),
      depth: get('fh') * get('fw') * get('ch'),
    };
    const array = { rows, cols, dataflow };
    const count = systolicCycles(product, array);
    const { cycles } = count;
    const { input, weight, output } = systolicWords(product, array, count);
    const operands = [[input, get('sram_ifmap_reads')] as const, [weight, get('sram_filter_reads')] as const];
    const outputs = [output, get('sram_ofmap_writes')] as const;
    return {
      name: `${row['net']} ${row['layer']}, ${row['array']} ${dataflow}`,
      cycles,
      utilization: (100 * product.rows * product.columns * product.depth) / (cycles * rows * cols),
      truth: { cycles: get('total_cycles'), utilization: get('overall_util') },
      words: dataflow === 'os' ? operands : [...operands, outputs],
    };
  });
}

export function scaleSimComparisons(): readonly Comparison[] {
  const cases = scaleSimCases();
  const source = 'SCALE-Sim v3, CALC mode (data/truth/scalesim_v3_calc.csv)';
  const common = { source, target: 'exact', why: '' };
  return [
    {
      ...common,
      id: 'scale-sim-cycles',
      preset: 'scale-sim-default',
      title: 'Engine scale-sim: cycles',
      rows: cases.map(({ name, cycles, truth }) => ({ name, predicted: cycles, truth: truth.cycles })),
    },
    {
      ...common,
      id: 'scale-sim-utilization',
      title: 'Engine scale-sim: overall utilization',
      rows: cases.map(({ name, utilization, truth }) => ({ name, predicted: utilization, truth: truth.utilization })),
    },
    {
      ...common,
      id: 'scale-sim-words',
      title:
        'Engine scale-sim: words between on-chip memory and array (os: without outputs, which it also counts for idle PEs)',
      rows: cases.flatMap(({ name, words }) => words.map(([predicted, truth]) => ({ name, predicted, truth }))),
    },
  ];
}

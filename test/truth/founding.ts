import type { MulticoreHardware } from '../../src/hardware/hardware';
import { parseHardware } from '../../src/hardware/parse';
import { costFounding, type FoundingCost, type FoundingRow, foundingSeconds } from '../../src/latency/founding';
import { onEngine } from '../hardware';
import { type Comparison, type Row, truthRows } from './comparison';

/** The columns of the table are the keys of a hardware file with their units. */
const KEYS = {
  ...{ n_pes: 'n_pes', pe_fp32s: 'pe_fp32s', frequency: 'frequency_Hz', mem_bandwidth: 'mem_bandwidth_Bps' },
  ...{ fp32_cycles: 'fp32_cycles', mem_concurrent_fp32: 'mem_concurrent_fp32', l2_speed_frac: 'l2_speed_frac' },
  launch_time: 'launch_time_s',
} as const;

/** One row of the table: the hardware it names, our cost, and the predictor's seconds. */
export interface FoundingCase {
  readonly name: string;
  readonly hardware: MulticoreHardware;
  readonly cost: FoundingCost;
  readonly latency: number;
  readonly truth: Readonly<Record<'compute' | 'memory' | 'latency', number>>;
}

export function foundingCases(): readonly FoundingCase[] {
  return truthRows('multicore_founding_mode.csv').map((line) => {
    const hardware = foundingHardware(line);
    const cost = costFounding(foundingRow(line['op'] ?? '', line['args'] ?? ''), Number(line['batch']), hardware);
    const seconds = (column: string): number => Number(line[column]);
    return {
      name: `${line['hw']} ${line['net']} ${line['layer']}`,
      ...{ hardware, cost },
      latency: foundingSeconds(hardware, cost.compute, cost.offChip + cost.globalBuffer) + hardware.launch_time,
      truth: { compute: seconds('compute_s'), memory: seconds('memory_s'), latency: seconds('latency_s') },
    };
  });
}

export function foundingHardware(line: Readonly<Record<string, string>>): MulticoreHardware {
  const sizes = Object.fromEntries(Object.entries(KEYS).map(([key, column]) => [key, Number(line[column])]));
  const file = { name: line['hw'], engine: 'multicore', latency_mode: line['latency_mode'], parity: true, ...sizes };
  return onEngine(parseHardware(file, 'the founding table'), 'multicore');
}

/** `args` lists the predictor's arguments: cin=64;cout=64;inh=56;… */
export function foundingRow(op: string, args: string): FoundingRow {
  const values = new Map(args.split(';').map((pair) => pair.split('=') as [string, string]));
  const get = (key: string, fallback = Number.NaN): number => Number(values.get(key) ?? fallback);
  const words = get('c') * get('h') * get('w');
  switch (op) {
    case 'conv': {
      const [kernel, stride] = [get('ks'), get('stride', 1)];
      const sizes = {
        cin: get('cin'),
        cout: get('cout'),
        groups: get('groups', 1),
        height: get('inh'),
        width: get('inw'),
      };
      return { row: 'conv', ...sizes, kernelH: kernel, kernelW: kernel, strideH: stride, strideW: stride };
    }
    case 'add':
      return { row: 'add', c: get('c'), h: get('h'), w: get('w'), words: 3 * words };
    case 'avg_pool':
      return { row: 'avg_pool', words: words + get('c') * get('oh') * get('ow') };
    case 'fc':
      return { row: 'fc', cin: get('cin'), cout: get('cout') };
    default:
      throw new Error(`the founding table has a row '${op}'`);
  }
}

export function foundingComparisons(): readonly Comparison[] {
  const rows = foundingCases().map(({ name, latency, truth }): Row => {
    return { name, predicted: latency, truth: truth.latency };
  });
  return [
    {
      id: 'founding',
      title: 'Engine multicore, founding mode: latency of every layer',
      source: 'the predictor of the founding note (data/truth/multicore_founding_mode.csv)',
      target: '1e-9',
      rows,
      why: '',
    },
  ];
}

import assert from 'node:assert/strict';
import fs from 'node:fs';
import type { MulticoreHardware } from '../../src/hardware/hardware';
import { parseHardware } from '../../src/hardware/parse';
import { costFounding, type FoundingRow, foundingSeconds } from '../../src/latency/founding';
import { foundingTileSizes } from '../../src/latency/tiles';
import { onEngine } from '../hardware';
import { needsShared, shared } from '../shared';

type Row = Readonly<Record<string, string>>;

function readCsv(file: string): readonly Row[] {
  const [header = '', ...lines] = fs.readFileSync(file, 'utf8').trim().split(/\r?\n/);
  const keys = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [keys[i] ?? '', value.trim()])));
}

function hardwareOf(row: Row): MulticoreHardware {
  const number = (key: string): number => Number(row[key]);
  const hardware = parseHardware(
    {
      name: row['hw'],
      engine: 'multicore',
      n_pes: number('n_pes'),
      pe_fp32s: number('pe_fp32s'),
      frequency: number('frequency_Hz'),
      mem_bandwidth: number('mem_bandwidth_Bps'),
      fp32_cycles: number('fp32_cycles'),
      mem_concurrent_fp32: number('mem_concurrent_fp32'),
      l2_speed_frac: number('l2_speed_frac'),
      launch_time: number('launch_time_s'),
      latency_mode: row['latency_mode'],
      parity: true,
    },
    'truth',
  );
  return onEngine(hardware, 'multicore');
}

function rowOf(op: string, args: string): FoundingRow {
  const value = new Map(
    args.split(';').map((pair): [string, number] => {
      const [key = '', text = ''] = pair.split('=');
      return [key, Number(text)];
    }),
  );
  const get = (key: string, fallback = Number.NaN): number => value.get(key) ?? fallback;
  const area = get('c') * get('h') * get('w');
  switch (op) {
    case 'conv': {
      const sizes = {
        cin: get('cin'),
        cout: get('cout'),
        groups: get('groups', 1),
        height: get('inh'),
        width: get('inw'),
      };
      const [kernel, stride] = [get('ks'), get('stride', 1)];
      return { row: 'conv', ...sizes, kernelH: kernel, kernelW: kernel, strideH: stride, strideW: stride };
    }
    case 'add':
      return { row: 'add', c: get('c'), h: get('h'), w: get('w'), words: 3 * area };
    case 'avg_pool':
      return { row: 'avg_pool', words: area + get('c') * get('oh') * get('ow') };
    case 'fc':
      return { row: 'fc', cin: get('cin'), cout: get('cout') };
    default:
      throw new Error(`unexpected row ${op}`);
  }
}

function assertClose(actual: number, expected: number, what: string): void {
  const error = Math.abs(actual - expected) / Math.max(Math.abs(expected), Number.MIN_VALUE);
  assert.ok(actual === expected || error <= 1e-9, `${what}: ${actual}, expected ${expected}`);
}

describe('multicore engine, founding mode', () => {
  it('tries the tile sizes of the founding predictor', () => {
    assert.deepEqual(foundingTileSizes(1), [1, 2]);
    assert.deepEqual(foundingTileSizes(7), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual(foundingTileSizes(56), [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 19, 28, 32, 56, 64]);
  });

  it('a 1×1 convolution worked by hand', () => {
    // cin = cout = 1, 1×1 image, TX2: BW = 59.7e9/4 words/s, BW₂ = 4·BW. Tile 1×1×1: DRAM 3 words, L2 3 words, eff 1 (1 of 1 word);
    // compute: one output occupies 512 slots: 512/(1.3e9·128) s; two tiles would not be fewer.
    const tx2 = {
      ...{
        hw: 'TX2',
        n_pes: '2',
        pe_fp32s: '128',
        frequency_Hz: '1.3e9',
        mem_bandwidth_Bps: '59.7e9',
        fp32_cycles: '4',
      },
      ...{ mem_concurrent_fp32: '8', l2_speed_frac: '4', launch_time_s: '8e-6', latency_mode: 'add' },
    };
    const cost = costFounding(rowOf('conv', 'cin=1;cout=1;inh=1;inw=1;ks=1'), 1, hardwareOf(tx2));
    assertClose(cost.compute, 512 / (1.3e9 * 128), 'compute');
    assertClose(cost.offChip, 3 / (59.7e9 / 4), 'off-chip');
    assertClose(cost.globalBuffer, 3 / 59.7e9, 'on-chip');
    assert.deepEqual(cost.tile, { c: 1, h: 1, w: 1, count: 1 });
  });

  describe('against the table of the founding predictor', () => {
    before(function () {
      needsShared(this);
    });

    it('every row: compute, memory and latency to 1e-9 relative', () => {
      const rows = readCsv(shared('data/truth/multicore_founding_mode.csv'));
      assert.equal(rows.length, 303);
      for (const row of rows) {
        const hardware = hardwareOf(row);
        const cost = costFounding(rowOf(row['op'] ?? '', row['args'] ?? ''), Number(row['batch']), hardware);
        const memory = cost.offChip + cost.globalBuffer;
        const what = `${row['hw']} ${row['net']} ${row['layer']}`;
        assertClose(cost.compute, Number(row['compute_s']), `${what} compute`);
        assertClose(memory, Number(row['memory_s']), `${what} memory`);
        const latency = foundingSeconds(hardware, cost.compute, memory) + hardware.launch_time;
        assertClose(latency, Number(row['latency_s']), `${what} latency`);
      }
    });
  });
});

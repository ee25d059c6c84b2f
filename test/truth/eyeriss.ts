import type { LoopNest } from '../../src/operators/work';
import { type Comparison, type Row, truthJson } from './comparison';
import { predictedMs } from './devices';
import { convolution } from './networks';
import { presetOf } from './presets';
import { costRowStationary, type RowStationaryCost, type RowStationaryMapping } from './rowStationary';

type Shape = Readonly<Record<'H' | 'R' | 'E' | 'C' | 'M' | 'U' | 'groups', number>>;

interface Network {
  readonly batch: number;
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly rows: readonly {
    readonly layer: string;
    readonly total_latency_ms: number;
    readonly processing_latency_ms: number;
    readonly active_PEs: number;
    readonly glb_MB: number;
  }[];
  readonly mapping_inferred?: Readonly<Record<string, RowStationaryMapping>>;
}

interface Truth {
  readonly chip: { readonly core_MHz: number };
  readonly alexnet: Network;
  readonly vgg16: Network;
  readonly mapping_table_III: Readonly<Record<string, readonly number[]>>;
}

export interface EyerissCase {
  readonly layer: string;
  readonly cost: RowStationaryCost;
  readonly milliseconds: number;
  readonly bufferMB: number;
  readonly silicon: Network['rows'][number];
}

/** AlexNet with the mappings that the paper prints, VGG-16 with those inferred from its buffer traffic. */
export function eyerissCases(name: 'alexnet' | 'vgg16'): readonly EyerissCase[] {
  const truth = truthJson<Truth>('eyeriss_jssc2017.json');
  const network = truth[name];
  return network.rows
    .filter(({ layer }) => layer !== 'Total')
    .map((silicon) => {
      const shape = network.shapes[silicon.layer];
      const mapping = network.mapping_inferred?.[silicon.layer] ?? printed(truth.mapping_table_III[silicon.layer]);
      if (!shape || !mapping) throw new Error(`no shape or mapping for ${silicon.layer}`);
      const cost = costRowStationary(nestOf(shape, network.batch), mapping);
      const milliseconds = cost.cycles / truth.chip.core_MHz / 1e3;
      return { layer: silicon.layer, cost, milliseconds, bufferMB: (2 * cost.bufferWords) / 1e6, silicon };
    });
}

/** m n e p q r t */
function printed(row: readonly number[] | undefined): RowStationaryMapping | undefined {
  if (!row) return undefined;
  const [, n = 0, e = 0, p = 0, q = 0, r = 0, t = 0] = row;
  return { n, e, p, q, r, t };
}

function nestOf({ H, R, E, C, M, U, groups }: Shape, N: number): LoopNest {
  const sizes = { N, G: groups, K: M / groups, C, P: E, Q: E, R, S: R, H, W: H };
  return { ...sizes, strideH: U, strideW: U, dilationH: 1, dilationW: 1 };
}

/** What the preset predicts for the layers, by the mapping that the search finds. */
function searched(name: 'alexnet' | 'vgg16'): readonly Row[] {
  const { rows, shapes, batch } = truthJson<Truth>('eyeriss_jssc2017.json')[name];
  const hardware = presetOf('eyeriss-v1');
  return rows.flatMap(({ layer, total_latency_ms }): Row[] => {
    const shape = shapes[layer];
    if (!shape) return [];
    const { H, R, C, M, U, groups } = shape;
    const sizes = { size: H, channels: C * groups, filters: M, kernel: R, stride: U, groups };
    const predicted = predictedMs({ name: layer, model: convolution(sizes, 'int16'), batch }, hardware);
    return [{ name: `${name === 'alexnet' ? 'AlexNet' : 'VGG-16'} ${layer}`, predicted, truth: total_latency_ms }];
  });
}

const SOURCE = 'Chen et al., JSSC 2017: the Eyeriss chip, processing latency (data/truth/eyeriss_jssc2017.json)';

export function eyerissComparisons(): readonly Comparison[] {
  const rowsOf = (name: 'alexnet' | 'vgg16') =>
    eyerissCases(name).map(({ layer, milliseconds, silicon }) => ({
      name: layer,
      predicted: milliseconds,
      truth: silicon.processing_latency_ms,
    }));
  return [
    {
      id: 'eyeriss-alexnet',
      title: 'Eyeriss silicon, AlexNet: latency of every layer, mapping as printed',
      source: SOURCE,
      target: 'every layer within 6 %',
      rows: rowsOf('alexnet'),
      why:
        'Too low where a pass is long (CONV1, CONV2): the chip’s control and the first and last partial sums of a pass are not modelled. ' +
        'CONV3’s printed mapping would move 69.2 MB through the buffer, the chip moved 50.2 MB: its latency is within 6 % with either.',
    },
    {
      id: 'eyeriss-vgg16',
      title: 'Eyeriss silicon, VGG-16: latency of every layer, mapping inferred from buffer traffic',
      source: SOURCE,
      target: 'every layer within 6 %',
      rows: rowsOf('vgg16'),
      why:
        'All layers are too low by 1.6 to 4.8 %: control between passes is not modelled. The mappings were inferred from the paper’s ' +
        'buffer traffic and active PEs, which is a calibration on other columns, not a blind prediction.',
    },
    {
      id: 'eyeriss-preset',
      title:
        'Eyeriss silicon, AlexNet and VGG-16: total latency of every layer, mapping found by our search, nothing fitted',
      source: SOURCE.replace('processing latency', 'total latency'),
      preset: 'eyeriss-v1',
      target: 'none: what the preset says without the paper’s mappings',
      rows: [...searched('alexnet'), ...searched('vgg16')],
      tolerance: 0.25,
      why:
        'The chip’s mappings were chosen for energy, ours for time. VGG-16’s CONV1 to CONV3 ran with one input channel (CONV3: two) in each ' +
        'PE, so that partial sums crossed the 64-bit network once per channel, which bound them; the search finds mappings of the same array that ' +
        'keep more channels in the PEs. With the chip’s own mappings the same layers are within 5 % (table above).',
    },
  ];
}

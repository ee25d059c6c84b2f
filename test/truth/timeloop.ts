import { type Counts, evaluate, type Halo, type Mapping, type SpatialLayer } from '../../src/latency/spatial/mapping';
import { type Comparison, type Row, truthJson } from './comparison';

interface Truth {
  readonly layer: { readonly net: string; readonly name: string; readonly stride: number } & Readonly<
    Record<'N' | 'K' | 'C' | 'P' | 'Q' | 'R' | 'S', number>
  >;
  readonly mapping: Readonly<Record<'sp' | 'rf' | 'gt' | 'pD' | 'pG', readonly number[]>>;
  readonly timeloop: Readonly<
    Record<'comp' | 'dW' | 'dI' | 'dOr' | 'dOu' | 'gW' | 'gI' | 'gOr' | 'gOu' | 'gOf' | 'gWf' | 'gIf', number>
  >;
}

/** One layer and mapping of the table: timeloop-model's counts and ours. */
export interface TimeloopCase {
  readonly name: string;
  readonly truth: Truth['timeloop'];
  readonly counts: Counts;
}

export function timeloopCases(halo: Halo): readonly TimeloopCase[] {
  return truthJson<readonly Truth[]>('timeloop_model_mappings.json').map(({ layer, mapping, timeloop }, index) => ({
    name: `row ${index}, ${layer.net} ${layer.name}`,
    truth: timeloop,
    counts: evaluate(layerOf(layer), mappingOf(mapping), { halo }),
  }));
}

function layerOf({ N, K, C, P, Q, R, S, stride }: Truth['layer']): SpatialLayer {
  const [H, W] = [(P - 1) * stride + R, (Q - 1) * stride + S];
  const steps = { strideH: stride, strideW: stride, dilationH: 1, dilationW: 1 };
  return { sizes: Int32Array.of(N, K, C, P, Q, R, S), groups: 1, H, W, ...steps };
}

function mappingOf({ sp, rf, gt, pD, pG }: Truth['mapping']): Mapping {
  const tiles = { spatial: Int32Array.from(sp), registerTile: Int32Array.from(rf), bufferTile: Int32Array.from(gt) };
  return { ...tiles, dramOrder: pD, bufferOrder: pG, spatialGroups: 1 };
}

const SOURCE = 'timeloop-model on 30 layers with random mappings (data/truth/timeloop_model_mappings.json)';

export function timeloopComparisons(): readonly Comparison[] {
  const pairs = (halo: Halo, of: (one: TimeloopCase) => Readonly<Record<string, readonly [number, number]>>) =>
    timeloopCases(halo).flatMap((one): Row[] =>
      Object.entries(of(one)).map(([what, [predicted, truth]]) => ({ name: `${one.name}, ${what}`, predicted, truth })),
    );
  return [
    {
      id: 'timeloop-counts',
      title: 'Given mappings: compute cycles, weights and outputs at both levels',
      source: SOURCE,
      target: 'exact',
      rows: pairs('refetch', ({ counts, truth }) => ({
        compute: [counts.computeCycles, truth.comp],
        'weights off chip': [counts.dramReads.weight, truth.dW],
        'weights to the array': [counts.bufferReads.weight, truth.gW],
        'partial sums from off chip': [counts.dramReads.output, truth.dOr],
        'outputs off chip': [counts.dramWrites, truth.dOu],
        'partial sums to the array': [counts.bufferReads.output, truth.gOr],
        'outputs from the array': [counts.bufferWrites, truth.gOu],
      })),
      why: '',
    },
    {
      id: 'timeloop-inputs-refetch',
      title: 'Given mappings: input words off chip, halo fetched again',
      source: SOURCE,
      target: '22 of 30 equal, the rest explained',
      rows: pairs('refetch', ({ counts, truth }) => ({ inputs: [counts.dramReads.input, truth.dI] })),
      why:
        'All tiles are fetched whole; timeloop-model keeps what neighbours along the innermost loop share. The eight rows that differ ' +
        'are those where such neighbours overlap (seven; see the next table), and row 3.',
    },
    {
      id: 'timeloop-inputs-sliding',
      title: 'Given mappings: input words off chip, halo kept along the innermost loop',
      source: SOURCE,
      target: 'as many as the halo rule allows',
      rows: pairs('sliding', ({ counts, truth }) => ({ inputs: [counts.dramReads.input, truth.dI] })),
      why:
        'Row 3 (13 tiles of one output row, three filter rows outside them): timeloop-model counts 37 input rows per channel where 39 are ' +
        'fetched, one less at each of the two steps from one filter row to the next. No two consecutive tiles overlap there; ' +
        'its count fits a loop that is extrapolated from its first two trips, whose second tile is the next filter row’s first.',
    },
    {
      id: 'timeloop-inputs-array',
      title: 'Given mappings: input words from the buffer to the array, halo kept along the innermost loop',
      source: SOURCE,
      target: 'as many as the halo rule allows',
      rows: pairs('sliding', ({ counts, truth }) => ({ inputs: [counts.bufferReads.input, truth.gI] })),
      why: '',
    },
  ];
}

import { type Comparison, type Row, truthJson } from './comparison';
import { predictedMs } from './devices';
import { fullyConnected } from './networks';
import { presetOf } from './presets';

interface Application {
  readonly weights_M: number;
  readonly batch: number;
  readonly TOPS: number;
}

/** Fully connected layers of each application (Jouppi et al., Table 1); the others of its layers work on vectors. */
const LAYERS = { MLP0: 5, MLP1: 4, LSTM0: 24, LSTM1: 37 } as const;

/**
 * The applications whose weights are all in fully connected layers. Sizes of layers are not published: the weights are shared out among
 * equal squares, which hardly matters, because the time is that of fetching them.
 */
export function tpuComparison(): Comparison {
  const { apps } = truthJson<{ readonly apps: Readonly<Record<string, Application>> }>('tpu_v1_isca2017.json');
  const hardware = presetOf('tpu-v1');
  const rows = Object.entries(LAYERS).flatMap(([name, layers]): Row[] => {
    const app = apps[name];
    if (!app) return [];
    const width = Math.round(Math.sqrt((app.weights_M * 1e6) / layers));
    const model = fullyConnected(Array(layers + 1).fill(width), 'int8');
    const predicted = predictedMs({ name, model, batch: app.batch }, hardware);
    return [{ name, predicted, truth: (2 * app.weights_M * 1e6 * app.batch) / (app.TOPS * 1e9) }];
  });
  return {
    id: 'tpu-v1',
    title: 'Google TPU v1: time per batch of MLP0, MLP1, LSTM0 and LSTM1, from the TOPS measured; nothing fitted',
    source: 'Jouppi et al., ISCA 2017, Tables 1 and 3 (data/truth/tpu_v1_isca2017.json)',
    preset: 'tpu-v1',
    target: 'every application within 25 %',
    rows,
    tolerance: 0.25,
    why:
      'All wait for weights (the paper: 44 to 62 % of the cycles), and the prediction is that wait. LSTM1 is too fast: its matrices are ' +
      '600 × 600 (the paper’s own example), fetched as nine whole tiles of 256 × 256, which are 1.64 times their bytes; the predictor counts ' +
      'the bytes. A tenth of its time is also spent outside the matrix unit.',
  };
}

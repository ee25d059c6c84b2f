/**
 * Every method on every stored case of the oracle, end to end through onnxruntime: the largest deviation per network and method.
 * Run: npm run build && node out/test/bench/camOracle.cjs [--write]; the latter renews docs/heat-maps-accuracy.md. Minutes: Score-CAM runs a
 * network once per channel.
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { computeMap } from '../../src/cam/maths/arithmetic';
import { METHODS } from '../../src/cam/methods';
import { Runtime } from '../../src/runtime/runtime';
import { open, QUICK, tensorOf } from '../cam';
import { readStored, relativeError, row, type Stored } from '../npy';
import { type Case, type Meta, NETWORKS } from '../oracle';
import { arithmeticWorker, childPath } from '../runtime';
import { root, shared } from '../shared';

/** Signs of principal components are arbitrary. */
const SIGNLESS = new Set(['eigencam', 'eigengradcam', 'gradcam_eigen_smooth', 'kpcacam']);
const SMOOTHED = 'gradcam_eigen_smooth';
const { values: options } = parseArgs({ options: { write: { type: 'boolean', default: false } } });

/** Cases and largest deviation by network, then method. */
type Table = Map<string, Map<string, { cases: number; error: number }>>;

void main();

async function main(): Promise<void> {
  const runtime = new Runtime({ childPath });
  const table: Table = new Map();
  try {
    for (const network of NETWORKS) {
      table.set(network, new Map());
      await measure(runtime, network, table.get(network) ?? new Map());
      console.error(`${network} done`);
    }
  } finally {
    runtime.dispose();
  }
  const text = toMarkdown(table);
  console.log(text);
  if (options.write) fs.writeFileSync(path.join(root, 'docs/heat-maps-accuracy.md'), `${PREFACE}\n${text}\n`);
}

async function measure(runtime: Runtime, network: string, errors: Map<string, { cases: number; error: number }>) {
  const folder = shared(`data/oracle/${network}`);
  const meta = JSON.parse(fs.readFileSync(path.join(folder, 'meta.json'), 'utf8')) as Meta;
  const stored = (relative: string): Stored => readStored(path.join(folder, `${relative}.npy`));
  for (const [layer, tensors] of Object.entries(meta.onnx_tensors)) {
    const session = await open(runtime, path.join(folder, 'model.onnx'), { ...QUICK, layer: tensors[0]?.name ?? '' });
    for (const [image, { cases }] of Object.entries(meta.images)) {
      const input = tensorOf(stored(`${image}/input`));
      for (const [key, one] of Object.entries(cases).filter(([name]) => name.startsWith(`${layer}|`))) {
        const classIndex = key.slice(layer.length + 1);
        const raw = stored(`${image}/${layer}/raw_c${classIndex}`);
        const bench = await session.bench(input, Number(classIndex));
        for (const id of wellConditioned(one)) {
          const choice =
            id === SMOOTHED ? { method: 'gradcam', eigen: true } : { method: id, channels: 'all' as const };
          const map = await computeMap(arithmeticWorker, choice, bench);
          const error = deviation(id, map, row(raw, one.raw_methods.indexOf(id)));
          const known = errors.get(id) ?? { cases: 0, error: 0 };
          errors.set(id, { cases: known.cases + 1, error: Math.max(known.error, error) });
        }
      }
    }
    await session.release();
  }
}

const IDS = [...Object.values(METHODS).map(({ id }) => id), SMOOTHED];

function wellConditioned({ raw_methods, ill_conditioned, gradcampp_pole }: Case): readonly string[] {
  const isLoose = (id: string): boolean => ill_conditioned.includes(id) || (id === 'gradcam++' && gradcampp_pole);
  return IDS.filter((id) => raw_methods.includes(id) && !isLoose(id));
}

function deviation(id: string, map: Float32Array, expected: Float64Array): number {
  const error = relativeError(map, expected);
  return SIGNLESS.has(id)
    ? Math.min(
        error,
        relativeError(
          map,
          expected.map((value) => -value),
        ),
      )
    : error;
}

const PREFACE = `# Heat maps against PyTorch

Written by \`node out/test/bench/camOracle.cjs --write\`. Every stored case of fourteen small networks: each method's map before its ReLU, from the picture
through onnxruntime, against pytorch-grad-cam's on PyTorch. The largest difference over all cases, relative to the map's greatest magnitude; the number of cases in
brackets. Left out are cases that the reference itself calls ill-conditioned, and poles of Grad-CAM++. CAM and Deep Feature Factorization are tested by their
definitions instead.
`;

function toMarkdown(table: Table): string {
  const ids = IDS.filter((id) => [...table.values()].some((errors) => errors.has(id)));
  const networks = [...table.keys()];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const cell = (network: string, id: string): string => {
    const one = table.get(network)?.get(id);
    return one ? `${one.error.toExponential(1)} (${one.cases})` : '';
  };
  const all = (id: string): string => {
    const known = networks.flatMap((network) => table.get(network)?.get(id) ?? []);
    const cases = known.reduce((sum, one) => sum + one.cases, 0);
    return `**${Math.max(...known.map(({ error }) => error)).toExponential(1)} (${cases})**`;
  };
  return [
    line(['', ...ids]),
    line(['---', ...ids.map(() => '---')]),
    ...networks.map((network) => line([network, ...ids.map((id) => cell(network, id))])),
    line(['**all**', ...ids.map(all)]),
  ].join('\n');
}

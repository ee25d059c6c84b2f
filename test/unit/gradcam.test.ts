import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type CamOptions, type CamOutput, type CamSession, openCam } from '../../src/cam/camSession';
import type { MapLayout } from '../../src/cam/layout';
import { METHODS } from '../../src/cam/methods';
import { finishMaps } from '../../src/cam/normalise';
import { readModel } from '../../src/formats/modelReader';
import { inferShapes } from '../../src/operators/inferShapes';
import type { Runtime } from '../../src/runtime/runtime';
import { float32Tensor } from '../../src/runtime/runtimeTensor';
import { greatestDifference, readStored, relativeError, row, type Stored } from '../npy';
import { useRuntime } from '../runtime';
import { needsShared, shared, sharedPath } from '../shared';

/** End to end: our float32 run against the reference's, relative to the greatest magnitude; maps lie in [0, 1]. */
const TOLERANCE = 1e-4;

const QUICK: CamOptions = { selfCheck: false, timePlain: false };

async function open(runtime: Runtime, file: string, options: CamOptions = QUICK, inputShape?: readonly number[]): Promise<CamSession> {
  const model = await readModel(file);
  const [input] = model.graph.inputs;
  const shapes = input && inputShape ? { inputShapes: new Map([[input.name, inputShape]]) } : {};
  return openCam(runtime, model, inferShapes(model, { batch: 1, ...shapes }), options);
}

const tensorOf = ({ values, shape }: Stored) => float32Tensor(values, shape);

interface Meta {
  readonly onnx_tensors: Readonly<Record<string, readonly { readonly name: string }[]>>;
  readonly images: Readonly<Record<string, { readonly cases: Readonly<Record<string, Case>> }>>;
}
interface Case {
  readonly raw_methods: readonly string[];
  readonly final_methods: readonly string[];
  readonly ill_conditioned: readonly string[];
  readonly gradcampp_pole: boolean;
}

const NETWORKS = [
  ...['convnext_mini', 'densenet_tiny', 'efficientnet_tiny', 'inception_tiny', 'mobilenet_v2_025', 'mobilenet_v3_tiny'],
  ...['regnet_tiny', 'resnet8', 'shufflenet_tiny', 'squeeze_tiny', 'swin_mini', 'tiny_gapfc', 'vgg_tiny', 'vit_mini'],
];

describe('Grad-CAM against the oracle', () => {
  const runtime = useRuntime();
  before(function () {
    needsShared(this);
  });

  for (const network of NETWORKS) {
    describe(network, () => {
      const folder = sharedPath(`data/oracle/${network}`);
      const meta = folder ? (JSON.parse(fs.readFileSync(path.join(folder, 'meta.json'), 'utf8')) as Meta) : undefined;
      const stored = (relative: string): Stored => readStored(shared(`data/oracle/${network}/${relative}.npy`));

      for (const [layer, tensors] of Object.entries(meta?.onnx_tensors ?? {})) {
        it(layer, async () => {
          const options = { ...QUICK, layer: tensors[0]?.name ?? '' };
          const session = await open(runtime(), shared(`data/oracle/${network}/model.onnx`), options);
          for (const [image, { cases }] of Object.entries(meta?.images ?? {})) {
            for (const [key, one] of Object.entries(cases)) {
              const [caseLayer = '', classIndex = ''] = key.split('|');
              if (caseLayer !== layer) continue;
              const output = await session.run(tensorOf(stored(`${image}/input`)), Number(classIndex));
              const file = (kind: string) => stored(`${image}/${layer}/${kind}_c${classIndex}`);
              assertClose(output.logits, stored(`${image}/logits`).values, `${image} logits`);
              const asMaps = (tensor: Stored) => inLayout(tensor, session.layer.layout);
              compareMaps(output, one, asMaps(stored(`${image}/${layer}/act`)), file, `${image} ${key}`, asMaps);
            }
          }
          await session.release();
        });
      }
    });
  }

  function compareMaps(
    output: CamOutput,
    one: Case,
    act: Float64Array,
    file: (kind: string) => Stored,
    title: string,
    asMaps: (tensor: Stored) => Float64Array,
  ): void {
    assertClose(output.activations.data, act, `${title} activations`);
    assertClose(output.gradients.data, asMaps(file('grad')), `${title} gradients`);
    if (one.ill_conditioned.includes('gradcam')) return;
    assertClose(output.raw.values, row(file('raw'), one.raw_methods.indexOf('gradcam')), `${title} raw map`);
    const finalIndex = one.final_methods.indexOf('gradcam');
    if (finalIndex < 0) return;
    assertMap(output, row(file('final'), finalIndex), title);
  }
});

/** Stored [1, C, h, w], [1, h, w, C] or [1, prefix + h·w, C] as maps [C, h, w]. */
function inLayout({ values, shape }: Stored, layout: MapLayout): Float64Array {
  if (layout.kind === 'nchw') return values;
  const channels = shape.at(-1) ?? 1;
  const skipped = layout.kind === 'tokens' ? layout.prefix * channels : 0;
  const image = values.subarray(skipped);
  const pixels = image.length / channels;
  return image.map((_, i) => image[(i % pixels) * channels + Math.floor(i / pixels)] ?? Number.NaN);
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, title: string): void {
  const error = relativeError(actual, expected);
  assert.ok(error < TOLERANCE, `${title} differ by ${error}`);
}

function assertMap({ map }: CamOutput, expected: ArrayLike<number>, title: string): void {
  const difference = greatestDifference(map.values, expected);
  assert.ok(difference < TOLERANCE, `${title} final map differs by ${difference}`);
}

import assert from 'node:assert/strict';
import path from 'node:path';
import { objectClasses } from '../../src/cam/detection/objectClasses';
import { Explainer } from '../../src/cam/explain/explainer';
import { measureFolder } from '../../src/cam/judging/folder';
import { impute } from '../../src/cam/judging/imputation';
import { openTruth } from '../../src/cam/judging/truthFiles';
import { objectsOf, truthMask } from '../../src/cam/judging/truthMasks';
import { minMax, resizeBilinear } from '../../src/cam/maths/normalise';
import { probabilityAt } from '../../src/cam/maths/probabilities';
import { uniformNumbers } from '../../src/cam/maths/random';
import { camMetrics, METRIC_DEFAULTS, measureMap, metricsNamed } from '../../src/cam/metrics';
import { readModel } from '../../src/formats/modelReader';
import type { TargetChoice } from '../../src/protocol/camPanel';
import { useRuntime } from '../runtime';
import { needsShared, root, shared } from '../shared';

const sample = (name: string): string => path.join(root, 'sample', name);
const PICTURES = ['00_ring_checker', '04_triangle_star', '07_square_triangle', '14_disc_checker'];
const ASKED = { metrics: ['road', 'energy'], metricOptions: { percentiles: [30, 60] } };

describe('metrics of models', function () {
  this.timeout(60_000);
  const runtime = useRuntime();
  const open = async () => Explainer.open(runtime(), await readModel(sample('shapes-resnet8.onnx')));

  it('a map of the network is worth more than one of random numbers', async () => {
    const explainer = await open();
    const source = await openTruth(sample('masks'));
    const uniform = uniformNumbers(1);
    const sums = { network: { road: 0, energy: 0 }, random: { road: 0, energy: 0 } };
    for (const name of PICTURES) {
      const image = sample(`images/${name}.png`);
      const subject = await explainer.subject(image);
      const { measured, result, confidence } = await camMetrics(explainer, subject, ASKED, { source, image });
      const bench = await explainer.bench(subject);
      const { logits } = await explainer.plan();
      const { width, height } = result.map;
      const coarse = { width: 12, height: 12, values: Float32Array.from({ length: 144 }, uniform) };
      const map = { width, height, values: minMax(resizeBilinear(coarse, width, height).values) };
      const wanted = { classes: [{ index: result.targetClass, name: '' }] };
      assert.ok(subject.picture);
      const random = await measureMap(
        {
          ...{ map, picture: bench.input.data, confidence, confidenceUnit: 'fraction' },
          confidenceOf: async (input) =>
            probabilityAt((await bench.run(input)).logits, logits, 0, result.targetClass).value,
          fill: async (keeps, noise) => keeps.map((keep) => impute(bench.input.data, keep, width, noise)),
          truth: truthMask(objectsOf(await source.objects(image), wanted), subject.picture, width, height),
        },
        metricsNamed(ASKED.metrics),
        { ...METRIC_DEFAULTS, ...ASKED.metricOptions },
      );
      for (const id of ['road', 'energy'] as const) {
        sums.network[id] += measured.metrics.find((metric) => metric.id === id)?.value ?? Number.NaN;
        sums.random[id] += random.metrics.find((metric) => metric.id === id)?.value ?? Number.NaN;
      }
    }
    assert.ok(sums.network.road > sums.random.road + 0.5, `ROAD ${sums.network.road}, of noise ${sums.random.road}`);
    assert.ok(sums.network.energy > 2 * sums.random.energy, `${sums.network.energy}, of noise ${sums.random.energy}`);
  });

  it('another target: its score takes the place of the probability', async () => {
    const explainer = await open();
    const subject = await explainer.subject(sample('images/04_triangle_star.png'));
    const question = { target: { kind: 'classes', indices: [3, 6] }, metrics: ['confidence'] } as const;
    const { confidence, result } = await camMetrics(explainer, subject, question);
    const logit = (index: number): number => result.classes.find((one) => one.index === index)?.logit ?? Number.NaN;
    assert.ok(Math.abs(confidence - (logit(3) + logit(6))) < 1e-4);
  });

  it('a box is about its own class, a class of a detector about that, a coordinate about none', async function () {
    needsShared(this);
    const model = await readModel(shared('data/models/FastestDet.onnx'));
    const explainer = await Explainer.open(runtime(), model);
    const subject = await explainer.subject(shared('data/images/chelsea_cat.jpg'));
    const indices = async (about: readonly number[], target?: TargetChoice) =>
      (await objectClasses(explainer, subject, { about, ...(target && { target }) })).map(({ index }) => index);
    // Channels: objectness, four coordinates, 80 classes.
    assert.deepEqual(await indices([4]), []);
    assert.deepEqual(await indices([14]), [9]);
    assert.deepEqual(await indices([], { kind: 'box', anchor: 205, part: 'class' }), [9]);
    assert.deepEqual(await indices([], { kind: 'box', anchor: 205, part: 'coordinates' }), [9]);
    assert.deepEqual(await indices([], { kind: 'box', anchor: 205, part: 'class', index: 3 }), [3]);
    await explainer.release();
  });

  it('a cancelled folder keeps what is done', async () => {
    const controller = new AbortController();
    const pictures = PICTURES.map((name) => sample(`images/${name}.png`));
    const rows = await measureFolder(await open(), pictures, {
      ...{ methods: [{ method: 'gradcam' }], metrics: [], signal: controller.signal },
      onMap: (done) => {
        if (done === 2) controller.abort();
      },
    });
    assert.deepEqual(
      rows.map(({ image, failure }) => [image, failure]),
      [
        ['00_ring_checker.png', undefined],
        ['04_triangle_star.png', undefined],
      ],
    );
  });
});

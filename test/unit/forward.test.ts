import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bothWays, checkCurvature, checkDifference, checkTransposed, TRANSPOSED, twice } from '../forward';
import { FUSED_CASES, OPSET_CASES, SAMPLING_CASES } from '../gradientCases';
import { dot, numbers } from '../gradients';
import { readStored } from '../npy';
import { operatorModel, titleOf } from '../operatorCase';
import { RULE_CASES } from '../ruleCases';
import { useRuntime } from '../runtime';
import { needsShared, shared, sharedPath } from '../shared';

/** A difference of the model itself, in 32 bits: rounding over the step, and the third derivative times step². */
const DIFFERENCE = { step: 4e-3, tolerance: 1e-3 };

describe('forward mode of single operators', () => {
  const runtime = useRuntime();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-forward-'));
  after(() => fs.rmSync(directory, { recursive: true }));

  for (const one of [...RULE_CASES, ...FUSED_CASES, ...SAMPLING_CASES, ...OPSET_CASES]) {
    it(titleOf(one), async () => {
      const file = path.join(directory, 'model.onnx');
      fs.writeFileSync(file, operatorModel(one));
      const two = await bothWays(runtime(), file);
      const x = one.inputs.flatMap((input) => (input && !input.constant ? [Float32Array.from(input.values)] : []));
      await checkDifference(two, x, DIFFERENCE);
      await checkTransposed(two, x, TRANSPOSED);
    });
  }
});

describe('second derivatives of single operators', () => {
  const runtime = useRuntime();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-second-'));
  after(() => fs.rmSync(directory, { recursive: true }));

  for (const one of [...RULE_CASES, ...FUSED_CASES, ...SAMPLING_CASES, ...OPSET_CASES]) {
    it(titleOf(one), async () => {
      const file = path.join(directory, 'model.onnx');
      fs.writeFileSync(file, operatorModel(one));
      const curvature = await twice(runtime(), file);
      const x = one.inputs.flatMap((input) => (input && !input.constant ? [Float32Array.from(input.values)] : []));
      const bend = await checkCurvature(curvature, x, DIFFERENCE);
      await curvature.release();
      if (CURVED.test(one.operator)) assert.ok(bend > 1e-3, 'the second derivative is zero');
    });
  }
});

/** Some that no mistake may leave without curvature. */
const CURVED = /^(Sigmoid|Tanh|Exp|Softmax|LayerNormalization|InstanceNormalization|Gelu|Mul|MatMul|Div|LRN)$/;

describe('forward mode against the stored gradients of the oracle', () => {
  const runtime = useRuntime();
  before(function () {
    needsShared(this);
  });
  const manifest = sharedPath('data/oracle/ops/manifest.json');
  const cases = manifest ? Object.entries(JSON.parse(fs.readFileSync(manifest, 'utf8')) as Manifest) : [];

  for (const [name, { inputs }] of cases) {
    it(name, async () => {
      const stored = (file: string) => readStored(shared(`data/oracle/ops/${name}/${file}.npy`)).values;
      const two = await bothWays(runtime(), shared(`data/oracle/ops/${name}/model.onnx`));
      const x = Array.from({ length: inputs }, (_, i) => Float32Array.from(stored(`x${i}`)));
      const t = x.map((values, i) => numbers(values.length, 500 + i));
      const u = stored('grad_y');
      const { forward } = await two.run(x, t, u);
      await two.release();
      const expected = t.reduce((sum, tangent, i) => sum + dot(stored(`grad_x${i}`), tangent), 0);
      const error = Math.abs(dot(forward, u) - expected) / Math.sqrt(dot(forward, forward) * dot(u, u));
      assert.ok(error < TRANSPOSED, `⟨Jt, u⟩ = ${dot(forward, u)}, stored ${expected}: error ${error}`);
    });
  }
});

type Manifest = Readonly<Record<string, { readonly inputs: number }>>;

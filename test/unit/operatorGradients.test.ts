import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FUSED_CASES, OPSET_CASES, SAMPLING_CASES } from '../gradientCases';
import { checkAlongRandomDirection, differentiate } from '../gradients';
import { constant, floats, int, integers, operatorModel, string, titleOf } from '../operatorCase';
import { REGION_CASES } from '../regionCases';
import { RULE_CASES } from '../ruleCases';
import { useRuntime } from '../runtime';

/** The step keeps rounding and curvature small. */
const STEP = 4e-3;
const TOLERANCE = 2e-4;

describe('gradient rules against finite differences', () => {
  const runtime = useRuntime();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-rules-'));
  after(() => fs.rmSync(directory, { recursive: true }));

  for (const one of [...RULE_CASES, ...FUSED_CASES, ...SAMPLING_CASES, ...REGION_CASES, ...OPSET_CASES]) {
    it(titleOf(one), async () => {
      const file = path.join(directory, 'model.onnx');
      fs.writeFileSync(file, operatorModel(one));
      const fed = one.inputs.filter((input) => input && !input.constant);
      const x = fed.map((input) => Float32Array.from(input?.values ?? []));
      await checkAlongRandomDirection(runtime(), file, x, { step: STEP, tolerance: TOLERANCE });
    });
  }
});

describe('an operator without a gradient rule', () => {
  const runtime = useRuntime();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-missing-'));
  after(() => fs.rmSync(directory, { recursive: true }));

  it('is named, with the file that a rule belongs in', async () => {
    const file = path.join(directory, 'model.onnx');
    fs.writeFileSync(
      file,
      operatorModel({ operator: 'Unique', inputs: [floats([2, 3])], attributes: { axis: int(1) } }),
    );
    await assert.rejects(
      differentiate(runtime(), file),
      /no gradient rule for operator Unique .*src\/operators\/ops\/selection\.ts/,
    );
  });

  it('or one form of it that has none', async () => {
    const file = path.join(directory, 'model.onnx');
    const attributes = { padding_mode: string('reflection') };
    const inputs = [floats([1, 1, 4, 4]), floats([1, 2, 2, 2])];
    fs.writeFileSync(file, operatorModel({ operator: 'GridSample', inputs, attributes, opset: 16 }));
    await assert.rejects(differentiate(runtime(), file), /gradient of GridSample .*reflection has no gradient rule/);
  });

  it('or a size that only a run tells', async () => {
    const file = path.join(directory, 'model.onnx');
    const inputs = [floats([1, 1, 4, 4]), constant('float32', [0, 0, 3, 3], [1, 4]), integers([0])];
    fs.writeFileSync(file, operatorModel({ operator: 'RoiAlign', inputs, opset: 16 }));
    await assert.rejects(
      differentiate(runtime(), file),
      /gradient of RoiAlign .*sampling_ratio 0\) have no gradient rule/,
    );
  });
});

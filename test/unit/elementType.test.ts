import assert from 'node:assert/strict';
import path from 'node:path';
import { readModel } from '../../src/formats/modelReader';
import { overrideHardware } from '../../src/hardware/parse';
import { loadPresets } from '../../src/hardware/presets';
import { withElementType } from '../../src/latency/elementType';
import { buildReport } from '../../src/latency/report';
import { inferShapes } from '../../src/operators/inferShapes';
import { elementTypeChoice, whatIfNote } from '../../src/scene/whatIf';
import { needsShared, root, shared } from '../shared';

const presets = loadPresets(path.join(root, 'media', 'hardware'));

async function preset(id: string) {
  const hardware = (await presets).get(id);
  assert.ok(hardware, id);
  return hardware;
}

describe('elementType', () => {
  it('retypes floating-point tensors only, and leaves their sizes as they are', async () => {
    const model = await readModel(path.join(root, 'sample', 'shapes-resnet8.onnx'));
    const shapes = inferShapes(model);
    const half = withElementType(shapes, 'float16');
    for (const [name, info] of shapes.infos) {
      const { type, ...rest } = half.infos.get(name) ?? {};
      const { type: before, ...same } = info;
      assert.deepEqual(rest, same, name);
      assert.equal(type, before === 'float32' ? 'float16' : before, name);
    }
    const [conv] = model.graph.nodes;
    assert.ok(conv);
    assert.equal(half.context(conv).inputs[0]?.type, 'float16');
    assert.equal(shapes.context(conv).inputs[0]?.type, 'float32');
  });

  it('counts the parameters of the model whatever they would be stored as', async () => {
    const model = await readModel(path.join(root, 'sample', 'shapes-resnet8.onnx'));
    const shapes = inferShapes(model);
    const hardware = await preset('jetson-tx2');
    const parameters = (own: typeof shapes): number => buildReport(model, own, hardware).totals.parameters;
    assert.ok(parameters(shapes) > 0);
    assert.equal(parameters(withElementType(shapes, 'int8')), parameters(shapes));
  });

  it('is offered where the width of the words is the model’s, and stays to be seen once it is chosen', async () => {
    assert.equal(elementTypeChoice(await preset('jetson-tx2'), undefined)[0]?.value, 'as in the model');
    assert.equal(elementTypeChoice(await preset('nvdla-small'), undefined).length, 0);
    assert.equal(elementTypeChoice(await preset('nvdla-small'), 'int8')[0]?.value, 'int8');
  });

  it('is said to have no effect exactly where it has none', async () => {
    const model = await readModel(path.join(root, 'sample', 'shapes-resnet8.onnx'));
    const shapes = inferShapes(model);
    const [conv] = model.graph.nodes;
    assert.ok(conv);
    const eyeriss = await preset('eyeriss-v1');
    const hardware = [
      ...(await Promise.all(['tpu-v1', 'nvdla-small', 'scale-sim-default', 'eyeriss-v1', 'a100'].map(preset))),
      overrideHardware(await preset('a100'), ['parity=true']),
      overrideHardware(eyeriss, ['precision=']),
      overrideHardware(eyeriss, ['precision.weight=']),
    ];
    const said = hardware.map((one) => whatIfNote(one) !== '');
    assert.deepEqual(said, [true, true, true, true, false, true, false, false]);
    for (const one of hardware) {
      const seconds = (own: typeof shapes): number => {
        const cost = buildReport(model, own, one, { fuse: false }).layers[conv.id]?.cost;
        return cost && 'seconds' in cost ? cost.seconds : Number.NaN;
      };
      assert.equal(seconds(withElementType(shapes, 'int8')) === seconds(shapes), whatIfNote(one) !== '', one.name);
    }
    const tpu =
      'Google TPU v1 computes in 8 bit, as its ‘precision’ says: the type of the network’s elements has no effect.';
    assert.equal(whatIfNote(await preset('tpu-v1')).replaceAll("'", '’'), tpu.replaceAll('‘', '’'));
  });
});

describe('elementType against a model that was exported in it', () => {
  before(function () {
    needsShared(this);
  });

  it('SqueezeNet in float32 counted as float16 costs what its float16 file does, layer by layer', async () => {
    const [single, half] = await Promise.all(
      ['fp32', 'fp16'].map((type) => readModel(shared(`data/models/squeezenet1.1_${type}.onnx`))),
    );
    assert.ok(single && half);
    const shapes = inferShapes(single);
    for (const id of ['jetson-tx2', 'a100', 'cpu']) {
      const hardware = await preset(id);
      const retyped = buildReport(single, withElementType(shapes, 'float16'), hardware);
      const exported = buildReport(half, inferShapes(half), hardware);
      const operators = (report: typeof retyped) => report.layers.map(({ node }) => node.operator);
      assert.deepEqual(operators(retyped), operators(exported));
      for (const [i, { node, cost }] of retyped.layers.entries()) {
        const other = exported.layers[i]?.cost;
        assert.ok(other && !('unknown' in cost) && !('unknown' in other), node.name);
        assert.deepEqual([cost.seconds, cost.energyJoules], [other.seconds, other.energyJoules], `${id}: ${node.name}`);
      }
      assert.ok(retyped.totals.seconds < buildReport(single, shapes, hardware).totals.seconds);
    }
  });
});

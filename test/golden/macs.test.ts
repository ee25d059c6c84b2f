import assert from 'node:assert/strict';
import fs from 'node:fs';
import { readModel } from '../../src/formats/modelReader';
import { inferShapes } from '../../src/operators/inferShapes';
import { macsOf } from '../../src/operators/work';
import { needsShared, shared } from '../shared';

/** A model, and the table of the same network whose operations PyTorch's hooks counted. */
const NETWORKS: Readonly<Record<string, string>> = {
  'models/light_resnet50.onnx': 'resnet50',
  'models/mobilenet_v2_fp16weights.onnx': 'mobilenet_v2',
  'models/squeezenet1.1_fp32.onnx': 'squeezenet1_1',
  ...Object.fromEntries(
    [
      'convnext_mini',
      'mobilenet_v2_025',
      'resnet8',
      'simpleconv3',
      'squeeze_tiny',
      'swin_mini',
      'tiny_gapfc',
      'vgg_tiny',
      'vit_mini',
    ].map((name) => [`oracle/${name}/model.onnx`, name]),
  ),
};

describe('multiply-accumulates of whole networks', () => {
  before(function () {
    needsShared(this);
  });

  for (const [file, table] of Object.entries(NETWORKS)) {
    it(table, async () => {
      const model = await readModel(shared(`data/${file}`));
      const { work, problems } = inferShapes(model);
      const works = model.graph.nodes.map(work);
      assert.ok(
        works.every((one) => one !== undefined),
        'the work of a node is unknown',
      );
      const { total_macs_ops } = JSON.parse(fs.readFileSync(shared(`data/oracle/complexity/${table}.json`), 'utf8'));
      assert.equal(
        works.reduce((sum, one) => sum + (one ? macsOf(one) : 0), 0),
        total_macs_ops,
      );
      assert.deepEqual(problems, []);
    });
  }
});

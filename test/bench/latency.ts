/**
 * How long a prediction takes when a slider moves: a whole report with nothing remembered (target: ResNet-50 below 50 ms, median).
 * Run: npm run build && node out/test/bench/latency.cjs [MODEL.onnx …]; without models, ResNet-50 and others of ../shared.
 */
import path from 'node:path';
import { readModel } from '../../src/formats/modelReader';
import { loadPresets } from '../../src/hardware/presets';
import { buildReport } from '../../src/latency/report';
import { inferShapes } from '../../src/operators/inferShapes';
import { root, sharedPath } from '../shared';

const RUNS = 21;

void main(process.argv.slice(2));

async function main(models: readonly string[]): Promise<void> {
  const names = ['light_resnet50', 'light_densenet121', 'mobilenet_v2_qdq', 'vit_mnist_op12'];
  const known = names.flatMap((name) => sharedPath(`data/models/${name}.onnx`) ?? []);
  const presets = await loadPresets(path.join(root, 'media/hardware'));
  for (const file of models.length > 0 ? models : known) {
    const model = await readModel(file);
    const shapes = inferShapes(model, { batch: 1 });
    for (const [id, hardware] of presets) {
      const times = Array.from({ length: RUNS }, () => {
        const start = performance.now();
        // A new object: costs are remembered by hardware.
        buildReport(model, shapes, { ...hardware });
        return performance.now() - start;
      });
      const sorted = times.sort((a, b) => a - b);
      const at = (share: number) => sorted[Math.floor(share * (RUNS - 1))]?.toFixed(1).padStart(7);
      console.log(
        `${path.basename(file).padEnd(26)} ${id.padEnd(12)} median ${at(0.5)} ms  best ${at(0)}  worst ${at(1)}`,
      );
    }
  }
}

import path from 'node:path';
import type { Hardware } from '../../src/hardware/hardware';
import { overrideHardware } from '../../src/hardware/parse';
import { isUnknown } from '../../src/latency/layerCost';
import { buildReport } from '../../src/latency/report';
import { inferShapes } from '../../src/operators/inferShapes';
import type { Comparison, Row } from './comparison';
import { mobileNetV2, resNet, vgg } from './networks';
import { presetFiles, presetOf } from './presets';

/** Presets of arrays, by file name. */
function arrays(): readonly (readonly [string, Hardware])[] {
  return presetFiles().flatMap((file) => {
    const id = path.basename(file, '.json');
    const hardware = presetOf(id);
    if (hardware.engine !== 'spatial') return [];
    // The search of one layer: nothing is on chip before and after it.
    const alone = overrideHardware(hardware, ['residency=false', 'weight_memory=']);
    return [[id, alone] as const];
  });
}

/** How far the mapping search stays from what no mapping can beat: every contraction of three networks, at batch 1. */
export function mapperComparisons(): readonly Comparison[] {
  const models = [resNet(50, 'int8'), mobileNetV2(224, 'int8'), vgg(16, 'int8')];
  const inferred = models.map((model) => ({ model, shapes: inferShapes(model, { batch: 1 }) }));
  return arrays().map(([id, hardware]): Comparison => {
    const rows = inferred.flatMap(({ model, shapes }) =>
      buildReport(model, shapes, hardware).layers.flatMap(({ node, macs, cost }): Row[] => {
        if (macs === 0 || isUnknown(cost)) return [];
        const name = `${model.path}, ${node.operator} ${node.id}`;
        return [{ name, predicted: cost.seconds, truth: cost.lowerBoundSeconds }];
      }),
    );
    return {
      id: `mapper-${id}`,
      title: `Mapping search against its lower bound: ${hardware.name}`,
      source:
        'our own bound, which no mapping can beat; every contraction of ResNet-50, MobileNet v2 and VGG-16, int8, batch 1',
      target: 'mean within 5 %, largest within 10 %',
      rows,
      why:
        'Where the simple bounds are missed, all tiles are bounded together. The rest is what relaxing tiles and halos gives away, ' +
        'and what the search did not find.',
    };
  });
}

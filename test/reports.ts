/** Reports on the small model. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import type { Hardware } from '../src/hardware/hardware';
import { parseHardware } from '../src/hardware/parse';
import { isUnknown, type LayerCost } from '../src/latency/layerCost';
import { buildReport, type LatencyReport, type LayerReport } from '../src/latency/report';
import { inferShapes } from '../src/operators/inferShapes';
import { root } from './shared';
import { smallModel } from './smallModel';

export const TX2 = parseHardware(fs.readFileSync(`${root}/media/hardware/jetson-tx2.json`, 'utf8'), 'jetson-tx2.json');

export function reportOf(model = smallModel(), hardware: Hardware = TX2, options = {}): LatencyReport {
  return buildReport(model, inferShapes(model, { batch: 1 }), hardware, options);
}

export function layer(report: LatencyReport, id: number): LayerReport {
  return report.layers[id] ?? assert.fail(`no layer ${id}`);
}

export function costAt(report: LatencyReport, id: number): LayerCost {
  const { cost } = layer(report, id);
  return isUnknown(cost) ? assert.fail(cost.unknown) : cost;
}

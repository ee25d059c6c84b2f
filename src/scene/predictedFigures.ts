import { isUnknown, type LayerCost, totalBytes } from '../latency/layerCost';
import type { LatencyReport } from '../latency/report';
import type { Figure } from './compare';

/** What a prediction says of every node, as it is compared. */
export function predictedFigures({ layers }: LatencyReport): readonly Figure[] {
  const cost = (value: (cost: LayerCost) => number): Float64Array =>
    Float64Array.from(layers, (layer) => (isUnknown(layer.cost) ? Number.NaN : value(layer.cost)));
  const work = (value: (layer: LatencyReport['layers'][number]) => number): Float64Array =>
    Float64Array.from(layers, value);
  return [
    { id: 'seconds', label: 'Time', unit: 's', values: cost(({ seconds }) => seconds) },
    { id: 'cycles', label: 'Cycles', unit: 'cycle', values: cost(({ cycles }) => cycles) },
    { id: 'macs', label: 'MACs', unit: 'MAC', values: work(({ macs }) => macs) },
    { id: 'parameters', label: 'Parameters', unit: '', values: work(({ parameters }) => parameters) },
    { id: 'bytes', label: 'Bytes of tensors', unit: 'B', values: work(({ memoryAccess }) => totalBytes(memoryAccess)) },
    {
      id: 'weightBytes',
      label: 'Bytes of weights',
      unit: 'B',
      values: work(({ memoryAccess }) => memoryAccess.weight),
    },
    {
      id: 'offChipBytes',
      label: 'Off-chip bytes',
      unit: 'B',
      values: cost(({ offChipBytes }) => totalBytes(offChipBytes)),
    },
    { id: 'joules', label: 'Energy', unit: 'J', values: cost(({ energyJoules }) => energyJoules) },
  ];
}

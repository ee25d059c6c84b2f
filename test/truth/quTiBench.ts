import type { DataType, Model } from '../../src/graph/graph';
import { truthRows } from './comparison';
import type { Measured } from './devices';
import { efficientNetEdgeTpu, googLeNet, mobileNetV1, quTiBenchCnv, quTiBenchMlp, resNet } from './networks';

export const QUTIBENCH_SOURCE =
  'QuTiBench, measured, time on the accelerator (data/truth/qutibench_experimental_data.csv)';

const TYPES: Readonly<Record<string, DataType>> = { FP16: 'float16', FP32: 'float32', INT8: 'int8' };

const NETWORKS: Readonly<Record<string, (type: DataType) => Model>> = {
  'ResNet-50': (type) => resNet(50, type),
  'ResNet-50v15': (type) => resNet(50, type, 224, 3),
  GoogLeNetv1: googLeNet,
  MobileNetv1: (type) => mobileNetV1(1, 224, type),
  MLP: quTiBenchMlp,
  CNV: quTiBenchCnv,
  'EfficientNet-S': (type) => efficientNetEdgeTpu('S', type),
  'EfficientNet-M': (type) => efficientNetEdgeTpu('M', type),
  'EfficientNet-L': (type) => efficientNetEdgeTpu('L', type),
};

/** Measured rows of unpruned networks, at most `batches` at once; time of the accelerator alone (lat-comp). */
export function quTiBench(
  hardware: string,
  networks: readonly string[] = Object.keys(NETWORKS),
  batches = Number.POSITIVE_INFINITY,
): readonly Measured[] {
  return truthRows('qutibench_experimental_data.csv').flatMap((row): Measured[] => {
    const network = row['NN_Topology'] ?? '';
    const build = networks.includes(network) ? NETWORKS[network] : undefined;
    if (row['HWType'] !== hardware || Number(row['PruningFactor']) !== 100 || !build) return [];
    const type = row['Datatype'] ?? '';
    const batch = Number(row['batch/thread/stream']);
    if (batch > batches) return [];
    const name = `${network} ${type}, batch ${batch}`;
    return [{ name, model: build(TYPES[type] ?? 'float32'), batch, milliseconds: Number(row['lat-comp']) }];
  });
}

/** Every network as we build it, with the operations (two per multiply-accumulate, ×10⁹) that the table states for it. */
export function quTiBenchOperations(): readonly {
  readonly name: string;
  readonly model: Model;
  readonly stated: number;
}[] {
  const rows = truthRows('qutibench_experimental_data.csv').filter((row) => Number(row['PruningFactor']) === 100);
  return Object.entries(NETWORKS).map(([name, build]) => {
    const row = rows.find((one) => one['NN_Topology'] === name) ?? {};
    const perImage = Number(row['GOPS']) / Number(row['batch/thread/stream']);
    return { name, model: build('int8'), stated: perImage || Number(row['nn_total_operations']) };
  });
}

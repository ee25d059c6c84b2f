import type { Model } from '../../src/graph/graph';
import { truthJson } from './comparison';
import type { Device, Measured } from './devices';
import { efficientNetEdgeTpu, googLeNet, mobileNetV1, mobileNetV2, resNet, vgg } from './networks';
import { QUTIBENCH_SOURCE, quTiBench } from './quTiBench';

type Rows<T> = Readonly<Record<string, T>>;

interface Truth {
  readonly found_in_documents: {
    readonly faq_2019: { readonly rows: Rows<{ readonly usb: number }> };
    readonly models_page: { readonly rows: Rows<number> };
  };
  readonly from_memory_unconfirmed: { readonly rows: Rows<readonly [usb: number, board: number]> };
}

const truth = (): Truth => truthJson<Truth>('coral_edgetpu.json');

function measured(rows: readonly (readonly [name: string, model: Model, milliseconds: number | undefined])[]) {
  return rows.map(([name, model, milliseconds = Number.NaN]): Measured => {
    return { name: `${name}, USB`, model, batch: 1, milliseconds };
  });
}

function documents(): readonly Measured[] {
  const { faq_2019, models_page } = truth().found_in_documents;
  return measured([
    ['MobileNet v1', mobileNetV1(1, 224, 'int8'), faq_2019.rows['mobilenet_v1']?.usb],
    ['MobileNet v2', mobileNetV2(224, 'int8'), faq_2019.rows['mobilenet_v2']?.usb],
    ['Inception v1', googLeNet('int8'), models_page.rows['inception_v1 224']],
    ['MobileNet v1 0.25 128', mobileNetV1(0.25, 128, 'int8'), models_page.rows['mobilenet_v1_0.25 128']],
    ['EfficientNet-EdgeTPU-S', efficientNetEdgeTpu('S', 'int8'), models_page.rows['efficientnet-edgetpu-S 224']],
    ['EfficientNet-EdgeTPU-M', efficientNetEdgeTpu('M', 'int8'), models_page.rows['efficientnet-edgetpu-M 240']],
    ['EfficientNet-EdgeTPU-L', efficientNetEdgeTpu('L', 'int8'), models_page.rows['efficientnet-edgetpu-L 300']],
  ]);
}

function fromMemory(): readonly Measured[] {
  const { rows } = truth().from_memory_unconfirmed;
  return measured([
    ['ResNet-50 299', resNet(50, 'int8', 299), rows['resnet50_v1 299']?.[0]],
    ['VGG-16', vgg(16, 'int8'), rows['vgg16 224']?.[0]],
    ['VGG-19', vgg(19, 'int8'), rows['vgg19 224']?.[0]],
  ]);
}

export const EDGE_TPU: Device = {
  preset: 'edge-tpu-like',
  fit: 'launch',
  chosen: 'dataflow, overlap, the split of the activation memory and a constant per launch rather than a factor',
  tables: [
    {
      id: 'edge-tpu-coral',
      title: 'Edge TPU over USB: seven networks, int8, batch 1',
      source: 'Coral’s FAQ and models page, measured by Google (data/truth/coral_edgetpu.json)',
      measured: documents,
      why:
        'EfficientNet-L’s first layers have 150 × 150 pixels and up to 5.8 MB of features: they do not fit the 3 MiB for activations, so the ' +
        'predictor lets them cross USB and back. The compiler evidently takes such layers through piece by piece. MobileNet v2 and the ' +
        'small MobileNet are many small kernels, which take less than the 41 µs each that all rows together ask for; GoogLeNet’s Concats ' +
        'are counted as kernels and cost the chip nothing.',
    },
    {
      id: 'edge-tpu-qutibench',
      title: 'Edge TPU at full clock: MobileNet v1, GoogLeNet, ResNet-50 v1.5, EfficientNets, int8, batch 1',
      source: QUTIBENCH_SOURCE,
      measured: () => quTiBench('EdgeTPU-fast'),
      why: 'EfficientNet-L as in the table above. EfficientNet-M and -L and MobileNet v1 took up to 23 % longer here than in Google’s own figures.',
    },
    {
      id: 'edge-tpu-half-clock',
      title: 'Edge TPU at half clock (250 MHz): the same networks',
      source: QUTIBENCH_SOURCE,
      changes: ['frequency=250e6'],
      measured: () => quTiBench('EdgeTPU-slow'),
      why:
        'At half the clock MobileNet and the EfficientNets lose more than the arithmetic predicted: a part of the time of a launch is the ' +
        'chip’s own and scales with its clock, the preset’s constant does not. ResNet-50 hardly changes, as predicted: its weights come ' +
        'over USB.',
    },
    {
      id: 'edge-tpu-weak',
      title: 'Edge TPU over USB: three networks whose weights do not fit on chip (weak truth: quoted from memory)',
      source: 'Coral’s benchmarks page, from memory (data/truth/coral_edgetpu.json)',
      measured: fromMemory,
      why: 'Weights that come over USB on every run, at 500 MB/s less what the protocol takes: VGG-16’s 130 MB say 442 MB/s.',
    },
  ],
};

import type { Device, Measured } from './devices';
import { efficientNetEdgeTpu } from './networks';
import { QUTIBENCH_SOURCE, quTiBench } from './quTiBench';

/** Frames per second of one thread on ZCU104, EfficientNet-EdgeTPU: AMD UG1354 v2.5, "ZCU104 Evaluation Board", rows 11 to 13. */
const UG1354 = { S: 122.9, M: 85.3, L: 37.3 } as const;

function vitisLibrary(): readonly Measured[] {
  return (['S', 'M', 'L'] as const).map((letter) => {
    const model = efficientNetEdgeTpu(letter, 'int8');
    return { name: model.path, model, batch: 1, milliseconds: 1e3 / UG1354[letter] };
  });
}

const WHY =
  'The core reaches 40 to 50 % of its peak also in AMD’s own tables: features that do not fit on chip cross the memory port that the ' +
  'weights come by, and instructions are fetched over it too. The constant stands for this.';

export const DPU: Device = {
  preset: 'dpu-b4096-like',
  fit: 'factor',
  tables: [
    {
      id: 'dpu-zcu104',
      title: 'DPU on ZCU104, one thread: ResNet-50 and MobileNet v1, int8',
      source: QUTIBENCH_SOURCE,
      measured: () => quTiBench('ZCU104-DPU', undefined, 1),
      why:
        `${WHY} MobileNet’s depthwise layers are too fast: they have a unit of their own, of 4 × 16 multiply-accumulates per cycle ` +
        '(PG338), and run on the array here, at 8 × 16.',
    },
    {
      id: 'dpu-zcu102',
      title: 'DPU on ZCU102 (281 MHz), one thread: ResNet-50 and GoogLeNet, int8',
      source: QUTIBENCH_SOURCE,
      changes: ['frequency=281e6'],
      measured: () => quTiBench('ZCU102-DPU', undefined, 1),
      why: 'The same core on another board, at the clock that UG1354 states for it.',
    },
    {
      id: 'dpu-ug1354',
      title: 'DPU on ZCU104, one thread: EfficientNet-EdgeTPU S, M and L, int8',
      source: 'AMD UG1354 v2.5, frames per second of one thread, host work included (figures in test/truth/dpu.ts)',
      measured: vitisLibrary,
      why: 'Whole frames: what the host does before and after is in the figure, and not in the prediction.',
    },
  ],
};

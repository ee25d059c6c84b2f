import type { Bound } from '../display/bounds';
import { percent, seconds } from '../display/format';
import { type Hardware, offChipSeconds } from '../hardware/hardware';
import { isUnknown, type LayerCost, type UnknownCost } from './layerCost';

type NumericField =
  | 'frequency'
  | 'launch_time'
  | `mem_${'' | 'read_' | 'write_'}bandwidth`
  | 'l2_speed_frac'
  | 'pe_bandwidth'
  | `buffer_${'read' | 'write'}_bandwidth`;

/** The fields that move a bound, and what to call it. */
const REMEDIES: Partial<Record<Bound, { readonly label: string; readonly fields: readonly NumericField[] }>> = {
  compute: { label: 'compute bound', fields: ['frequency'] },
  offChip: { label: 'off-chip bound', fields: ['mem_bandwidth', 'mem_read_bandwidth', 'mem_write_bandwidth'] },
  globalBuffer: {
    label: 'on-chip bound',
    fields: ['l2_speed_frac', 'pe_bandwidth', 'buffer_read_bandwidth', 'buffer_write_bandwidth'],
  },
  launch: { label: 'launch bound, fuse it or batch more', fields: ['launch_time'] },
};

/** The same hardware with one field a tenth better; made once per field, so that equal layers are searched once. */
export class Variants {
  readonly hardware: Hardware;
  private readonly made = new Map<NumericField, Hardware>();

  constructor(hardware: Hardware) {
    this.hardware = hardware;
  }

  /** Undefined where the hardware does not have the field. */
  with(field: NumericField): Hardware | undefined {
    const { [field]: value }: { readonly [key in NumericField]?: number } = this.hardware;
    if (value === undefined) return undefined;
    const better = field === 'launch_time' ? value * 0.9 : value * 1.1;
    const variant = this.made.get(field) ?? { ...this.hardware, [field]: better };
    this.made.set(field, variant);
    return variant;
  }
}

/**
 * What would make a layer faster, in one line: the field behind its bound improved by a tenth and the layer costed again,
 * with whatever tile is best then. '' where nothing runs.
 */
export function adviceFor(
  cost: LayerCost,
  variants: Variants,
  recost: (hardware: Hardware) => LayerCost | UnknownCost,
): string {
  const remedy = REMEDIES[cost.bound];
  if (!remedy || cost.seconds === 0) return '';
  const savings = remedy.fields.map((field) => {
    const variant = variants.with(field);
    const faster = variant && recost(variant);
    return { field, saved: faster && !isUnknown(faster) ? 1 - faster.seconds / cost.seconds : 0 };
  });
  const { field, saved } = savings.reduce((best, next) => (next.saved > best.saved ? next : best));
  const effect = saved > 1e-9 ? `${percent(saved)} less time` : 'no gain';
  return `${remedy.label}: 10 % ${field === 'launch_time' ? 'less' : 'more'} ${field} → ${effect}`;
}

/** For a layer without a cost: what its bytes alone would take, where they are known. Advice, not a prediction. */
export function unknownAdvice(reason: string, bytes: number, hardware: Hardware): string {
  if (!Number.isFinite(bytes)) return `not costed: ${reason}`;
  return `not costed: ${reason}; its bytes alone need ${seconds(offChipSeconds(hardware, bytes, 0))} off chip`;
}

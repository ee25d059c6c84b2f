import { percent } from '../../display/format';
import { fieldsOf } from '../../hardware/fields';
import type { Hardware } from '../../hardware/hardware';
import { overrideHardware } from '../../hardware/parse';
import { isUnknown } from '../layerCost';
import type { Advice } from './advice';
import { type Subject, saved } from './subject';

/** Fields of which more is better, in the order in which they are named where they gain the same. */
const MORE = [
  ...['frequency', 'n_pes', 'rows', 'cols', 'macs', 'pe_macs', 'pe_fp32s', 'lanes', 'vector_lanes'],
  ...['mem_bandwidth', 'mem_read_bandwidth', 'mem_write_bandwidth', 'l2_speed_frac', 'pe_bandwidth'],
  ...['buffer_read_bandwidth', 'buffer_write_bandwidth', 'noc_bandwidth'],
  ...['pe_memory', 'global_memory', 'register_file', 'global_buffer', 'conv_buffer'],
];
/** Fields of which less is better. */
const LESS = ['launch_time', 'pass_cycles'];
/** Fields that decide which mappings there are; with others a mapping that was found stays a good one. */
const STRUCTURE: ReadonlySet<string> = new Set([
  'n_pes',
  'rows',
  'cols',
  'macs',
  'pe_macs',
  'pe_fp32s',
  'register_file',
]);

/** The same hardware with one figure a tenth better; of whole numbers the nearest that is better. */
interface Variant {
  readonly field: string;
  readonly key: string;
  /** What was done: `+10 %`, `16 → 18`. */
  readonly change: string;
  readonly hardware: Hardware;
  /** Mappings that were found run on it, too. */
  readonly similar: boolean;
}

/** Made once per hardware, so that equal layers are searched once. */
const variants = new WeakMap<Hardware, readonly Variant[]>();

/**
 * What each figure of the hardware would give if it were a tenth better: the layer costed again, with whatever mapping is best then.
 * What stays on chip between layers is left as it is. Fields that give nothing share the last line.
 */
export function* resourceAdvice(subject: Subject): Generator<Advice> {
  const idle = new Set<string>();
  const useful = new Set<string>();
  for (const { field, key, change, hardware, similar } of variantsOf(subject.hardware)) {
    const cost = subject.recost(hardware, similar);
    const gain = isUnknown(cost) ? 0 : 1 - cost.seconds / subject.cost.seconds;
    const effect = saved(gain);
    if (effect === 'none') {
      idle.add(field);
      continue;
    }
    useful.add(field);
    yield { kind: 'resource', text: `${key} ${change}: ${effect}`, gain };
  }
  const none = [...idle].filter((field) => !useful.has(field));
  if (none.length > 0) yield { kind: 'resource', text: `${none.join(', ')}: no gain`, gain: 0 };
}

function variantsOf(hardware: Hardware): readonly Variant[] {
  const known = variants.get(hardware) ?? [
    ...MORE.flatMap((key) => variantsOfField(hardware, key, 1)),
    ...LESS.flatMap((key) => variantsOfField(hardware, key, -1)),
  ];
  variants.set(hardware, known);
  return known;
}

/** One per number of the field: a field may have one for each operand or element type. */
function variantsOfField(hardware: Hardware, field: string, sign: 1 | -1): readonly Variant[] {
  const { [field]: value }: Readonly<Record<string, unknown>> = { ...hardware };
  if (typeof value === 'number') return variantOf(hardware, field, field, value, sign);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([part, inner]) =>
    typeof inner === 'number' ? variantOf(hardware, field, `${field}.${part}`, inner, sign) : [],
  );
}

function variantOf(hardware: Hardware, field: string, key: string, value: number, sign: 1 | -1): readonly Variant[] {
  if (value === 0) return [];
  const isWhole = fieldsOf(hardware.engine).some((one) => one.key === field && 'integer' in one && one.integer);
  const better = isWhole ? value + sign * Math.max(1, Math.round(value / 10)) : value * (1 + sign / 10);
  const change = isWhole ? `${value} → ${better}` : `${sign < 0 ? '−' : '+'}${percent(0.1)}`;
  try {
    const changed = overrideHardware(hardware, [`${key}=${better}`]);
    return [{ field, key, change, hardware: changed, similar: !STRUCTURE.has(field) }];
  } catch {
    // Beyond what a file may say: not to be had.
    return [];
  }
}

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';
import { describeHardware, describeWithAccuracy } from '../../src/hardware/describe';
import { ENGINES, type Field, fieldsOf } from '../../src/hardware/fields';
import { DEFAULT_FUSION } from '../../src/hardware/fusionRules';
import {
  type Hardware,
  isFounding,
  lanesFor,
  type MulticoreHardware,
  offChipSeconds,
} from '../../src/hardware/hardware';
import { overrideHardware, parseHardware } from '../../src/hardware/parse';
import { loadPresets, thisMachine } from '../../src/hardware/presets';
import { buildReport } from '../../src/latency/report';
import { inferShapes } from '../../src/operators/inferShapes';
import { onEngine } from '../hardware';
import { root } from '../shared';
import { SUBMISSIONS } from '../truth/mlperf';
import { resNet } from '../truth/networks';

const directory = path.join(root, 'media/hardware');
const readJson = (file: string) => JSON.parse(fs.readFileSync(path.join(directory, file), 'utf8'));

/** The file of the founding note. */
const TX2 = {
  name: 'Jetson TX2',
  engine: 'multicore',
  n_pes: 2,
  pe_fp32s: 128,
  frequency: 1.3e9,
  mem_bandwidth: 59.7e9,
  fp32_cycles: 4,
  mem_concurrent_fp32: 8,
  l2_speed_frac: 4,
  launch_time: 8e-6,
  latency_mode: 'add',
  parity: true,
};

/** An array with no more than it needs. */
const ARRAY = {
  ...{ name: 'array', engine: 'spatial', rows: 8, cols: 8, frequency: 1e9, mem_bandwidth: 1e9 },
  ...{ register_file: 64, global_buffer: 65536 },
};
const parse = (changes: object): MulticoreHardware =>
  onEngine(parseHardware({ ...TX2, ...changes }, 'tx2.evohw.json'), 'multicore');
const override = (hardware: Hardware, assignments: readonly string[]): MulticoreHardware =>
  onEngine(overrideHardware(hardware, assignments), 'multicore');

describe('hardware files', () => {
  it('read the file of the founding note, defaults filled in', () => {
    const hardware = parseHardware(JSON.stringify(TX2), 'tx2.evohw.json');
    assert.deepEqual(hardware, {
      ...TX2,
      guess: false,
      this_machine: false,
      fusion: DEFAULT_FUSION.multicore,
      residency: true,
      overlap: 'add',
      pe_memory: 131072,
      global_memory: 4194304,
      lanes: {},
    });
  });

  it('overlap follows latency_mode where it is absent', () => {
    assert.equal(parse({ latency_mode: 'max' }).overlap, 'max');
    assert.equal(parse({ latency_mode: 'max', overlap: 0.25 }).overlap, 0.25);
  });

  it('lanes by type, uint8 as int8, others as float32', () => {
    const hardware = parse({ lanes: { float16: 512, int8: 256 } });
    const types = ['float32', 'float16', 'uint8', 'int4', 'bfloat16', 'float64'];
    assert.deepEqual(
      types.map((type) => lanesFor(hardware, type)),
      [128, 512, 256, 256, 128, 128],
    );
  });

  const mistakes: readonly (readonly [string, unknown, string])[] = [
    ['not an object', [], 'a hardware file is a JSON object, e.g. { "name": …, "engine": "multicore", … }'],
    ['kHz', { ...TX2, frequency: 1300 }, 'frequency is in Hz: 1300 is 1.3 kHz; did you mean 1.3e9 (1.3 GHz)?'],
    ['GHz', { ...TX2, frequency: 1.3 }, 'frequency is in Hz: 1.3 is 1.3 Hz; did you mean 1.3e9 (1.3 GHz)?'],
    [
      'GB/s',
      { ...TX2, mem_bandwidth: 59.7 },
      'mem_bandwidth is in B/s: 59.7 is 59.7 B/s; did you mean 5.97e10 (59.7 GB/s)?',
    ],
    ['µs', { ...TX2, launch_time: 8 }, 'launch_time is in s: 8 is 8 s; did you mean 8e-6 (8 µs)?'],
    ['KiB', { ...TX2, pe_memory: 64 }, 'pe_memory is in B: 64 is 64 B; did you mean 65536 (64 KiB)?'],
    ['MiB', { ...TX2, global_memory: 6 }, 'global_memory is in B: 6 is 6 B; did you mean 6291456 (6 MiB)?'],
    ['unknown key', { ...TX2, frequence: 1 }, "unknown key 'frequence'; did you mean 'frequency'?"],
    ['unknown lane', { ...TX2, lanes: { flaot16: 1 } }, "unknown key 'lanes.flaot16'; did you mean 'lanes.float16'?"],
    ['text for number', { ...TX2, n_pes: '2' }, `'n_pes' must be a number, not "2"`],
    ['zero', { ...TX2, n_pes: 0 }, "'n_pes' must be greater than 0, not 0"],
    ['negative', { ...TX2, mem_bandwidth: -1 }, "'mem_bandwidth' must be greater than 0, not -1"],
    ['fraction', { ...TX2, n_pes: 1.5 }, "'n_pes' must be a whole number, not 1.5"],
    ['engine', { ...TX2, engine: 'gpu' }, `'engine' must be multicore or spatial or scale-sim or nvdla, not "gpu"`],
    ['overlap', { ...TX2, overlap: 2 }, "'overlap' must be max, add or a number from 0 to 1, not 2"],
    ['flag', { ...TX2, parity: 1 }, "'parity' must be true or false"],
  ];
  for (const [what, file, message] of mistakes) {
    it(`one sentence for a mistake: ${what}`, () => {
      assert.throws(() => parseHardware(file, 'a.json'), { message: `a.json: ${message}` });
    });
  }

  const arrayMistakes: readonly (readonly [string, unknown, string])[] = [
    ['a key of another engine', { ...ARRAY, n_pes: 4 }, "'n_pes' is a key of engine multicore, not of engine spatial"],
    ['unknown key', { ...ARRAY, colums: 4 }, "unknown key 'colums'; did you mean 'cols'?"],
    ['KiB', { ...ARRAY, global_buffer: 64 }, 'global_buffer is in B: 64 is 64 B; did you mean 65536 (64 KiB)?'],
    [
      'KiB of one operand',
      { ...ARRAY, global_buffer: { weight: 64 } },
      'global_buffer.weight is in B: 64 is 64 B; did you mean 65536 (64 KiB)?',
    ],
    [
      'unknown operand',
      { ...ARRAY, register_file: { weights: 64 } },
      "unknown key 'register_file.weights'; did you mean 'register_file.weight'?",
    ],
    [
      'no tile fits the registers',
      { ...ARRAY, register_file: 4 },
      'no tile fits a register_file of 4 B: one input, weight and partial sum take 6 B',
    ],
    [
      'no partial sum fits its registers',
      { ...ARRAY, register_file: { output: 2 } },
      "no tile fits 'register_file.output' of 2 B: one element takes 4 B",
    ],
    [
      'one port of two',
      { ...ARRAY, mem_bandwidth: undefined, mem_read_bandwidth: 1e9 },
      "give either 'mem_bandwidth' or both 'mem_read_bandwidth' and 'mem_write_bandwidth' (in B/s)",
    ],
    ['bits', { ...ARRAY, precision: { input: 128 } }, "'precision.input' must lie between 1 and 64, not 128"],
    ['missing', { ...ARRAY, register_file: undefined }, "'register_file' is missing (in B)"],
    ['dataflow', { ...ARRAY, dataflow: 'xs' }, `'dataflow' must be ws or os or is or rs or nlr or flexible, not "xs"`],
  ];
  for (const [what, file, message] of arrayMistakes) {
    it(`one sentence for a mistake in an array: ${what}`, () => {
      assert.throws(() => parseHardware(file, 'a.json'), { message: `a.json: ${message}` });
    });
  }

  it('an array: defaults that other keys give, and bandwidth of one or two ports', () => {
    const one = onEngine(parseHardware(ARRAY, 'a'), 'spatial');
    assert.deepEqual([one.overlap, one.vector_lanes, one.dataflow, one.pe_macs], ['max', 8, 'flexible', 1]);
    assert.equal(onEngine(parseHardware({ ...ARRAY, double_buffered: false }, 'a'), 'spatial').overlap, 'add');
    assert.equal(offChipSeconds(one, 2e9, 1e9), 3);
    const { mem_bandwidth: _, ...rest } = ARRAY;
    const two = { ...rest, mem_read_bandwidth: 1e9, mem_write_bandwidth: 5e8, mem_efficiency: 0.5 };
    assert.equal(offChipSeconds(parseHardware(two, 'a'), 2e9, 0.5e9), 4);
    assert.equal(describeHardware(one), 'spatial · 8 × 8 PEs · flexible · 1 GHz · 1 GB/s');
    assert.equal(
      describeHardware(parseHardware(two, 'a')),
      'spatial · 8 × 8 PEs · flexible · 1 GHz · 1 GB/s read, 500 MB/s written',
    );
  });

  it('says which key is missing, in which unit, and where the JSON is broken', () => {
    const { frequency: _, ...rest } = TX2;
    assert.throws(() => parseHardware(rest, 'a.json'), { message: "a.json: 'frequency' is missing (in Hz)" });
    assert.throws(() => parseHardware('{ "name": ', 'a.json'), /^Error: a\.json: not valid JSON \(/);
  });

  it('overrides fields, nested ones too, and names the wrong assignment', () => {
    const changed = override(parse({}), ['frequency=1e9', 'parity=false', 'overlap=0.5', 'lanes.float16=256']);
    assert.equal(changed.frequency, 1e9);
    assert.equal(changed.parity, false);
    assert.equal(changed.overlap, 0.5);
    assert.deepEqual(changed.lanes, { float16: 256 });
    assert.equal(override(parse({ pe_bandwidth: 1e9 }), ['pe_bandwidth=']).pe_bandwidth, undefined);
    const set = (text: string) => () => overrideHardware(parse({}), [text]);
    assert.throws(set('frequency'), { message: '--set frequency: write KEY=VALUE, e.g. frequency=1.3e9' });
    assert.throws(set('n_pe=2'), { message: "--set n_pe=2: unknown key 'n_pe'; did you mean 'n_pes'?" });
    assert.throws(set('n_pes=two'), { message: `--set n_pes=two: 'n_pes' must be a number, not "two"` });
  });

  it('describes a hardware in one line', () => {
    const v100 = parseHardware(readJson('v100.json'), 'v100.json');
    const line = 'multicore · 80 PEs × 64 lanes · 1.5 GHz · 700 GB/s';
    assert.equal(describeHardware(v100), line);
    assert.equal(describeWithAccuracy(v100), `${line}\nNot held against any measurement.`);
    assert.equal(describeWithAccuracy(parse({ parity: false })), describeHardware(parse({ parity: false })));
    assert.equal(
      describeHardware(parse({ n_pes: 1 })),
      'multicore · 1 PE × 128 lanes · 1.3 GHz · 59.7 GB/s · founding mode',
    );
  });
});

describe('hardware presets', () => {
  const files = fs.readdirSync(directory).filter((file) => file !== 'schema.json');

  it('each with its source, and said to be a guess where it is one', async () => {
    const presets = await loadPresets(directory);
    const ids = [
      ...[
        'a100',
        'cortex-a76',
        'cpu',
        'dpu-b4096-like',
        'edge-tpu-like',
        'ethos-u55-128',
        'ethos-u55-256',
        'eyeriss-v1',
      ],
      ...['gemmini-16x16', 'h100', 'jetson-nano', 'jetson-tx2', 'jetson-xavier-nx', 'nvdla-full', 'nvdla-large'],
      ...['nvdla-small', 'rtx3060', 'rtx3090', 'scale-sim-default', 'tpu-v1', 'v100'],
    ];
    assert.deepEqual([...presets.keys()], ids);
    assert.deepEqual(files.map((file) => path.basename(file, '.json')).sort(), ids);
    for (const hardware of presets.values()) {
      assert.ok(hardware.source, `${hardware.name} has no source`);
      assert.equal(isFounding(hardware), false);
      assert.equal(hardware.guess, /guess|not confirmed|unknown|convention/.test(hardware.source), hardware.name);
    }
  });

  it('the arrays have the published peak rates', async () => {
    const presets = await loadPresets(directory);
    const teraOps = (id: string) => {
      const hardware = presets.get(id) ?? assert.fail(id);
      if (hardware.engine === 'nvdla') return (2 * hardware.macs * hardware.frequency) / 1e12;
      const { rows, cols, pe_macs, frequency } = onEngine(hardware, 'spatial');
      return (2 * rows * cols * pe_macs * frequency) / 1e12;
    };
    const near = (id: string, published: number) => assert.ok(Math.abs(teraOps(id) / published - 1) < 0.03, id);
    near('tpu-v1', 92);
    near('edge-tpu-like', 4);
    near('ethos-u55-256', 0.256);
    near('dpu-b4096-like', 1.2288);
    near('nvdla-large', 4.096);
    near('eyeriss-v1', 0.0672);
  });

  it('the GPUs have the published peak rates of their tensor cores', async () => {
    const presets = await loadPresets(directory);
    const teraFlops = (id: string) => {
      const hardware = onEngine(presets.get(id) ?? assert.fail(id), 'multicore');
      return (2 * hardware.n_pes * lanesFor(hardware, 'float16') * hardware.frequency) / 1e12;
    };
    assert.ok(Math.abs(teraFlops('a100') / 312 - 1) < 0.01);
    assert.ok(Math.abs(teraFlops('h100') / 989.4 - 1) < 0.01);
  });

  it('the GPUs’ bounds are not above what MLPerf measured', async () => {
    const presets = await loadPresets(directory);
    for (const { preset, batch, samplesPerSecond } of SUBMISSIONS) {
      const model = resNet(50, 'int8', 224, 3);
      const shapes = inferShapes(model, { batch });
      const { totals } = buildReport(model, shapes, presets.get(preset) ?? assert.fail(preset));
      assert.equal(totals.unknownNodes, 0);
      const rate = batch / totals.lowerBoundSeconds;
      assert.ok(rate >= samplesPerSecond, `${preset}: ${rate} images a second at best, ${samplesPerSecond} measured`);
    }
  });

  it('have the founding numbers', async () => {
    const presets = await loadPresets(directory);
    const numbers = (id: string) => {
      const { n_pes, pe_fp32s, frequency, mem_bandwidth, l2_speed_frac, fp32_cycles, launch_time } = onEngine(
        presets.get(id) ?? assert.fail(id),
        'multicore',
      );
      return [n_pes, pe_fp32s, frequency, mem_bandwidth, l2_speed_frac, fp32_cycles, launch_time];
    };
    assert.deepEqual(numbers('v100'), [80, 64, 1.5e9, 700e9, 4, 4, 8e-6]);
    assert.deepEqual(numbers('rtx3090'), [82, 128, 1.25e9, 936e9, 1, 4, 8e-6]);
    assert.deepEqual(numbers('rtx3060'), [28, 128, 1.777e9, 360e9, 4, 4, 8e-6]);
    assert.deepEqual(numbers('jetson-tx2'), [2, 128, 1.3e9, 59.7e9, 4, 4, 8e-6]);
    assert.deepEqual(numbers('jetson-nano'), [1, 128, 921e6, 25.6e9, 4, 4, 8e-6]);
  });

  it('this machine: processors and clock from the system, the file where it is silent', () => {
    const base = onEngine(parseHardware(readJson('cpu.json'), 'cpu.json'), 'multicore');
    const filled = thisMachine(base, [{ speed: 2400 }, { speed: 3100 }]);
    assert.deepEqual([filled.n_pes, filled.frequency, filled.guess], [2, 3.1e9, true]);
    const silent = thisMachine(base, []);
    assert.deepEqual([silent.n_pes, silent.frequency], [base.n_pes, base.frequency]);
  });
});

interface SchemaRule {
  readonly if: { readonly properties: { readonly engine: { readonly const: string } } };
}

/** A property of the schema against its row of FIELDS. */
function assertDescribed(field: Field, property: Record<string, unknown>): void {
  const { key } = field;
  assert.ok(property['title'] && property['description'], key);
  assert.deepEqual(property['default'], 'default' in field ? field.default : undefined, key);
  if (field.kind === 'choice') assert.deepEqual(property['enum'], field.choices, key);
  if (field.kind === 'numbers') assert.deepEqual(Object.keys(property['properties'] ?? {}), field.keys, key);
  if (field.kind === 'number' || field.kind === 'perOperand') {
    const type = field.kind === 'number' && field.integer ? 'integer' : 'number';
    const limits = { type, minimum: field.low, maximum: field.high };
    const [number] = field.kind === 'number' ? [property] : (property['oneOf'] as Record<string, unknown>[]);
    assert.deepEqual(
      { type: number?.['type'], minimum: number?.['minimum'], maximum: number?.['maximum'] },
      limits,
      key,
    );
  }
}

describe('hardware schema', () => {
  const schema = readJson('schema.json');
  const validate: ValidateFunction = new Ajv({ allErrors: true }).compile(schema);

  const definition = (reference: string) => schema.definitions[reference.replace('#/definitions/', '')];

  it('accepts every preset and the file of the founding note', () => {
    for (const file of fs.readdirSync(directory).filter((name) => name !== 'schema.json')) {
      assert.ok(validate(readJson(file)), `${file}: ${JSON.stringify(validate.errors)}`);
    }
    assert.ok(validate(TX2));
  });

  for (const engine of ENGINES) {
    it(`has the keys, limits, defaults and choices of the parser, each with a title and a description: ${engine}`, () => {
      const rule = schema.allOf.find((one: SchemaRule) => one.if.properties.engine.const === engine).then;
      const { $schema: _, ...references } = rule.properties;
      const fields = fieldsOf(engine);
      assert.deepEqual(Object.keys(references).sort(), fields.map(({ key }) => key).sort());
      assert.deepEqual(
        [...rule.required, ...schema.required].sort(),
        fields.flatMap(({ key, required }) => (required ? [key] : [])).sort(),
      );
      for (const field of fields) assertDescribed(field, definition(references[field.key].$ref));
    });
  }

  it('agrees with the parser on the keys of an array', () => {
    assert.ok(validate(ARRAY), JSON.stringify(validate.errors));
    for (const changes of [
      ...[{ n_pes: 4 }, { colums: 4 }, { global_buffer: 64 }, { global_buffer: { weight: 64 } }, { dataflow: 'xs' }],
      ...[{ register_file: { weights: 64 } }, { mem_read_bandwidth: 1e9 }, { precision: { input: 128 } }, { rows: 0 }],
    ]) {
      assert.equal(validate({ ...ARRAY, ...changes }), false, JSON.stringify(changes));
      assert.throws(() => parseHardware({ ...ARRAY, ...changes }, 'array'), JSON.stringify(changes));
    }
  });

  it('agrees with the parser on what is wrong', () => {
    const wrong = [
      ...[{ n_pes: 0 }, { n_pes: 1.5 }, { frequency: 1300 }, { engine: 'gpu' }, { overlap: 2 }, { parity: 'yes' }],
      ...[{ lanes: { fp16: 1 } }, { lanes: { int8: 0 } }, { energy: { mac: -1 } }, { colour: 'red' }, { name: '' }],
    ];
    for (const changes of wrong) {
      assert.equal(validate({ ...TX2, ...changes }), false, JSON.stringify(changes));
      assert.throws(() => parse(changes), JSON.stringify(changes));
    }
    for (const changes of [
      { overlap: 0 },
      { overlap: 'max' },
      { launch_time: 0 },
      { energy: { mac: 1 } },
      { guess: true },
    ]) {
      assert.ok(validate({ ...TX2, ...changes }), JSON.stringify(changes));
      assert.doesNotThrow(() => parse(changes));
    }
  });
});

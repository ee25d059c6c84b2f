import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import { JsonSyntaxError, positionsIn, readJsonText } from '../../src/hardware/jsonText';
import { parseHardware } from '../../src/hardware/parse';
import { hardwareProblems } from '../../src/hardware/problems';
import { root } from '../shared';

const ARRAY = {
  ...{ name: 'array', engine: 'spatial', rows: 8, cols: 8, frequency: 1e9, mem_bandwidth: 1e9 },
  ...{ register_file: 64, global_buffer: 65536 },
};
const GPU = { name: 'gpu', engine: 'multicore', n_pes: 2, pe_fp32s: 128, frequency: 1e9, mem_bandwidth: 5e10 };
const presets = path.join(root, 'media/hardware');

/** `severity underlined text: message` of each problem. */
function told(text: string): readonly string[] {
  return hardwareProblems(text).map(({ message, severity, offset, length }) => {
    return `${severity} ${text.slice(offset, offset + length)}: ${message}`;
  });
}

describe('problems of a hardware file', () => {
  it('there are none in any preset, nor in the sample', () => {
    const sample = path.join(root, 'sample/tiny-npu.evohw.json');
    const files = fs.readdirSync(presets).filter((file) => file !== 'schema.json');
    for (const file of [sample, ...files.map((one) => path.join(presets, one))]) {
      assert.deepEqual(told(fs.readFileSync(file, 'utf8')), [], file);
    }
  });

  it('all at once, each underlined where it stands, in the order of the file', () => {
    const text = `{
  "name": "x", "engine": "spatial", "rows": 8, "colums": 8, "n_pes": 3,
  "frequency": 1300, "mem_bandwidth": 59.7, "mem_read_bandwidth": 1e9,
  "register_file": { "output": 2, "weigth": 3 }, "global_buffer": 108, "mem_efficiency": 85,
  "frequency": "fast", "pass_cycles": -1, "dataflow": "rs"
}`;
    assert.deepEqual(told(text), [
      "error {: 'cols' is missing",
      `error "colums": unknown key 'colums'; did you mean 'cols'?`,
      `error "n_pes": 'n_pes' is a key of engine multicore, not of engine spatial`,
      'error 59.7: mem_bandwidth is in B/s: 59.7 is 59.7 B/s; did you mean 5.97e10 (59.7 GB/s)?',
      "error 59.7: give either 'mem_bandwidth' or both 'mem_read_bandwidth' and 'mem_write_bandwidth' (in B/s)",
      "error 2: no tile fits 'register_file.output' of 2 B: one element takes 4 B",
      `error "weigth": unknown key 'register_file.weigth'; did you mean 'register_file.weight'?`,
      'error 108: global_buffer is in B: 108 is 108 B; did you mean 110592 (108 KiB)?',
      "error 85: 'mem_efficiency' must lie between 0.01 and 1, not 85; did you mean 0.85?",
      `warning "frequency": 'frequency' is given twice; the last one counts`,
      `error "fast": 'frequency' must be a number, not "fast"`,
      "error -1: 'pass_cycles' must be 0 or greater than 0, not -1",
    ]);
  });

  const doubtful: readonly (readonly [string, object, RegExp])[] = [
    ['MB/s', { ...ARRAY, mem_bandwidth: 25.6e6 }, /^warning 25600000: .* unusually little; did you mean 2\.56e10/],
    [
      'KiB',
      { ...ARRAY, global_buffer: 1024 },
      /^warning 1024: .* 1 KiB, which is unusually little; did you mean 1048576/,
    ],
    ['one column', { ...ARRAY, dataflow: 'rs', cols: 1 }, /^warning "rs": .* 8 × 1 PEs share nothing$/],
    ['overlap', { ...ARRAY, double_buffered: false, overlap: 'max' }, /^warning "max": .* should be "add", not max$/],
    ['sums', { ...ARRAY, precision: { input: 16, partial_sum: 8 } }, /^warning .* narrower than the operands/],
    ['swapped', { ...GPU, pe_memory: 4194304, global_memory: 131072 }, /^warning 4194304: .* are they swapped\?$/],
    ['cache', { ...GPU, l2_speed_frac: 0.25 }, /^warning 0\.25: on-chip memory would be slower than off-chip memory/],
    ['mode', { ...GPU, latency_mode: 'add', overlap: 'max' }, /^warning "add": 'latency_mode' counts with "parity"/],
  ];
  for (const [what, file, message] of doubtful) {
    it(`a warning for what is probably a mistake, which is read none the less: ${what}`, () => {
      const found = told(JSON.stringify(file));
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0] ?? '', message);
      parseHardware(file, 'a');
    });
  }

  const broken: readonly (readonly [string, string])[] = [
    ['', '1:1 the text ends too early'],
    ['{"name": ', '1:10 the text ends too early'],
    ['{"name": "a",\n}', "2:1 no comma may stand before '}'"],
    ['{\n  // words\n}', "2:3 JSON has no comments; put the words into 'description'"],
    ['{"name": tru}', "1:10 'tru' is neither a number nor a text in double quotes"],
    ['{"rows": 1.}', "1:10 '1.' is neither a number nor a text in double quotes"],
    ['{"name" 3}', "1:9 ':' after the key is expected"],
    ['{name: 3}', '1:2 a key in double quotes is expected'],
    ['{"a": "b\nc"}', '1:7 this text has a line break or an escape that JSON does not know'],
    ['{"a": "b}', '1:7 the closing quote is missing'],
    ['{} {}', '1:4 nothing may follow the last closing bracket'],
    ['['.repeat(100_000), '1:102 brackets are nested too deep'],
  ];
  for (const [text, expected] of broken) {
    it(`where the text is not JSON: ${JSON.stringify(text.slice(0, 20))}`, () => {
      assert.throws(() => JSON.parse(text));
      const [problem, ...more] = hardwareProblems(text);
      assert.deepEqual([problem?.severity, more], ['error', []]);
      assert.throws(
        () => readJsonText(text),
        (error: unknown) => {
          assert.ok(error instanceof JsonSyntaxError);
          const { line, column } = positionsIn(text)(error.offset);
          assert.equal(`${line}:${column} ${error.message}`, expected);
          return true;
        },
      );
    });
  }

  it('says lines and columns of every offset', () => {
    for (const text of ['', 'a', '\n', 'a\n\nbc\n', '{\r\n "a": 1\r\n}']) {
      const positionOf = positionsIn(text);
      for (let offset = 0; offset <= text.length; offset++) {
        const before = text.slice(0, offset).split('\n');
        const expected = { line: before.length, column: (before.at(-1) ?? '').length + 1 };
        assert.deepEqual(positionOf(offset), expected, JSON.stringify([text, offset]));
      }
    }
  });

  it('reads a text of any length that a file may have, and no longer file', () => {
    const long = JSON.stringify({ ...GPU, name: 'x\\"'.repeat(4_000_000) });
    assert.deepEqual(readJsonText(long).root.value, JSON.parse(long));
    const sentence = /a hardware file has at most 1048576 characters, this one has 20000\d+: is it another file\?$/;
    assert.match(told(long).join(), sentence);
    assert.throws(() => parseHardware(long, 'long'), sentence);
  });

  it('counts what is more than one can read', () => {
    const keys = Array.from({ length: 20_000 }, (_, i) => [`key${i}`, 1]);
    const strange = told(JSON.stringify({ ...GPU, ...Object.fromEntries(keys) }));
    assert.equal(strange.length, 51);
    assert.equal(strange.at(-1), 'error "key50": … and 19950 more unknown keys');
    const twice = told(`{"name":"x",${'"guess":false,'.repeat(1000)}"engine":"multicore"}`);
    assert.equal(twice.length, 101);
    assert.match(twice.at(-1) ?? '', /… and \d+ more problems from here on$/);
  });

  const mistakes: readonly (readonly [key: string, value: unknown])[] = [
    ...[1300, 0, -1, '1e9', true, null, 1e30].map((value) => ['frequency', value] as const),
    ...[8.5, 5000].map((value) => ['rows', value] as const),
    ...['', '  ', 3].map((value) => ['name', value] as const),
    ...['fast', undefined].map((value) => ['engine', value] as const),
    ...['wz', 4].map((value) => ['dataflow', value] as const),
    ...[1.5, 'mox'].map((value) => ['overlap', value] as const),
    ...[7, { int9: 1 }, { int8: 0 }].map((value) => ['lanes', value] as const),
    ...[2, { output: 2 }, { weigth: 3 }, { zzzzzzzzz: 3 }].map((value) => ['register_file', value] as const),
    ...[{ input: 65 }, { weight: 2.5 }].map((value) => ['precision', value] as const),
    ...[0, 3, 'yes'].map((value) => ['double_buffered', value] as const),
    ...['mem_bandwidth', 'mem_efficiency', 'n_pes', 'colums', 'zzzzzzzzz'].map((key) => [key, 85] as const),
    ...[['add'], ['epilouge'], 'add'].map((value) => ['fusion', value] as const),
  ];
  const schema = JSON.parse(fs.readFileSync(path.join(presets, 'schema.json'), 'utf8'));
  const validate = new Ajv({ strict: false }).compile(schema);
  it('leaves to the schema only what that finds, too', () => {
    const left = mistakes.filter(([key, value]) => {
      const file = { ...ARRAY, [key]: value };
      const plain = hardwareProblems(JSON.stringify(file)).filter(({ inSchema }) => inSchema);
      if (plain.length > 0) assert.ok(!validate(file), `the schema finds nothing wrong: ${plain[0]?.message}`);
      return plain.length > 0;
    });
    // All but what needs the schema's silence or our advice: units, shares, near misses, blanks, keys of other engines, tiles.
    assert.ok(left.length >= 26, `only ${left.length} of ${mistakes.length}`);
  });

  it('offers what was probably meant, and then has no error left', () => {
    let text = JSON.stringify({ ...ARRAY, frequency: 1300, mem_efficiency: 85, cols: undefined, colums: 8 });
    for (let fixes = 0; fixes < 3; fixes++) {
      const { offset, length, replacement } = hardwareProblems(text).find((one) => one.replacement) ?? {
        ...{ offset: 0, length: 0, replacement: 'nothing to mend' },
      };
      text = `${text.slice(0, offset)}${replacement}${text.slice(offset + length)}`;
    }
    assert.deepEqual(told(text), []);
    assert.deepEqual(JSON.parse(text), { ...ARRAY, frequency: 1.3e9, mem_efficiency: 0.85 });
  });

  it('reads JSON as JSON.parse does, and every value stands where it says', () => {
    const texts = fs.readdirSync(presets).map((file) => fs.readFileSync(path.join(presets, file), 'utf8'));
    const odd = '[{"__proto__": 1, "\\u00e4\\n": [], "": {}}, -0, 1e-7, 0.5E+3, null, true, false, "\\\\\\""]';
    for (const text of [...texts, odd]) {
      const { root: top, repeated } = readJsonText(text);
      assert.deepEqual(repeated, []);
      const check = (node: typeof top): void => {
        assert.deepEqual(node.value, JSON.parse(text.slice(node.offset, node.offset + node.length)));
        for (const { node: member } of node.members.values()) check(member);
      };
      assert.deepEqual(top.value, JSON.parse(text));
      check(top);
    }
    assert.deepEqual(readJsonText('\uFEFF{}').root.value, {});
  });

  it('one byte changed anywhere never makes it throw, and it finds an error exactly where the parser does', () => {
    const text = fs.readFileSync(path.join(presets, 'gemmini-16x16.json'), 'utf8');
    for (let at = 0; at < text.length; at++) {
      const changed = `${text.slice(0, at)}${text[at] === '9' ? '"' : '9'}${text.slice(at + 1)}`;
      const wrong = hardwareProblems(changed).some(({ severity }) => severity === 'error');
      const parse = (): unknown => parseHardware(changed, 'changed');
      if (wrong) assert.throws(parse);
      else parse();
    }
  });
});

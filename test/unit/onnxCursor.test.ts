import assert from 'node:assert/strict';
import { ModelFormatError } from '../../src/graph/modelFormatError';
import { ABS_MODEL, delimitedHeader, modelOfTensors, proto, TemporaryFolder, varint } from '../fixtures/onnxFiles';

const files = new TemporaryFolder();

describe('onnx/cursor, damaged files', () => {
  const rejects = (bytes: Uint8Array, expected: RegExp): Promise<void> =>
    assert.rejects(files.read(bytes), (error) => {
      assert(error instanceof ModelFormatError, String(error));
      assert.match(error.message, expected);
      return true;
    });
  const bytes = (...parts: (readonly number[] | Uint8Array)[]): Uint8Array =>
    Buffer.concat(parts.map((part) => Uint8Array.from(part)));

  it('gives the byte where it went wrong', async () => {
    await rejects(
      ABS_MODEL.subarray(0, 60),
      /^model\.onnx cannot be read as ONNX \(the file is truncated, 51 bytes are missing of field 7 which declares 90 at byte 19\): download/,
    );
    await rejects(bytes([8, 8, 0x3a], varint(2 ** 50)), /truncated.*at byte 2/);
    await rejects(bytes([8], new Array(11).fill(0x80), [1]), /varint is longer than ten bytes at byte 0/);
    await rejects(bytes([8, 8, 0xa3, 1]), /field 20 has wire type 3, which no ONNX file uses, at byte 2/);
    await rejects(bytes([8, 8, 0x3b]), /field 7 holds a group where a length is expected at byte 2/);
    await rejects(bytes([8, 8, 0x00, 0x00]), /no valid field tag at byte 2/);
    await rejects(bytes([8, 8, 0x38, 1]), /field 7 holds a varint where a length is expected at byte 2/);
    await rejects(bytes([8, 8]), /there is no graph at byte 0/);
    await rejects(
      bytes([8, 8, 0x3a, 4, 0x0a, 9, 0, 0]),
      /field 1 declares 9 bytes, more than its message has, at byte 4|truncated/,
    );
    await rejects(
      bytes([8, 8, 0x3a, 3, 0x0a, 9, 0, 8, 8]),
      /field 1 declares 9 bytes, more than its message has, at byte 4/,
    );
  });

  it('refuses absurd tensors', async () => {
    const tensor = (dims: readonly number[], type = 1): Uint8Array =>
      modelOfTensors(proto().int64(2, type).text(8, 'w').packedInt64s(1, dims));
    await rejects(tensor([-1]), /'w' has a negative size in \[-1\] at byte \d+/);
    await rejects(tensor([2 ** 40, 2 ** 40]), /'w' has the impossible shape/);
    await rejects(tensor(new Array(1_000_000).fill(1)), /a list \(field 1\) has more than 256 elements at byte \d+/);
    await rejects(tensor([1], 77), /'w' has the unknown element type 77/);
  });

  it('refuses nesting bombs and node bombs without hanging', async function () {
    this.timeout(60_000);
    let body: Uint8Array = new Uint8Array(0);
    for (let depth = 0; depth < 2_000; depth++) {
      // From the outside: node, attribute, graph, node, …
      const field = [5, 1, 6][depth % 3] ?? 1;
      body = bytes(delimitedHeader(field, body.length), body);
    }
    await rejects(bytes([8, 8], delimitedHeader(7, body.length), body), /nested more than 100 deep at byte \d+/);
    const nodes = new Uint8Array(2_100_000).fill(0x0a).map((byte, index) => (index % 2 ? 0 : byte));
    await rejects(bytes([8, 8], delimitedHeader(7, nodes.length), nodes), /more than 1000000 nodes at byte \d+/);
  });

  it('answers every truncation and every damaged byte with a model or a ModelFormatError', async function () {
    this.timeout(60_000);
    let understood = 0;
    const attempt = async (content: Uint8Array): Promise<void> => {
      try {
        await files.read(content);
        understood++;
      } catch (error) {
        if (!(error instanceof ModelFormatError)) throw error;
        assert.match(error.message, /^model\.onnx.*\.$/s);
      }
    };
    for (let length = 0; length < ABS_MODEL.length; length++) await attempt(ABS_MODEL.subarray(0, length));
    assert.equal(understood, 1, 'only the cut right behind the graph, before the operator sets, leaves a whole model');
    for (let index = 0; index < ABS_MODEL.length; index++) {
      for (const flip of [0x01, 0x02, 0x08, 0x80, 0xff]) {
        const damaged = Uint8Array.from(ABS_MODEL);
        damaged[index] = (damaged[index] ?? 0) ^ flip;
        await attempt(damaged);
      }
    }
  });
});

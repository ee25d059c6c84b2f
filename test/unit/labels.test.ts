import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { classNamed, findLabelsFor, loadLabels, parseLabels, topClasses } from '../../src/image/labels';
import { needsShared, root, shared } from '../shared';

describe('labels', () => {
  describe('parseLabels', () => {
    const FORMS: Readonly<Record<string, string>> = {
      lines: 'cat\ndog\nsea urchin\n',
      'lines with a byte order mark and CRLF': '\uFEFFcat\r\ndog\r\nsea urchin\r\n',
      'synset words': 'n02121808 cat\nn02084071 dog\nn02319095 sea urchin',
      'numbered lines': '0: cat\n1: dog\n2: sea urchin',
      'numbered columns': '0,cat\n1,dog\n2,sea urchin',
      'a JSON list': '["cat", "dog", "sea urchin"]',
      'a JSON mapping': '{"2": "sea urchin", "0": "cat", "1": "dog"}',
      'Keras’ class index': '{"0": ["n1", "cat"], "1": ["n2", "dog"], "2": ["n3", "sea urchin"]}',
      label2id: '{"cat": 0, "dog": 1, "sea urchin": 2}',
      'Hugging Face’s config': '{"architectures": ["X"], "id2label": {"0": "cat", "1": "dog", "2": "sea urchin"}}',
      'a Python mapping': "{0: 'cat', 1: \"dog\", 2: 'sea urchin'}",
      'a Python list': "['cat', 'dog', 'sea urchin']",
    };
    for (const [form, text] of Object.entries(FORMS)) {
      it(`reads ${form}`, () => assert.deepEqual(parseLabels(text), ['cat', 'dog', 'sea urchin']));
    }

    it('keeps labels that begin with a number', () => {
      assert.deepEqual(parseLabels('3 wheeler\n10 pins'), ['3 wheeler', '10 pins']);
    });

    it('keeps an apostrophe in Python quotes', () => {
      assert.deepEqual(parseLabels(`{0: "jack-o'-lantern", 1: 'bo\\'s'}`), ["jack-o'-lantern", "bo's"]);
    });

    it('finds none in a mapping with a gap, or in nothing', () => {
      assert.deepEqual(parseLabels('{"0": "cat", "2": "dog"}'), []);
      assert.deepEqual(parseLabels(''), []);
    });
  });

  describe('findLabelsFor', () => {
    let folder = '';
    const write = (name: string, text: string): void => fs.writeFileSync(path.join(folder, name), text);
    const find = (classes: number, metadata?: ReadonlyMap<string, string>) =>
      findLabelsFor(path.join(folder, 'net.onnx'), classes, metadata);
    beforeEach(() => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-'));
    });
    afterEach(() => fs.rmSync(folder, { recursive: true }));

    it('prefers metadata, then the model’s own file, then the folder’s', async () => {
      write('labels.txt', 'a\nb');
      assert.deepEqual(await find(2), { names: ['a', 'b'], source: 'labels.txt' });
      write('net.labels.txt', 'c\nd');
      assert.deepEqual(await find(2), { names: ['c', 'd'], source: 'net.labels.txt' });
      const metadata = new Map([['names', "{0: 'e', 1: 'f'}"]]);
      assert.deepEqual(await find(2, metadata), { names: ['e', 'f'], source: "metadata 'names'" });
    });

    it('takes only a list of the right length', async () => {
      write('labels.txt', 'a\nb');
      assert.equal(await find(3), undefined);
      write('other.labels.txt', 'x\ny\nz');
      assert.equal(await find(3), undefined);
    });

    it('finds nothing in a folder that is not there', async () => {
      assert.equal(await findLabelsFor('/no/such/folder/net.onnx', 10), undefined);
    });
  });

  it('loadLabels says what is wrong', async () => {
    await assert.rejects(loadLabels('/no/such/labels.txt'), /The labels \/no\/such\/labels\.txt cannot be read/);
    const file = path.join(root, 'media/icon.png');
    await assert.rejects(loadLabels(file), /icon\.png holds no labels: it is no text in UTF-8\./);
  });

  it('classNamed prefers whole names to parts, and says what else there is', () => {
    const names = ['crane', 'whooping crane', 'Crane', 'tench'];
    const named = (wanted: string) => classNamed(names, wanted, 4);
    assert.equal(named('Tench'), 3);
    assert.equal(named('whoop'), 1);
    assert.throws(() => named('CRANE'), /'CRANE' fits 2 classes; give the index of one: 0 crane, 2 Crane$/);
    assert.throws(() => named('rane'), /fits 3 classes/);
    // A whole word before a part of one: cat is neither bobcat nor Kakatoe.
    const animals = ['sulphur-crested cockatoo, Kakatoe', 'tiger-cat', 'bobcat', 'sea urchin'];
    assert.equal(classNamed(animals, ' Cat ', 4), 1);
    assert.equal(classNamed(animals, 'sea urchin', 4), 3);
    assert.equal(classNamed(animals, 'bob', 4), 2);
    assert.throws(() => named('dog'), /no class is called 'dog'; give its index, 0 to 3/);
    assert.throws(() => classNamed([], 'dog', 4), /no labels are known for this model/);
  });

  it('topClasses sorts by probability, then logit, limits, and keeps the chosen class', () => {
    const scores = { logits: [0, 3, 1, -5, 2], probabilities: [0, 0.7, 0.1, 0, 0.2] };
    const indices = (count: number, ...keep: readonly number[]) =>
      topClasses(scores, { count, keep }).map(({ index }) => index);
    assert.deepEqual(indices(9), [1, 4, 2, 0, 3]);
    assert.deepEqual(indices(2), [1, 4]);
    assert.deepEqual(indices(2, 4), [1, 4]);
    assert.deepEqual(indices(2, 3), [1, 3]);
    assert.deepEqual(indices(2, 99), [1, 4]);
    assert.deepEqual(indices(3, 4, 3, 0), [4, 0, 3]);
    assert.deepEqual(indices(3, 4, 3), [1, 4, 3]);
    const [best] = topClasses(scores, { names: ['a', 'b'] });
    assert.deepEqual(best, { index: 1, name: 'b', probability: 0.7, logit: 3 });
    assert.equal(topClasses(scores)[1]?.name, '');
  });

  it('names the 1,000 classes of ImageNet, but not ten digits', async function () {
    needsShared(this);
    const labels = await findLabelsFor(shared('data/models/mobilenet_v2_qdq.onnx'), 1000);
    assert.equal(labels?.names[281], 'tabby, tabby cat');
    assert.equal(labels?.names[254], 'pug, pug-dog');
    assert.equal(await findLabelsFor(shared('data/models/mnist-8.onnx'), 10), undefined);
    const withBackground = await findLabelsFor(shared('data/models/mobilenet_v2_qdq.onnx'), 1001);
    assert.deepEqual([withBackground?.names[0], withBackground?.names[282]], ['background', 'tabby, tabby cat']);
  });
});

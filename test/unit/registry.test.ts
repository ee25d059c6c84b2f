import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { operatorMatrix } from '../../src/operators/matrix';
import type { Operator } from '../../src/operators/operator';
import { FILES, findOperator, OPERATORS, operatorFile } from '../../src/operators/registry';
import { root } from '../shared';

const folder = path.join(root, 'src/operators/ops');

describe('registry', () => {
  const files = fs.readdirSync(folder).map((file) => path.basename(file, '.ts'));

  it('names every file of src/operators/ops and no other', () => {
    assert.deepEqual(Object.keys(FILES).sort(), files.sort());
  });

  it('holds every operator that those files export', () => {
    const contents = files.map((file, index) => `export * as m${index} from './${file}';`).join('\n');
    const { outputFiles } = buildSync({
      stdin: { contents, resolveDir: folder },
      bundle: true,
      write: false,
      format: 'cjs',
      platform: 'node',
    });
    const module: { exports: Record<string, Record<string, unknown>> } = { exports: {} };
    new Function('module', 'exports', outputFiles[0]?.text ?? '')(module, module.exports);
    for (const [index, file] of files.entries()) {
      const exported = Object.values(module.exports[`m${index}`] ?? {}).flatMap(operatorsIn);
      const registered = operatorsIn(FILES[file]);
      assert.deepEqual(namesOf(exported), namesOf(registered), file);
    }
  });

  it('has one rule per operator', () => {
    const types = OPERATORS.flatMap(({ types }) => types);
    const twice = types.filter((type, index) => types.indexOf(type) !== index);
    assert.deepEqual(twice, []);
  });

  it('finds operators of the default domain under both of its names, and of others by domain', () => {
    const conv = findOperator({ domain: '', operator: 'Conv' });
    assert.ok(conv);
    assert.equal(findOperator({ domain: 'ai.onnx', operator: 'Conv' }), conv);
    assert.equal(findOperator({ domain: 'com.example', operator: 'Conv' }), undefined);
    assert.ok(findOperator({ domain: 'com.microsoft', operator: 'FastGelu' }));
    assert.equal(operatorFile({ domain: '', operator: 'Conv' }), 'src/operators/ops/conv.ts');
    assert.equal(operatorFile({ domain: '', operator: 'NoSuchThing' }), 'src/operators/ops/');
  });

  it('is what docs/operators.md says', () => {
    const document = path.join(root, 'docs/operators.md');
    const { EVO_UPDATE } = process.env;
    if (EVO_UPDATE) {
      fs.mkdirSync(path.dirname(document), { recursive: true });
      fs.writeFileSync(document, operatorMatrix());
    }
    assert.equal(fs.readFileSync(document, 'utf8'), operatorMatrix(), 'stale: run this test with EVO_UPDATE=1');
  });
});

/** Operators among what a module exports: one, or a list. */
function operatorsIn(exported: unknown): readonly Operator[] {
  const isOperator = (value: unknown): value is Operator =>
    typeof value === 'object' && value !== null && 'inferShape' in value;
  return [exported].flat().filter(isOperator);
}

const namesOf = (operators: readonly Operator[]): readonly string[] => operators.flatMap(({ types }) => types).sort();

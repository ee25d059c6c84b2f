import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../shared';

interface Manifest {
  readonly engines: { readonly vscode: string };
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string; readonly when?: string }[]>>;
    readonly keybindings: readonly { readonly command: string; readonly when: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, { readonly default: unknown }>> };
    readonly walkthroughs: readonly { readonly steps: readonly { readonly media: { readonly image: string } }[] }[];
    readonly jsonValidation: readonly { readonly url: string }[];
    readonly languages: readonly { readonly id: string; readonly configuration: string }[];
    readonly grammars: readonly { readonly language: string; readonly path: string }[];
    readonly jsonLanguageParticipants: readonly { readonly languageId: string }[];
  };
}

const manifest: Manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
const { contributes } = manifest;

function sources(folder: string): readonly string[] {
  return fs
    .readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(folder, name));
}

const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');

describe('core', () => {
  it('does not import vscode outside src/host and src/extension.ts', () => {
    const strays = sources('src')
      .filter((file) => !file.startsWith(path.join('src', 'host')) && file !== path.join('src', 'extension.ts'))
      .filter((file) => /from 'vscode'|require\('vscode'\)/.test(read(file)));
    assert.deepEqual(strays, []);
  });

  it('keeps the native packages in one place each', () => {
    const importers = (name: string): readonly string[] =>
      sources('src').filter((file) => new RegExp(`from '${name}'`).test(read(file)));
    assert.deepEqual([...new Set(importers('onnxruntime-node').map(path.dirname))], [path.join('src', 'runtime')]);
    assert.deepEqual([...new Set(importers('sharp').map(path.dirname))], [path.join('src', 'image')]);
  });
});

describe('manifest', () => {
  const registered = [...read('src/host/commands.ts').matchAll(/register\('(\w+)'/g)].map(
    ([, name]) => `evoProfiler.${name}`,
  );
  const declared = contributes.commands.map(({ command }) => command);

  it('declares exactly the commands that are registered', () => {
    assert.deepEqual([...declared].sort(), [...registered].sort());
  });

  it('uses only declared commands in menus and keybindings, and keybindings only inside the panel', () => {
    const used = [...Object.values(contributes.menus).flat(), ...contributes.keybindings];
    for (const { command } of used) assert.ok(declared.includes(command), command);
    for (const { when } of contributes.keybindings) assert.match(when, /activeCustomEditorId == 'evoProfiler\.graph'/);
  });

  it('declares exactly the settings that are read', () => {
    const host = [...sources('src/host'), 'src/extension.ts'].map(read).join('\n');
    for (const name of Object.keys(contributes.configuration.properties)) {
      const key = name.split('.').at(-1) ?? '';
      assert.match(host, new RegExp(`['.]${key}'`), `setting ${name} is never read`);
    }
  });

  it('matches models whatever the case of their ending', () => {
    const whens = Object.values(contributes.menus)
      .flat()
      .flatMap(({ when }) => when?.match(/\/(\S+)\/i/)?.[1] ?? []);
    assert.ok(whens.some((pattern) => new RegExp(pattern, 'i').test('.ONNX')));
  });

  it('points to files that exist', () => {
    const pictures = contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.image));
    const { jsonValidation, languages, grammars } = contributes;
    const ofLanguages = [...languages.map(({ configuration }) => configuration), ...grammars.map((one) => one.path)];
    for (const file of [...pictures, ...jsonValidation.map(({ url }) => url), ...ofLanguages]) {
      assert.ok(fs.existsSync(path.join(root, file)), file);
    }
  });

  it('keeps JSON’s colours, completion and hovers for hardware files', () => {
    const [language, ...others] = contributes.languages.map(({ id }) => id);
    assert.deepEqual(others, []);
    assert.deepEqual(contributes.jsonLanguageParticipants, [{ languageId: language }]);
    assert.deepEqual(
      contributes.grammars.map((grammar) => grammar.language),
      [language],
    );
  });

  it('compiles against the API of the oldest VS Code it admits', () => {
    assert.equal(manifest.engines.vscode, `^${manifest.devDependencies['@types/vscode']}`);
  });
});

/** What the Problems view says of hardware files, and the quick fixes that it offers. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describeInWorkbench, eventually, type Session } from '../driver';
import { line, replaceValue } from '../editors';
import { chooseHardware } from '../panels';
import { graph, vscode } from '../selectors';
import { HARDWARE, MODEL, NO_TILE } from '../workspace';

export function problems(): void {
  describeInWorkbench(
    'the Problems view',
    (vs) => {
      it('wakes the extension for a hardware file, and for no other JSON file', async () => {
        const names = () => runningExtensions(vs());
        await openFile(vs(), 'preprocessor_config.json');
        const before = await eventually(
          names,
          (all) => all.some((name) => /JSON Language Features/.test(name)),
          'VS Code’s JSON support runs',
        );
        assert.ok(!before.some((name) => /EVO Profiler/.test(name)), `among ${before}`);
        await openFile(vs(), HARDWARE);
        await eventually(names, (all) => all.some((name) => /EVO Profiler/.test(name)), 'EVO Profiler runs');
      });

      it('shows a number in another unit at its line, without a panel', async () => {
        await openFile(vs(), HARDWARE);
        await showProblems(vs());
        await replaceValue(vs(), 'frequency', '600');
        const problem = problemAt(vs(), lineOf(vs(), 'frequency'), 'frequency is in Hz');
        await problem.waitFor();
        await vs().screenshot('problems');
      });

      it('mends it by a quick fix', async () => {
        await applyFix(vs(), 'frequency', '600', /Change to 6e8/);
        await line(vs(), 'frequency').filter({ hasText: ' 6e8,' }).waitFor();
        await expectNone(vs());
      });

      it('names the key that a misspelled one was meant to be, and mends it', async () => {
        await line(vs(), 'pe_memory').getByText('pe_memory').dblclick();
        await vs().page.keyboard.type('pe_memry');
        await problemAt(vs(), lineOf(vs(), 'pe_memory'), "did you mean 'pe_memory'").waitFor();
        await applyFix(vs(), 'pe_memry', 'pe_memry', /Change to "pe_memory"/);
        await expectNone(vs());
      });

      it('leaves what the schema says to VS Code’s JSON support', async () => {
        await replaceValue(vs(), 'guess', '1');
        const found = await eventually(
          () => vs().page.locator(vscode.problem).allTextContents(),
          (all) => all.length > 0,
          'the wrong type is found',
        );
        assert.equal(found.length, 1, `once: ${found}`);
        assert.match(found[0] ?? '', /Expected "boolean"/);
        await replaceValue(vs(), 'guess', 'true');
        await expectNone(vs());
        await vs().run('File: Revert File');
      });

      it('shows what is wrong with a file that a panel uses, and forgets it when the file is mended', async () => {
        await vs().closeAllEditors();
        const good = fs.readFileSync(vs().file(NO_TILE), 'utf8');
        const { panel } = await vs().profile(MODEL);
        await chooseHardware(panel, /No tile/);
        await showProblems(vs());
        const key = '"register_file": ';
        fs.writeFileSync(vs().file(NO_TILE), good.replace(`${key}64`, `${key}4`));
        await problemAt(vs(), good.slice(0, good.indexOf(key)).split('\n').length, 'no tile fits').waitFor();
        await panel.locator(graph.warnings, { hasText: /no tile fits/ }).waitFor();
        fs.writeFileSync(vs().file(NO_TILE), good);
        await expectNone(vs());
      });
    },
    {},
  );
}

/** Opens a file's text editor, and waits for its text. */
async function openFile(vs: Session, name: string): Promise<void> {
  await vs.row(name).dblclick();
  await vs.page.locator(vscode.tab, { hasText: name }).waitFor();
  await vs.page.locator(vscode.codeLine).first().waitFor();
}

async function showProblems(vs: Session): Promise<void> {
  await vs.run('Focus on Problems View');
  await vs.page.locator(vscode.problems).waitFor();
}

async function runningExtensions(vs: Session): Promise<readonly string[]> {
  await vs.run('Developer: Show Running Extensions');
  const rows = vs.page.locator(vscode.runningExtension);
  await rows.first().waitFor();
  const names = await rows.allTextContents();
  // It lies on top of everything else.
  await vs.page.keyboard.press('Escape');
  await rows.first().waitFor({ state: 'detached' });
  return names;
}

function problemAt(vs: Session, lineNumber: number, message: string) {
  return vs.page.locator(vscode.problem, { hasText: message }).filter({ hasText: `[Ln ${lineNumber},` });
}

/** Where a key stands in the sample's file. */
function lineOf(vs: Session, key: string): number {
  const text = fs.readFileSync(vs.file(HARDWARE), 'utf8');
  return text.slice(0, text.indexOf(`"${key}"`)).split('\n').length;
}

/** Takes the quick fix that is offered at the word in the key's line. A problem that is found meanwhile closes the list. */
async function applyFix(vs: Session, key: string, word: string, title: RegExp): Promise<void> {
  const fix = vs.page.locator(vscode.quickFix, { hasText: title });
  await eventually(
    async () => {
      await line(vs, key).getByText(word).first().click();
      await vs.page.keyboard.press('ControlOrMeta+.');
      return fix.click({ timeout: 2000 }).then(
        () => true,
        () => false,
      );
    },
    (taken) => taken,
    `the fix ${title} is taken`,
  );
}

function expectNone(vs: Session): Promise<number> {
  return eventually(
    () => vs.page.locator(vscode.problem).count(),
    (count) => count === 0,
    'no problem is left',
  );
}

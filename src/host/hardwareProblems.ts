import * as vscode from 'vscode';
import { positionsIn } from '../hardware/jsonText';
import { type HardwareProblem, hardwareProblems } from '../hardware/problems';
import type { HardwareStore } from './hardwareStore';
import { log } from './log';

const FILES: vscode.DocumentFilter = { pattern: '**/*.evohw.json' };
/** Our language for them, see package.json: it wakes us for these files alone and not for every JSON file. */
const LANGUAGE = 'evohw';
/** VS Code's own JSON support serves our language too, but does not wake for it. */
const JSON_SUPPORT = 'vscode.json-language-features';
/** After the last key pressed. */
const PAUSE_MILLISECONDS = 200;

/**
 * The Problems view's entries for hardware files: those that are open, as they stand in the editor, and those that a panel
 * has used, as they lie on disk. What VS Code's JSON support says of an open file by our schema is left to it.
 */
export class HardwareProblems implements vscode.Disposable {
  readonly #shown = vscode.languages.createDiagnosticCollection('evo-hardware');
  readonly #used = new Map<string, vscode.Uri>();
  readonly #typing = new Map<string, NodeJS.Timeout>();
  readonly #subscriptions: readonly vscode.Disposable[];

  constructor(store: HardwareStore) {
    const { workspace } = vscode;
    const whenHardware = (run: (document: vscode.TextDocument) => void) => (document: vscode.TextDocument) => {
      if (vscode.languages.match(FILES, document) > 0) run(document);
    };
    const opened = whenHardware((document) => this.#opened(document));
    const edited = whenHardware((document) => this.#soon(document));
    this.#subscriptions = [
      this.#shown,
      workspace.onDidOpenTextDocument(opened),
      workspace.onDidChangeTextDocument(({ document }) => edited(document)),
      workspace.onDidSaveTextDocument(whenHardware(({ uri }) => this.#check(uri))),
      workspace.onDidCloseTextDocument(whenHardware(({ uri }) => this.#check(uri))),
      store.onDidUse((uri) => {
        this.#used.set(uri.toString(), uri);
        this.#check(uri);
      }),
      store.onDidChange(() => {
        for (const uri of this.#used.values()) this.#check(uri);
      }),
      vscode.languages.registerCodeActionsProvider(FILES, { provideCodeActions }, { providedCodeActionKinds: [FIX] }),
    ];
    for (const document of workspace.textDocuments) opened(document);
  }

  dispose(): void {
    for (const timer of this.#typing.values()) clearTimeout(timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #opened({ uri, languageId }: vscode.TextDocument): void {
    if (languageId === LANGUAGE) wakeJsonSupport();
    this.#check(uri);
  }

  #soon({ uri }: vscode.TextDocument): void {
    const key = uri.toString();
    clearTimeout(this.#typing.get(key));
    this.#typing.set(
      key,
      setTimeout(() => this.#check(uri), PAUSE_MILLISECONDS),
    );
  }

  #check(uri: vscode.Uri): void {
    clearTimeout(this.#typing.get(uri.toString()));
    this.#typing.delete(uri.toString());
    const text = openText(uri);
    if (text !== undefined) this.#show(uri, text, jsonSupport() !== undefined);
    else if (this.#used.has(uri.toString())) void this.#checkOnDisk(uri);
    else this.#shown.delete(uri);
  }

  async #checkOnDisk(uri: vscode.Uri): Promise<void> {
    const bytes = await Promise.resolve(vscode.workspace.fs.readFile(uri)).catch(() => undefined);
    // Opened meanwhile: the editor's text counts.
    if (openText(uri) !== undefined) return;
    if (bytes) this.#show(uri, new TextDecoder().decode(bytes), false);
    else this.#shown.delete(uri);
  }

  #show(uri: vscode.Uri, text: string, checkedBySchema: boolean): void {
    const problems = hardwareProblems(text).filter(({ inSchema }) => !(inSchema && checkedBySchema));
    this.#shown.set(uri, problems.map(diagnosticsIn(text)));
  }
}

const FIX = vscode.CodeActionKind.QuickFix;

/** What was probably meant, one click away. */
function provideCodeActions(document: vscode.TextDocument, range: vscode.Range): vscode.CodeAction[] {
  const text = document.getText();
  const diagnosticOf = diagnosticsIn(text);
  return hardwareProblems(text).flatMap((problem) => {
    const diagnostic = diagnosticOf(problem);
    const { replacement } = problem;
    if (replacement === undefined || !diagnostic.range.intersection(range)) return [];
    const action = new vscode.CodeAction(`Change to ${replacement}`, FIX);
    action.edit = new vscode.WorkspaceEdit();
    action.edit.replace(document.uri, diagnostic.range, replacement);
    action.diagnostics = [diagnostic];
    action.isPreferred = true;
    return [action];
  });
}

function diagnosticsIn(text: string): (problem: HardwareProblem) => vscode.Diagnostic {
  const positionOf = positionsIn(text);
  const position = (offset: number): vscode.Position => {
    const { line, column } = positionOf(offset);
    return new vscode.Position(line - 1, column - 1);
  };
  return ({ message, severity, offset, length }) => {
    const range = new vscode.Range(position(offset), position(offset + length));
    const { Error: error, Warning: warning } = vscode.DiagnosticSeverity;
    const diagnostic = new vscode.Diagnostic(range, message, severity === 'error' ? error : warning);
    diagnostic.source = 'EVO';
    return diagnostic;
  };
}

function openText(uri: vscode.Uri): string | undefined {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  return open?.getText();
}

function jsonSupport(): vscode.Extension<unknown> | undefined {
  return vscode.extensions.getExtension(JSON_SUPPORT);
}

function wakeJsonSupport(): void {
  const waking = jsonSupport()?.activate();
  Promise.resolve(waking).catch((error: unknown) => log().warn(`${JSON_SUPPORT}: ${String(error)}`));
}

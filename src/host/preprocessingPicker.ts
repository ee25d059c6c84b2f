import * as vscode from 'vscode';
import { type InputGeometry, presetsFor } from '../image/preprocessing';

/** Asks how the model's pictures were normalised when it was trained. Answers a preset's name; undefined when dismissed. */
export async function choosePreprocessing(geometry: InputGeometry, why: string): Promise<string | undefined> {
  const items = presetsFor(geometry).map(({ name, label, description }) => ({ label, description, name }));
  const choice = await vscode.window.showQuickPick(items, {
    title: `How does this model want its pixels? (${why})`,
    placeHolder: 'Its training code says; Escape keeps the guess. You are asked once.',
    matchOnDescription: true,
  });
  return choice?.name;
}

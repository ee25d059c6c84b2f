import * as vscode from 'vscode';
import type { GuessedPreprocessing } from '../image/guessPreprocessing';
import { describePreprocessing, type InputGeometry, presetsFor, withPreset } from '../image/preprocessing';

/**
 * Asks how the model's pictures were normalised when it was trained; the guess comes first. Answers a preset's name;
 * undefined when dismissed, which keeps the guess.
 */
export async function choosePreprocessing(
  geometry: InputGeometry,
  guess: GuessedPreprocessing,
): Promise<string | undefined> {
  const guessed = describePreprocessing(guess.spec);
  const items = presetsFor(geometry).map(({ name, label, description }) => ({
    label,
    description:
      describePreprocessing(withPreset(geometry, name)) === guessed ? `${description} (${guess.why})` : description,
    isGuess: describePreprocessing(withPreset(geometry, name)) === guessed,
    name,
  }));
  items.sort((a, b) => Number(b.isGuess) - Number(a.isGuess));
  const choice = await vscode.window.showQuickPick(items, {
    title: 'How does this model want its pixels? You are asked once.',
    placeHolder: 'The code it was trained with says; Escape keeps the first',
    matchOnDescription: true,
  });
  return choice?.name;
}

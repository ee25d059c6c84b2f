import * as vscode from 'vscode';
import type { Opponent } from './comparison';
import type { HardwareStore } from './hardwareStore';
import { pickModel } from './pickers';

/** Lets the user choose what a panel's model is compared with. Undefined when cancelled. */
export async function pickOpponent(
  model: vscode.Uri,
  store: HardwareStore,
  inUse: string,
): Promise<Opponent | undefined> {
  const kinds = [
    { label: '$(circuit-board) Another hardware…', description: 'the same model, layer by layer', to: 'hardware' },
    { label: '$(files) Another model…', description: 'layers matched by name, then by structure', to: 'model' },
  ];
  const choice = await vscode.window.showQuickPick([...kinds], { title: 'Compare with' });
  if (!choice) return undefined;
  if (choice.to === 'hardware') {
    const choices = (await store.choices()).filter(({ id }) => id !== inUse);
    const items = choices.map(({ id, label, description }) => ({ label, detail: description, id }));
    const hardware = await vscode.window.showQuickPick(items, { title: 'Compare with which hardware?' });
    return hardware && { hardware: hardware.id };
  }
  const other = await pickModel('Compare with which model?', undefined, false);
  if (other?.toString() === model.toString()) throw new Error('choose another model: this one is the one in the panel');
  return other && { model: other.toString() };
}

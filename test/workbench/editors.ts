/** What is done in VS Code's text editors. */
import type { Locator } from 'playwright-core';
import type { Session } from './driver';
import { vscode } from './selectors';

/** The line of the visible text editor that holds the key. */
export function line(vs: Session, key: string): Locator {
  return vs.page.locator(vscode.codeLine, { hasText: `"${key}"` }).first();
}

/** Writes another value into the file, in its editor; the key's line must end in a comma. */
export async function replaceValue(vs: Session, key: string, value: string): Promise<void> {
  await line(vs, key).click();
  for (const keys of ['End', 'ArrowLeft', 'ControlOrMeta+Shift+ArrowLeft']) await vs.page.keyboard.press(keys);
  await vs.page.keyboard.type(value);
  await line(vs, key)
    .filter({ hasText: ` ${value},` })
    .waitFor();
}

export async function save(vs: Session): Promise<void> {
  await vs.page.keyboard.press('ControlOrMeta+s');
  await vs.page.locator(vscode.unsavedTab).waitFor({ state: 'detached' });
}

import path from 'node:path';
import * as vscode from 'vscode';
import { PICTURE_ENDINGS } from '../image/pictureNames';
import { imagePattern, isImage } from './pickers';

/** More pictures than this are no series to look at. */
const MOST = 2000;

/** Lets the user choose several pictures: a folder's or single ones. Undefined when cancelled. */
export async function pickImages(title: string, beside: vscode.Uri): Promise<readonly vscode.Uri[] | undefined> {
  const found = await vscode.workspace.findFiles(imagePattern, '**/{node_modules,.git}/**', MOST);
  const folders = new Map<string, vscode.Uri[]>();
  for (const uri of found.sort(byPath)) {
    const folder = path.posix.dirname(uri.path);
    folders.set(folder, [...(folders.get(folder) ?? []), uri]);
  }
  const here = path.posix.dirname(beside.path);
  const items = [...folders]
    .filter(([, images]) => images.length > 1)
    .sort(([a], [b]) => Number(b === here) - Number(a === here) || a.localeCompare(b))
    .map(([folder, images]) => ({
      label: `$(folder) ${path.posix.basename(folder)}`,
      description: `${images.length} images · ${vscode.workspace.asRelativePath(folder)}`,
      choose: async () => images as readonly vscode.Uri[] | undefined,
    }));
  const browse = [
    { label: '$(folder-opened) Browse for a folder…', description: '', choose: () => browseFolder(title) },
    { label: '$(files) Browse for several images…', description: '', choose: () => browseFiles(title) },
  ];
  const choice = await vscode.window.showQuickPick([...items, ...browse], { title, matchOnDescription: true });
  return choice?.choose();
}

async function browseFolder(title: string): Promise<readonly vscode.Uri[] | undefined> {
  const [folder] = (await vscode.window.showOpenDialog({ title, canSelectFolders: true, canSelectFiles: false })) ?? [];
  if (!folder) return undefined;
  const entries = await vscode.workspace.fs.readDirectory(folder);
  const images = entries
    .map(([name]) => vscode.Uri.joinPath(folder, name))
    .filter(isImage)
    .sort(byPath);
  if (images.length === 0)
    throw new Error(`there is no image in ${path.posix.basename(folder.path)}: choose a folder of images`);
  return images.slice(0, MOST);
}

function browseFiles(title: string): Thenable<readonly vscode.Uri[] | undefined> {
  return vscode.window.showOpenDialog({ title, canSelectMany: true, filters: { Images: [...PICTURE_ENDINGS] } });
}

/** `frame 2` before `frame 10`. */
function byPath(a: vscode.Uri, b: vscode.Uri): number {
  return a.path.localeCompare(b.path, 'en', { numeric: true });
}

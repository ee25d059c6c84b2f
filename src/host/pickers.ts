import path from 'node:path';
import * as vscode from 'vscode';
import { isPictureName, PICTURE_ENDINGS } from '../image/pictureNames';
import { literalGlob } from './glob';

const MODEL = /\.onnx$/i;
/** Images in small letters and in capitals. */
export const imagePattern = `**/*.{${PICTURE_ENDINGS.flatMap((one) => [one, one.toUpperCase()]).join(',')}}`;
/** Longest list that is offered without a file dialog. */
const LISTED = 200;

export const isImage = (uri: vscode.Uri): boolean => isPictureName(uri.path);
export const isModel = (uri: vscode.Uri): boolean => MODEL.test(uri.path);

/** The image in the active tab, when there is one. */
export function activeImage(): vscode.Uri | undefined {
  const uri = activeFile();
  return uri && isImage(uri) ? uri : undefined;
}

function activeModel(): vscode.Uri | undefined {
  const uri = activeFile();
  return uri && isModel(uri) ? uri : undefined;
}

function activeFile(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText ? input.uri : undefined;
}

/**
 * Lets the user choose a model of the workspace. Where it is `evident` (the active editor's, or the only one there is)
 * nothing is asked. Undefined when cancelled.
 */
export async function pickModel(title: string, last?: vscode.Uri, evident = true): Promise<vscode.Uri | undefined> {
  const active = activeModel();
  if (evident && active) return active;
  return pickFile(title, '**/*.{onnx,ONNX,Onnx}', { Models: ['onnx'] }, last, evident);
}

/** Lets the user choose an image of the workspace, the last one first. Undefined when cancelled. */
export function pickImage(title: string, last?: vscode.Uri): Promise<vscode.Uri | undefined> {
  return pickFile(title, imagePattern, { Images: [...PICTURE_ENDINGS] }, last, false);
}

/** Lets the user choose a file that says where the object of an image is: its mask, or boxes. Undefined when cancelled. */
export function pickTruth(image: vscode.Uri, last: vscode.Uri | undefined): Promise<vscode.Uri | undefined> {
  const endings = ['png', 'xml', 'txt', 'json'];
  const name = literalGlob(path.posix.parse(image.path).name);
  const pattern = `**/*{${name},mask,annotations,instances}*.{${endings.join(',')}}`;
  return pickFile(
    'Where is the object? A mask, or boxes (VOC, YOLO, COCO)',
    pattern,
    { 'Masks and boxes': endings },
    last,
    false,
  );
}

async function pickFile(
  title: string,
  pattern: string,
  filters: Record<string, string[]>,
  last: vscode.Uri | undefined,
  takeSingle: boolean,
): Promise<vscode.Uri | undefined> {
  const found = await vscode.workspace.findFiles(pattern, '**/{node_modules,.git}/**', LISTED);
  if (takeSingle && found.length === 1) return found[0];
  const files = found.sort((a, b) => a.path.localeCompare(b.path));
  const first = files.findIndex((uri) => uri.toString() === last?.toString());
  if (first > 0) files.unshift(...files.splice(first, 1));
  const browse = { label: '$(folder-opened) Browse…', uri: undefined };
  const items = files.map((uri) => ({
    label: path.posix.basename(uri.path),
    description: path.posix.dirname(vscode.workspace.asRelativePath(uri)).replace(/^\.$/, ''),
    uri,
  }));
  const choice = await vscode.window.showQuickPick([...items, browse], { title, matchOnDescription: true });
  if (!choice) return undefined;
  if (choice.uri) return choice.uri;
  return (await vscode.window.showOpenDialog({ title, filters }))?.[0];
}

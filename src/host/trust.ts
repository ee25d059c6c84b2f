import * as vscode from 'vscode';

/** Why a model cannot be run here, in one sentence; '' when it can. The graph and its prediction always work. */
export function runBlocked(model: vscode.Uri): string {
  if (!vscode.workspace.isTrusted) {
    return 'Running a model is off in an untrusted workspace: trust it (Workspaces: Manage Workspace Trust) to use Grad-CAM.';
  }
  if (model.scheme !== 'file') {
    return 'Running a model needs its file on disk: this one lives in a virtual workspace.';
  }
  return '';
}

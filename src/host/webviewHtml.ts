import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

/** What a panel runs, under dist/webview. */
interface Page {
  readonly script: string;
  readonly styles: readonly string[];
  readonly worker?: string;
  readonly title: string;
}

/** The page of a panel: a root element, one script, and a policy that allows nothing else. */
export function webviewHtml(webview: vscode.Webview, extensionUri: vscode.Uri, page: Page): string {
  const nonce = randomBytes(16).toString('base64');
  const uri = (name: string): string =>
    webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', 'webview', name)).toString();
  const source = webview.cspSource;
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${source} 'nonce-${nonce}'`,
    `img-src ${source} data: blob:`,
    `font-src ${source}`,
    `connect-src ${source}`,
    'worker-src blob:',
  ].join('; ');
  const worker = page.worker ? ` data-worker="${uri(page.worker)}"` : '';
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
${page.styles.map((name) => `<link rel="stylesheet" href="${uri(name)}" nonce="${nonce}">`).join('\n')}
<title>${escaped(page.title)}</title>
</head>
<body>
<div id="app" data-nonce="${nonce}"${worker}></div>
<script nonce="${nonce}" src="${uri(page.script)}"></script>
</body>
</html>`;
}

/** Text as HTML: a title holds a file's name, which is anybody's. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export function webviewOptions(extensionUri: vscode.Uri): vscode.WebviewOptions {
  return { enableScripts: true, localResourceRoots: [vscode.Uri.joinPath(extensionUri, 'dist', 'webview')] };
}

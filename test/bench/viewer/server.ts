/** Two sites on loopback: ours, built from the tree's own webview, and a peer's static files. Both are given the same models. */
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { build } from 'esbuild';
import { errorMessage } from '../../../src/protocol/rpc';
import { root } from '../../shared';
import { openModel } from './host';
import { pack } from './pack';
import type { HostTimes } from './times';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
};

export interface Site {
  readonly address: string;
  close(): void;
}

export interface OurSite extends Site {
  /** Of the model that was opened last. */
  readonly hostTimes: () => HostTimes | undefined;
}

export async function ourSite(): Promise<OurSite> {
  const directory = path.join(root, 'out/test/bench/page');
  await build({
    absWorkingDir: root,
    bundle: true,
    minify: true,
    target: 'es2022',
    platform: 'browser',
    format: 'iife',
    logLevel: 'warning',
    outdir: directory,
    entryPoints: {
      page: 'test/bench/viewer/page.ts',
      layoutWorker: 'webview/layout/worker.ts',
      styles: 'webview/styles.css',
    },
  });
  fs.writeFileSync(path.join(directory, 'index.html'), PAGE);
  let last: HostTimes | undefined;
  const site = await serve(directory, async (url) => {
    if (url.pathname !== '/open') return undefined;
    const { opening, times } = await openModel(url.searchParams.get('file') ?? '');
    last = times;
    return pack(opening);
  });
  return { ...site, hostTimes: () => last };
}

const PAGE = `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>EVO Profiler</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="styles.css">
<style>
html, body { height: 100%; margin: 0; }
body { color: #cccccc; --vscode-editor-background: #1f1f1f; --vscode-editor-foreground: #cccccc; --vscode-foreground: #cccccc; --vscode-focusBorder: #0078d4; --vscode-font-family: sans-serif; --vscode-font-size: 13px; }
</style>
<body class="vscode-dark">
<div id="app" data-worker="layoutWorker.js"></div>
<script src="page.js"></script>
</body>
</html>
`;

/** A folder as it lies there. */
export function staticSite(directory: string): Promise<Site> {
  return serve(path.resolve(directory), async () => undefined);
}

async function serve(directory: string, special: (url: URL) => Promise<Uint8Array | undefined>): Promise<Site> {
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const file = path.join(directory, path.normalize(url.pathname === '/' ? '/index.html' : url.pathname));
    special(url).then(
      (answer) => {
        if (!answer && !fs.existsSync(file)) response.writeHead(404).end();
        else {
          response.setHeader('content-type', TYPES[path.extname(file)] ?? 'application/octet-stream');
          response.end(answer ?? fs.readFileSync(file));
        }
      },
      (error: unknown) => response.writeHead(500).end(errorMessage(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    address: `http://127.0.0.1:${address.port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

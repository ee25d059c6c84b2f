/** The one handle that VS Code gives to a webview: messages to the host, and state that survives Reload Window. */
import { isRpcMessage, type Port } from '../src/protocol/rpc';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

export const vscode: VsCodeApi = acquireVsCodeApi();

export const hostPort: Port = {
  send: (message) => vscode.postMessage(message),
  receive(listener) {
    window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (isRpcMessage(data)) listener(data);
    });
  },
};

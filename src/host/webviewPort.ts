import type * as vscode from 'vscode';
import { isRpcMessage, type Port, type RpcMessage } from '../protocol/rpc';

/**
 * The RPC's way into a webview. Messages to a hidden webview are lost by VS Code, so they wait until it is visible
 * again; a webview that reloads says so by calling `ready`, and is told everything anew.
 */
export function webviewPort(panel: vscode.WebviewPanel): Port & vscode.Disposable {
  const waiting: RpcMessage[] = [];
  let listener: ((message: RpcMessage) => void) | undefined;
  const flush = (): void => {
    if (!panel.visible) return;
    for (const message of waiting.splice(0)) void panel.webview.postMessage(message);
  };
  const subscriptions = [
    panel.webview.onDidReceiveMessage((message: unknown) => {
      if (isRpcMessage(message)) listener?.(message);
    }),
    panel.onDidChangeViewState(flush),
  ];
  return {
    send(message) {
      waiting.push(message);
      flush();
    },
    receive(receiver) {
      listener = receiver;
    },
    dispose() {
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
}

export interface WorkbenchOptions {
  /** Installed extensions; an empty, temporary folder when left out. */
  extensionsDirectory?: string;
  /** User settings, over the quiet ones. */
  settings?: Record<string, unknown>;
  /** Environment variables for the server and so for the extension host. */
  env?: Record<string, string>;
}

export interface Workbench {
  base: string;
  pid: number;
  /** The server's log file. */
  log: string;
  /** The page's address with a folder open. */
  address(folder: string): string;
  stop(): Promise<void>;
}

export const carrier: { directory: string; vscode: string; server: string; node: string };
export const builtinExtensions: string;
export function startWorkbench(options?: WorkbenchOptions): Promise<Workbench>;
export function linkExtension(root: string, extensionsDirectory: string): string;
export function installVsix(vsix: string, extensionsDirectory: string): Promise<void>;
export function listExtensions(extensionsDirectory: string): Promise<string[]>;

import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';

type Names = readonly (string | null)[];

export const chromiumPath: string | undefined;
export function launchChromium(): Promise<Browser>;
export function explorerRow(page: Page, name: string): Locator;
export function chooseFromContextMenu(page: Page, row: Locator, entry: string): Promise<number>;
export function webviewNames(page: Page): Promise<Names>;
export function webviewNow(page: Page, selector: string, except?: Names): Promise<FrameLocator | undefined>;
export function webviewWith(page: Page, selector: string, except?: Names, timeout?: number): Promise<FrameLocator>;

export { sourceBrowser, type SourceBrowser } from '@walkeros/web-source-browser';
import type { SourceBrowser } from '@walkeros/web-source-browser';

/** The function that a tagged page pushes with. */
export type BrowserPush = SourceBrowser.BrowserPush;

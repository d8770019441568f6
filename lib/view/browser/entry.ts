import type { BrowserWindow, Dom } from './dom';
import { show } from './show';

declare const document: Dom;
declare const window: BrowserWindow;

show(document, window, JSON.parse(document.getElementById('view')!.textContent));

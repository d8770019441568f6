/**
 * What the script of the page uses of a browser. The DOM's own types would come with globals for every other room, whose code runs
 * elsewhere.
 */
export interface Dom {
  readonly body: Element;
  getElementById(id: string): Element | null;
  createElement(name: string): Element;
}

export interface Element {
  textContent: string;
  innerHTML: string;
  hidden: boolean;
  id: string;
  tabIndex: number;
  readonly style: Record<'left' | 'top' | 'width' | 'height', string>;
  readonly clientWidth: number;
  readonly offsetWidth: number;
  readonly offsetHeight: number;
  readonly classList: { toggle(name: string, on: boolean): void };
  setAttribute(name: string, value: string): void;
  append(...elements: Element[]): void;
  remove(): void;
  focus(options: { preventScroll: boolean }): void;
  contains(other: unknown): boolean;
  querySelector(selector: string): Element | null;
  getBoundingClientRect(): { readonly left: number; readonly top: number; readonly bottom: number };
  setPointerCapture(pointer: number): void;
  addEventListener(type: string, listener: (event: BrowserEvent) => void, options?: { passive: boolean }): void;
  scrollIntoView(options: { block: 'nearest' }): void;
}

/** Of the mouse, a finger, the wheel or a key. */
export interface BrowserEvent {
  readonly clientX: number;
  readonly clientY: number;
  readonly deltaX: number;
  readonly deltaY: number;
  readonly pointerId: number;
  readonly pointerType: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly key: string;
  readonly target: unknown;
  preventDefault(): void;
}

export interface BrowserWindow {
  requestAnimationFrame(draw: () => void): void;
  addEventListener(type: string, listener: () => void): void;
}

import { knownRun, viewOf } from './known-run';
import { createModel, type View, type ViewNotice } from '../../lib/view';
import type { BrowserEvent, Element } from '../../lib/view/browser/dom';
import { show } from '../../lib/view/browser/show';

type Listener = (event: BrowserEvent) => void;

/** As much of an element as the script uses. */
class FakeElement {
  readonly attributes: Record<string, string> = {};
  readonly style = { left: '', top: '', width: '', height: '' };
  readonly children: FakeElement[] = [];
  readonly listeners: Record<string, Listener> = {};
  readonly classes = new Set<string>();
  readonly classList = { toggle: (name: string, on: boolean) => on ? this.classes.add(name) : this.classes.delete(name) };
  readonly options: Record<string, unknown> = {};
  textContent = '';
  innerHTML = '';
  hidden = true;
  clientWidth = 1_000;
  offsetWidth = 200;
  offsetHeight = 40;
  captured: number | undefined;
  isRemoved = false;
  isFocused = false;

  constructor(public id: string, private readonly page: Page) {}

  setAttribute(name: string, value: string): void {
    this.attributes[name] = value;
  }
  append(child: FakeElement): void {
    this.children.push(child);
  }
  remove(): void {
    this.isRemoved = true;
  }
  focus(): void {
    this.isFocused = true;
    this.page.elements.plot.listeners.focusin({} as BrowserEvent);
  }
  contains(other: unknown): boolean {
    return other === this;
  }
  querySelector(selector: string): FakeElement {
    return this.page.elements[selector];
  }
  getBoundingClientRect(): object {
    return { left: 10, top: 100 };
  }
  setPointerCapture(pointer: number): void {
    this.captured = pointer;
  }
  addEventListener(type: string, listener: Listener, options?: object): void {
    this.listeners[type] = listener;
    this.options[type] = options;
  }
}

/** A page that shows a view, and who does something with it. */
class Page {
  readonly elements: Record<string, FakeElement> = {};
  readonly frames: (() => void)[] = [];
  readonly window = new FakeElement('window', this);
  private readonly made: FakeElement[] = [];
  readonly shown: ReturnType<typeof show>;

  constructor(view: View) {
    for (const id of ['plot', 'svg', 'about', 'steps', 'time', 'in', 'out', 'all', '.bar', '.hint']) {
      this.elements[id] = new FakeElement(id, this);
    }
    const dom = {
      body: this.elements.plot as unknown as Element,
      getElementById: (id: string) => this.elements[id] as unknown as Element,
      createElement: (name: string) => {
        const made = new FakeElement(name, this);
        this.made.push(made);
        return made as unknown as Element;
      },
    };
    const window = Object.assign(this.window, { requestAnimationFrame: (draw: () => void) => this.frames.push(draw) });
    this.shown = show(dom, window as never, view);
  }

  /** Answers whether the page has done something about it, in place of the browser. */
  happens(type: string, event: Partial<BrowserEvent> = {}, on = this.elements.plot): boolean {
    let isPrevented = false;
    const still = { clientX: 0, clientY: 0, deltaX: 0, deltaY: 0, pointerId: 1 };
    on.listeners[type]({ ...still, ...event, preventDefault: () => isPrevented = true } as BrowserEvent);
    this.frames.splice(0).forEach((draw) => draw());
    return isPrevented;
  }

  press(key: string, more: Partial<BrowserEvent> = {}): boolean {
    return this.happens('keydown', { key, ...more });
  }

  click(id: string): string[] {
    this.happens('click', {}, this.elements[id]);
    return this.ticks;
  }

  /** What the axis says, which tells what part is shown. */
  get ticks(): string[] {
    return [...this.elements.svg.innerHTML.matchAll(/class="tick" x="([\d.]+)" y="12"[^>]*>([^<]*)</g)].map(([, x, text]) => `${text} at ${x}`);
  }

  get marks(): FakeElement[] {
    return this.made.filter(({ id }) => id === 'mark');
  }

  get mark(): FakeElement {
    return this.marks.at(-1)!;
  }

  get tip(): FakeElement {
    return this.made[0];
  }

  get said(): string {
    return this.mark.attributes['aria-label'].split('. ')[0];
  }
}

let view: View;
let page: Page;
beforeAll(async () => view = viewOf(await knownRun()));
beforeEach(() => page = new Page(view));

test('the page comes to life: what needs the script is there, and the timeline is announced as one thing with a mark', () => {
  const { plot, svg, about, steps, time } = page.elements;

  expect(['.bar', '.hint', 'about'].map((id) => page.elements[id].hidden)).toEqual([false, false, false]);
  expect(about.textContent).toBe('Point at a mark, or press Tab and an arrow key, to read all about it.');
  expect(plot.attributes).toEqual({ 'role': 'application', 'aria-label': 'Timeline' });
  expect(svg.attributes).toEqual({ 'aria-hidden': 'true', 'width': '1000', 'height': '263', 'viewBox': '0 0 1000 263' });
  expect([steps, time].map(({ attributes }) => attributes['aria-pressed'])).toEqual(['false', 'true']);
  expect(plot.children).toEqual([page.tip, page.mark]);
  expect([page.tip.id, page.tip.hidden, page.mark.isFocused]).toEqual(['tip', true, false]);
  expect(page.mark.attributes).toMatchObject({ 'type': 'button', 'aria-label': expect.stringMatching(/^4 records done\. /) });
  expect([page.ticks, page.mark.style]).toMatchSnapshot();
});

test('a view without anything has a mark that says so', () => {
  page = new Page(createModel().view);

  expect(page.mark.attributes['aria-label']).toBe('Nothing happened');
  expect(page.mark.style).toEqual({ left: '0px', top: '0px', width: '0px', height: '0px' });
  expect(page.press('ArrowRight')).toBe(false);
  page.happens('focusin');
  expect(page.elements.about.textContent).toMatch(/^Point at a mark/);
});

test('buttons zoom in the middle, show all, and change the axis, which keeps the part that is shown', () => {
  expect({
    in: page.click('in'),
    deeper: [page.click('in'), page.click('in'), page.click('in')].at(-1),
    out: page.click('out'),
    steps: page.click('steps'),
    time: page.click('time'),
    all: page.click('all'),
    allSteps: page.click('steps'),
  }).toMatchSnapshot();
  expect(['steps', 'time'].map((id) => page.elements[id].attributes['aria-pressed'])).toEqual(['true', 'false']);
});

test('keys zoom where the mark is, show all, and enter a batch with its calls', () => {
  page.press('ArrowRight');
  const after = (key: string) => [page.press(key), page.said, page.mark.style.left, page.mark.style.width, ...page.ticks];
  const keys = ['+', '=', '-', '0', 'Enter', 'ArrowRight', 'Escape', '0'];

  expect(keys.map((key) => [key, ...after(key)].join(', '))).toMatchSnapshot();
});

test('keys with Ctrl, Alt or the command key are the browser\'s, and so are those that mean nothing', () => {
  const before = page.ticks;

  expect([{ ctrlKey: true }, { metaKey: true }, { altKey: true }].map((held) => page.press('+', held))).toEqual([false, false, false]);
  expect(page.press('x')).toBe(false);
  expect(page.ticks).toEqual(before);
  expect(page.press('+')).toBe(true);
});

test('the mark that a key leads to is a new element with the focus, and all about it is shown', () => {
  const [before] = page.marks;
  page.press('ArrowRight');

  expect([page.marks.length, before.isRemoved, page.mark.isRemoved, page.mark.isFocused]).toEqual([2, true, false, true]);
  expect(page.elements.about.textContent.split('\n').join('. ')).toBe(page.mark.attributes['aria-label']);
  expect(page.said).toBe('1 of 4 records done, 3 not');
});

test('a mark that is out of sight is brought to the middle', () => {
  ['End', '+', '+', '+', 'Home'].forEach((key) => page.press(key));
  expect([page.mark.style, page.ticks]).toMatchSnapshot();
  ['+', 'End'].forEach((key) => page.press(key));
  expect([page.mark.style, page.ticks]).toMatchSnapshot();
});

test('the wheel moves sideways, zooms with Ctrl where the pointer is, and otherwise moves the page', () => {
  const wheel = (event: Partial<BrowserEvent>) => [page.happens('wheel', event), ...page.ticks].join(', ');

  expect(page.elements.plot.options.wheel).toEqual({ passive: false });
  expect(wheel({ deltaY: 10 })).toMatch(/^false/);
  expect([
    wheel({ deltaY: -200, ctrlKey: true, clientX: 300 }), wheel({ deltaY: -200, metaKey: true, clientX: 300 }),
    wheel({ deltaX: 50, deltaY: 50 }), wheel({ deltaX: 50, deltaY: 51 }),
    wheel({ deltaY: 50, shiftKey: true }), wheel({ deltaX: -20, deltaY: 10, shiftKey: true }), wheel({ deltaX: -1e6 }), wheel({ deltaX: 1e6 }),
  ]).toMatchSnapshot();
  page.happens('dblclick', { clientX: 500 });
  expect(page.ticks).toMatchSnapshot();
});

describe('the pointer', () => {
  const { pointer, over } = {
    pointer: (type: string, clientX: number, pointerId = 1, clientY = 156) => page.happens(`pointer${type}`, { clientX, clientY, pointerId }),
    over: () => [page.tip.hidden, page.tip.textContent.split('\n')[0], page.tip.style.left, page.tip.style.top],
  };

  test('shows what the mark under it is, beside it and within the page', () => {
    pointer('move', 80);
    expect(over()).toEqual([false, '<img src=x> 0: done', '82px', '74px']);
    pointer('move', 990);
    expect(over()).toMatchSnapshot();
    page.tip.offsetHeight = 5_000;
    pointer('move', 80);
    expect(over().at(-1)).toBe('0px');
    page.tip.offsetHeight = Number(page.elements.svg.attributes.height) - 56 - 18;
    pointer('move', 80);
    expect(over().at(-1)).toBe('0px');
    page.tip.offsetHeight -= 1;
    pointer('move', 80);
    expect(over().at(-1)).toBe('74px');
    page.happens('pointermove', { clientX: 80, clientY: 156, target: page.tip });
    expect(page.tip.hidden).toBe(true);
    pointer('move', 80);
    pointer('leave', 80);
    expect(page.tip.hidden).toBe(true);
    pointer('move', 80, 1, 0);
    expect(page.tip.hidden).toBe(true);
  });

  test('chooses a mark by a click, also one that shakes by less than four pixels', () => {
    pointer('down', 400);
    pointer('move', 403);
    pointer('up', 403);
    expect([page.said, page.marks.length, page.elements.plot.captured]).toEqual(['<img src=x> 0: failed', 2, undefined]);
    pointer('down', 400, 1, 0);
    pointer('up', 400, 1, 0);
    pointer('up', 400);
    expect(page.marks).toHaveLength(2);
  });

  test('drags, and that is not a click', () => {
    page.press('+');
    const before = page.ticks;
    pointer('down', 400);
    pointer('move', 396);
    expect([page.elements.plot.captured, [...page.elements.plot.classes], page.tip.hidden]).toEqual([1, ['drag'], true]);
    pointer('move', 300);
    pointer('up', 300);
    expect([page.elements.plot.classes.size, page.marks.length]).toEqual([0, 1]);
    expect([before, page.ticks]).toMatchSnapshot();
    pointer('down', 300);
    pointer('cancel', 300);
    pointer('up', 300);
    expect(page.marks).toHaveLength(1);
  });

  test('zooms with two fingers', () => {
    pointer('down', 400, 1);
    pointer('down', 500, 2);
    pointer('move', 600, 2);
    const apart = page.ticks;
    pointer('move', 405, 2);
    expect([apart, page.ticks]).toMatchSnapshot();
    pointer('up', 405, 2);
    pointer('up', 400, 1);
    expect(page.marks).toHaveLength(1);
  });
});

test('it is drawn anew for another width, and for paper; several changes are one drawing', () => {
  const { plot, svg } = page.elements;
  plot.clientWidth = 100;
  page.window.listeners.resize({} as BrowserEvent);
  page.window.listeners.resize({} as BrowserEvent);
  expect([page.frames.length, svg.attributes.width]).toEqual([1, '1000']);
  page.frames.splice(0).forEach((draw) => draw());
  expect(svg.attributes.width).toBe('280');
  page.window.listeners.beforeprint({} as BrowserEvent);
  expect(svg.attributes.width).toBe('720');
  page.happens('afterprint', {}, page.window);
  expect(svg.attributes.width).toBe('280');
});

test('when more happens, all is shown where all was shown, and a part where a part was; the mark stays', () => {
  const model = createModel();
  const batch = (seconds: number, invocation: number) => [
    { type: 'invocationStarted', at: seconds * 1000, invocation, shardId: 's', records: 1, first: `${invocation}`, trigger: 'T' },
    { type: 'invocationEnded', at: seconds * 1000 + 500, invocation, shardId: 's', records: 1, outcome: { type: 'response' }, trigger: 'T' },
  ].forEach((notice) => model.add(notice as unknown as ViewNotice));
  page = new Page(model.view);
  expect(page.mark.attributes['aria-label']).toBe('Nothing happened');
  const update = () => {
    page.shown.update();
    page.frames.splice(0).forEach((draw) => draw());
    return page.ticks;
  };
  batch(1, 1);
  batch(2, 2);
  const all = update();
  page.press('End');
  page.press('+');
  batch(3, 3);
  const part = update();
  page.happens('focusin');

  expect([all, part, page.click('all')]).toMatchSnapshot();
  expect(page.elements.about.textContent).toContain('1 record done');
  expect(page.mark.style).toMatchSnapshot();
});

import type { BrowserEvent, BrowserWindow, Dom, Element } from './dom';
import { boxOf, followed, linesOf, markAt, moved, type Selection } from './selection';
import { draw } from '../draw';
import type { Box } from '../draw-batches';
import { type Frame, GUTTER, pixelsOf, RIGHT } from '../pixels';
import { type Rows, rowsOf } from '../rows';
import { type Axis, bestAxis, type AxisRange, timeAt, onAxis, wholeRange } from '../scale';
import type { View } from '../view';

/** A page that shows a view. */
export interface Shown {
  /** More has happened: the view has changed. */
  update(): void;
}

/** Brings a page to life: it can be moved, zoomed, pointed at, and gone through with the keyboard. */
export function show(dom: Dom, window: BrowserWindow, view: View): Shown {
  return new Timeline(dom, window, view);
}

const LEAST_WIDTH = 280;
/** The width of a sheet of paper, so that texts keep their size on it. */
const PAPER = 720;
/** How much of the width a batch takes that is entered. */
const ENTERED = 0.7;
/** Pixels: a shorter movement is a click. */
const DRAG = 4;

class Timeline implements Shown {
  private readonly plot: Element;
  private readonly svg: Element;
  private readonly about: Element;
  private readonly tip: Element;
  private mark: Element | undefined;
  private rows: Rows;
  private axis: Axis;
  private whole: AxisRange;
  private range: AxisRange;
  private width = LEAST_WIDTH;
  private selected: Selection | undefined;
  private isDue = false;

  constructor(private readonly dom: Dom, private readonly window: BrowserWindow, private readonly view: View) {
    this.plot = this.element('plot');
    this.svg = this.plot.querySelector('svg')!;
    this.about = this.element('about');
    this.tip = dom.createElement('div');
    this.rows = rowsOf(view);
    this.axis = bestAxis(view);
    this.range = this.whole = wholeRange(view, this.axis);
    this.selected = moved(this.rows, undefined, 'Home');
    this.tip.id = 'tip';
    this.tip.hidden = true;
    this.svg.setAttribute('aria-hidden', 'true');
    this.plot.setAttribute('role', 'application');
    this.plot.setAttribute('aria-label', 'Timeline');
    this.plot.append(this.tip);
    this.about.hidden = false;
    this.about.textContent = 'Point at a mark, or press Tab and an arrow key, to read all about it.';
    for (const [id, act] of Object.entries(this.buttons())) {
      this.element(id).addEventListener('click', act);
    }
    this.listen();
    this.dom.body.querySelector('.bar')!.hidden = false;
    this.dom.body.querySelector('.hint')!.hidden = false;
    this.draw();
  }

  update(): void {
    const { range, whole, rows } = this;
    this.rows = rowsOf(this.view);
    this.selected = (this.selected && followed(rows, this.rows, this.selected)) ?? moved(this.rows, undefined, 'Home');
    this.whole = wholeRange(this.view, this.axis);
    this.range = range === whole ? this.whole : range;
    this.later();
  }

  private buttons(): Record<string, () => void> {
    return {
      steps: () => this.change('steps'),
      time: () => this.change('time'),
      in: () => this.zoom(0.5, this.middle()),
      out: () => this.zoom(2, this.middle()),
      all: () => this.go(this.whole),
    };
  }

  private listen(): void {
    const { plot } = this;
    plot.addEventListener('keydown', (event) => this.key(event));
    plot.addEventListener('focusin', () => this.tell());
    plot.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
    plot.addEventListener('dblclick', (event) => this.zoom(0.5, this.point(event).x));
    plot.addEventListener('pointerleave', () => this.tip.hidden = true);
    this.listenToPointers();
    this.window.addEventListener('resize', () => this.later());
    this.window.addEventListener('beforeprint', () => this.draw(PAPER));
    this.window.addEventListener('afterprint', () => this.later());
  }

  private listenToPointers(): void {
    const down = new Map<number, { x: number; y: number }>();
    let isDragged = false;
    this.plot.addEventListener('pointerdown', (event) => {
      isDragged = down.size > 0;
      down.set(event.pointerId, this.point(event));
    });
    this.plot.addEventListener('pointermove', (event) => {
      const now = this.point(event);
      const before = down.get(event.pointerId);
      if (!before) {
        this.hover(now, event);
        return;
      }
      if (!isDragged && Math.abs(now.x - before.x) < DRAG) {
        return;
      }
      if (!isDragged) {
        isDragged = true;
        this.plot.setPointerCapture(event.pointerId);
        this.plot.classList.toggle('drag', true);
      }
      const other = [...down].find(([pointer]) => pointer !== event.pointerId)?.[1];
      if (other) {
        this.zoom(Math.max(20, Math.abs(before.x - other.x)) / Math.max(20, Math.abs(now.x - other.x)), (now.x + other.x) / 2);
      } else {
        this.pan(before.x - now.x);
      }
      down.set(event.pointerId, now);
    });
    const up = (event: BrowserEvent) => {
      if (down.delete(event.pointerId) && !isDragged) {
        this.select(this.markAt(this.point(event)));
      }
      this.plot.classList.toggle('drag', false);
    };
    this.plot.addEventListener('pointerup', up);
    this.plot.addEventListener('pointercancel', (event) => down.delete(event.pointerId));
  }

  private key(event: BrowserEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const x = this.box()?.x ?? this.middle();
    const acts: Record<string, (() => void) | undefined> = {
      '+': () => this.zoom(0.5, x), '=': () => this.zoom(0.5, x), '-': () => this.zoom(2, x), '0': () => this.go(this.whole), 'Enter': () => this.enter(),
    };
    const act = acts[event.key] ?? (() => {
      const next = moved(this.rows, this.selected, event.key);
      return next && (() => this.select(next));
    })();
    if (act) {
      event.preventDefault();
      act();
    }
  }

  /** Zooms in on a batch. If its calls are known, the keys go through them. */
  private enter(): void {
    const { selected } = this;
    const mark = selected && this.rows.rows[selected.row].marks[selected.index];
    if (mark?.kind !== 'batch') {
      return;
    }
    const positions = this.view[this.axis === 'time' ? 'times' : 'places'];
    const [from, to] = [positions[mark.from], positions[mark.to]];
    const room = Math.max((to - from) / ENTERED, this.least());
    this.go({ from: (from + to - room) / 2, to: (from + to + room) / 2 });
    if (mark.batch.calls && this.rows.rows[selected!.row].kind === 'shard') {
      this.select({ ...selected!, call: 0 });
    }
  }

  private wheel(event: BrowserEvent): void {
    const isZoom = event.ctrlKey || event.metaKey;
    const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    if (isZoom) {
      this.zoom(2 ** (event.deltaY / 200), this.point(event).x);
    } else if (Math.abs(sideways) >= Math.abs(event.deltaY)) {
      this.pan(sideways);
    } else {
      return;
    }
    event.preventDefault();
  }

  private change(axis: Axis): void {
    const { view, range, axis: before } = this;
    const isWhole = range === this.whole;
    this.axis = axis;
    this.whole = wholeRange(view, axis);
    const on = (place: number) => onAxis(view, axis, timeAt(view, before, place));
    this.go(isWhole ? this.whole : { from: on(range.from), to: Math.max(on(range.to), on(range.from) + this.least()) });
  }

  private zoom(factor: number, x: number): void {
    const { from, to } = this.range;
    const at = from + (x - GUTTER) / this.plotWidth() * (to - from);
    const size = Math.max(this.least(), (to - from) * factor);
    const share = size / (to - from);
    this.go({ from: at - (at - from) * share, to: at + (to - at) * share });
  }

  private pan(pixels: number): void {
    const { from, to } = this.range;
    const by = pixels / this.plotWidth() * (to - from);
    this.go({ from: from + by, to: to + by });
  }

  /** Shows a part, or all if the part is larger. */
  private go({ from, to }: AxisRange): void {
    const { whole } = this;
    const size = to - from;
    if (size >= whole.to - whole.from) {
      this.range = whole;
    } else {
      const start = Math.min(Math.max(from, whole.from), whole.to - size);
      this.range = { from: start, to: start + size };
    }
    this.later();
  }

  private select(selection: Selection | undefined): void {
    if (!selection) {
      return;
    }
    this.selected = selection;
    const box = this.box()!;
    const margin = 30;
    if (box.x + box.width < GUTTER + margin || box.x > this.width - margin) {
      this.pan(box.x + box.width / 2 - this.width / 2);
    }
    const old = this.mark;
    // A new element: a screen reader tells what gets the focus, not what changes.
    this.mark = this.newMark();
    this.mark.focus({ preventScroll: true });
    old?.remove();
    this.later();
  }

  private newMark(): Element {
    const mark = this.dom.createElement('button');
    mark.id = 'mark';
    mark.setAttribute('type', 'button');
    mark.setAttribute('aria-label', this.selected ? linesOf(this.view, this.rows, this.selected).join('. ') : 'Nothing happened');
    this.plot.append(mark);
    this.place(mark);
    return mark;
  }

  private place(mark: Element): void {
    const box = this.box() ?? { x: 0, y: 0, width: 0, height: 0 };
    const left = Math.min(Math.max(box.x, 0), this.width);
    Object.assign(mark.style, {
      left: `${left}px`, top: `${box.y}px`, width: `${Math.max(0, Math.min(box.x + box.width, this.width) - left)}px`, height: `${box.height}px`,
    });
  }

  private tell(): void {
    if (this.selected) {
      this.about.textContent = linesOf(this.view, this.rows, this.selected).join('\n');
    }
  }

  private hover(point: { x: number; y: number }, { target }: BrowserEvent): void {
    const found = this.tip.contains(target) ? undefined : this.markAt(point);
    this.tip.hidden = !found;
    if (found) {
      this.tip.textContent = linesOf(this.view, this.rows, found).join('\n');
      const [width, height] = [this.tip.offsetWidth, this.tip.offsetHeight];
      const below = point.y + 18 + height < this.rows.height;
      Object.assign(this.tip.style, {
        left: `${Math.max(0, Math.min(point.x + 12, this.width - width - 4))}px`, top: `${Math.max(0, below ? point.y + 18 : point.y - height - 10)}px`,
      });
    }
  }

  private later(): void {
    if (!this.isDue) {
      this.isDue = true;
      this.window.requestAnimationFrame(() => {
        this.isDue = false;
        this.draw();
      });
    }
  }

  private draw(room = this.plot.clientWidth): void {
    this.width = Math.max(LEAST_WIDTH, room);
    const { width, rows: { height } } = this;
    this.svg.setAttribute('width', `${width}`);
    this.svg.setAttribute('height', `${height}`);
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.svg.innerHTML = draw(this.view, this.rows, this.frame());
    for (const axis of ['steps', 'time'] as const) {
      this.element(axis).setAttribute('aria-pressed', `${axis === this.axis}`);
    }
    this.mark ??= this.newMark();
    this.place(this.mark);
  }

  private frame(): Frame {
    return { axis: this.axis, range: this.range, width: this.width };
  }

  private markAt(point: { x: number; y: number }): Selection | undefined {
    return markAt(this.view, this.rows, pixelsOf(this.view, this.frame()), point);
  }

  private box(): Box | undefined {
    return this.selected && boxOf(this.view, this.rows, pixelsOf(this.view, this.frame()), this.selected);
  }

  private point({ clientX, clientY }: BrowserEvent): { x: number; y: number } {
    const { left, top } = this.plot.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  private plotWidth(): number {
    return this.width - GUTTER - RIGHT;
  }

  private middle(): number {
    return (this.width + GUTTER) / 2;
  }

  /** The smallest part that can be shown. */
  private least(): number {
    return this.axis === 'time' ? 2 : 1;
  }

  private element(id: string): Element {
    return this.dom.getElementById(id)!;
  }
}

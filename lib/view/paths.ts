import type { BatchOutcome, EventKind } from './view';

/** The looks of shapes and texts. The style has each; later ones of this list are above earlier ones. */
const LOOKS = [
  'band', 'grid', 'limit', 'wait', 'running', 'done', 'partial', 'rest', 'throttled', 'failed', 'checkpoint', 'drip', 'split', 'lane', 'good', 'bad', 'cross',
  'age', 'parked', 'givenUp', 'refused', 'lost',
] as const;
type Look = typeof LOOKS[number] | BatchOutcome | EventKind;

/** Of elements. */
export type Classes = Look | 'tick' | 'label' | 'number' | 'heading';

/** Bars that are narrower than this, and touch, are drawn as one. */
const NARROW = 4;

interface Bar {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Collects shapes by their look. Each look is one element, whatever it holds. */
export class Paths {
  private readonly parts = new Map<Look, string[]>();
  /** Those of a look, and the last one of each row: by the place of its lower edge. */
  private readonly bars = new Map<Look, { readonly all: Bar[]; readonly last: Map<number, Bar> }>();

  /** Between these, in pixels: what is beyond would cover the numbers on the left, or be too far away for a browser. */
  constructor(private readonly left: number, private readonly right: number) {}

  add(look: Look, path: string): void {
    const parts = this.parts.get(look);
    if (parts) {
      parts.push(path);
    } else {
      this.parts.set(look, [path]);
    }
  }

  line(look: Look, x1: number, y1: number, x2: number, y2: number): void {
    const [from, to] = [Math.max(x1, this.left), Math.min(x2, this.right)];
    if (from <= to) {
      this.add(look, `M${round(from)} ${round(y1)}L${round(to)} ${round(y2)}`);
    }
  }

  rect(look: Look, x: number, y: number, width: number, height: number): void {
    const from = Math.max(x, this.left);
    const shown = Math.min(x + width, this.right) - from;
    if (shown > 0) {
      this.add(look, `M${round(from)} ${round(y)}h${round(shown)}v${round(height)}h${round(-shown)}z`);
    }
  }

  /** A rectangle that stands on the lower edge of its row. One that follows closely on another of its look and row becomes a part of it. */
  bar(look: Look, x: number, y: number, width: number, height: number): void {
    let bars = this.bars.get(look);
    if (!bars) {
      bars = { all: [], last: new Map() };
      this.bars.set(look, bars);
    }
    const bottom = Math.round((y + height) * 10);
    const last = bars.last.get(bottom);
    if (last && width < NARROW && last.width < 200 && x <= last.x + last.width + 0.5 && (last.width < NARROW || x > last.x)) {
      last.width = Math.max(last.width, x + width - last.x);
      last.height = Math.max(last.height, height);
      last.y = y + height - last.height;
      return;
    }
    const bar = { x, y, width, height };
    bars.last.set(bottom, bar);
    bars.all.push(bar);
  }

  svg(): string {
    for (const [look, { all }] of this.bars) {
      all.forEach(({ x, y, width, height }) => this.rect(look, x, y, width, height));
    }
    this.bars.clear();
    return LOOKS.map((look) => this.parts.has(look) ? `<path class="${look}" d="${this.parts.get(look)!.join('')}"/>` : '').join('');
  }
}

export function textAt(x: number, y: number, text: string, look: Classes, anchor: 'start' | 'middle' | 'end' = 'middle'): string {
  return `<text class="${look}" x="${round(x)}" y="${round(y)}"${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}>${escaped(text)}</text>`;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Text for HTML and SVG, also in an attribute. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
    // Not allowed in XML, and of no use in HTML.
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
}

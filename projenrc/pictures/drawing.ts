/** What a shape stands for. Each has a colour, and where it matters a mark, so that nobody must tell colours apart. */
export type Kind = 'plain' | 'done' | 'failed' | 'waiting';

/** Where a text stands, from its first to its last letter. The width is estimated, on the wide side. */
export interface TextBox {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface TextStyle {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly look?: 'title' | 'body' | 'muted';
}

type Point = readonly [x: number, y: number];

const SIZE = { title: 16, body: 14, muted: 14 };
/** Of a letter, in parts of the font's size. */
const LETTER = { title: 0.58, body: 0.53, muted: 0.53 };

/** The side of a record. */
export const RECORD = 40;
/** All pictures are as wide as this, so that their texts have one size on a page, and can be read on a telephone. */
export const WIDTH = 500;

/** A picture of boxes, records, arrows and texts, as SVG for pages that are light or dark. */
export class Drawing {
  readonly texts: TextBox[] = [];
  private readonly parts: string[] = [];

  constructor(readonly height: number, private readonly title: string) {}

  text(x: number, y: number, text: string, { anchor = 'start', look = 'body' }: TextStyle = {}): this {
    const width = text.length * SIZE[look] * LETTER[look];
    const left = x - { start: 0, middle: width / 2, end: width }[anchor];
    this.texts.push({ text, left, right: left + width, top: y - SIZE[look] * 0.8, bottom: y + SIZE[look] * 0.25 });
    this.parts.push(`<text class="${look}" x="${x}" y="${y}" text-anchor="${anchor}">${text.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</text>`);
    return this;
  }

  /** A box with a title, and a line below it. */
  box([x, y]: Point, [width, height]: Point, title: string, below?: string, kind: Kind = 'plain'): this {
    this.frame([x, y], [width, height], kind);
    const middle = x + width / 2;
    this.text(middle, y + (below === undefined ? height / 2 + 5 : 25), title, { anchor: 'middle', look: 'title' });
    return below === undefined ? this : this.text(middle, y + 46, below, { anchor: 'middle', look: 'muted' });
  }

  frame([x, y]: Point, [width, height]: Point, kind: Kind | 'group' = 'plain'): this {
    this.parts.push(`<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="8"/>`);
    return this;
  }

  /** A record, with what it is called, and its mark: a tick if it is done, a cross if it failed. */
  record(x: number, y: number, name: string, kind: Kind = 'plain', side = RECORD): this {
    this.parts.push(`<rect class="${kind}" x="${x}" y="${y}" width="${side}" height="${side}" rx="${side / 6}"/>`);
    const middle = x + side / 2;
    if (name !== '') {
      this.text(middle, y + (kind === 'done' || kind === 'failed' ? 18 : side / 2 + 5), name, { anchor: 'middle' });
    }
    const low = y + (name === '' ? side / 2 : side - 10);
    const mark = { plain: '', waiting: '', done: `M${middle - 5} ${low}l4 4 7-8`, failed: `M${middle - 4} ${low - 4}l8 8m0-8l-8 8` }[kind];
    this.parts.push(mark && `<path class="mark ${kind}" d="${mark}"/>`);
    return this;
  }

  arrow(points: readonly Point[]): this {
    this.parts.push(`<path class="arrow" d="M${points.map(([x, y]) => `${x} ${y}`).join('L')}" marker-end="url(#head)"/>`);
    return this;
  }

  /** A bracket below records, with what they have in common. */
  bracket(left: number, right: number, y: number, text: string): this {
    this.parts.push(`<path class="line" d="M${left} ${y}v8H${right}v-8"/>`);
    return this.text((left + right) / 2, y + 26, text, { anchor: 'middle' });
  }

  /** A line across the picture, between two parts of it. */
  rule(y: number): this {
    this.parts.push(`<path class="line" d="M24 ${y}H${WIDTH - 24}"/>`);
    return this;
  }

  svg(): string {
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${this.height}" width="${WIDTH}" height="${this.height}" role="img" aria-labelledby="title">`,
      `<title id="title">${this.title}</title>`,
      STYLE,
      '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>',
      `<rect class="page" x="0.5" y="0.5" width="${WIDTH - 1}" height="${this.height - 1}" rx="10"/>`,
      ...this.parts.filter((part) => part !== ''),
      '</svg>',
      '',
    ].join('\n');
  }
}

/** Blue, green and vermilion stay apart for the colour-blind. A picture has a ground of its own, because a page may be dark where its reader's system is light. */
const STYLE = `<style>
  text { fill: #1c2733; font: 14px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif }
  .title { font-size: 16px; font-weight: 600 } .muted { fill: #515c68 }
  .page { fill: #fff; stroke: #d5dce4 } .group { fill: #f3f6f9; stroke: #c3ccd6 }
  .plain { fill: #e8f1fa; stroke: #0072b2 } .done { fill: #e0f3ec; stroke: #00785a } .failed { fill: #fdebdd; stroke: #bf4a00 }
  .waiting { fill: none; stroke: #515c68; stroke-dasharray: 4 3 }
  rect { stroke-width: 1.5 } .mark { fill: none; stroke-width: 2.4; stroke-linecap: round; stroke-linejoin: round }
  .arrow { fill: none; stroke: #40566d; stroke-width: 2; stroke-linejoin: round } marker path { fill: #40566d } .line { fill: none; stroke: #8593a1; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .muted { fill: #a3b0bd } .page { fill: #0d1117; stroke: #2d3742 } .group { fill: #161d26; stroke: #3b4754 }
    .plain { fill: #10263a; stroke: #56b4e9 } .done { fill: #0d2b23; stroke: #35c79d } .failed { fill: #3a2011; stroke: #f58b45 }
    .waiting { fill: none; stroke: #a3b0bd } .mark { fill: none }
    .arrow { stroke: #b3c5d8 } marker path { fill: #b3c5d8 } .line { stroke: #66747f }
  }
</style>`;

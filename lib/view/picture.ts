import { draw } from './draw';
import { escaped, textAt } from './paths';
import { rowsOf } from './rows';
import { type Axis, bestAxis, wholeRange } from './scale';
import { SHAPES } from './style';
import type { View } from './view';
import { story, summary } from './words';

export interface PictureOptions {
  /** The heading. */
  readonly title: string;
  /** What the picture shows, for those who can't see it. */
  readonly description?: string;
  readonly axis?: Axis;
  /** In pixels. */
  readonly width?: number;
}

/** A view as one SVG that stands alone: light or dark, without a script. */
export function picture(view: View, { title, description = [...summary(view), ...story(view, 10).lines].join('. '), axis = bestAxis(view), width = 760 }: PictureOptions): string {
  const rows = rowsOf(view);
  const [head, margin] = [42, 14];
  const [outer, inner] = [rows.height + head + margin, width - 2 * margin];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${outer}" width="${width}" height="${outer}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="description">${escaped(description)}</desc>`,
    `<style>${SHAPES}</style>`,
    `<rect class="page" x="0.5" y="0.5" width="${width - 1}" height="${outer - 1}" rx="10"/>`,
    textAt(margin + 4, 28, title, 'heading', 'start'),
    `<g transform="translate(${margin} ${head})">${draw(view, rows, { axis, range: wholeRange(view, axis), width: inner })}</g>`,
    '</svg>',
    '',
  ].join('\n');
}

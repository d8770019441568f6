import { draw } from './draw';
import { SCRIPT, SCRIPT_HASH, STYLE_HASH } from './page-script';
import { escaped } from './paths';
import { rowsOf } from './rows';
import { bestAxis, wholeRange } from './scale';
import { STYLE } from './style';
import type { View } from './view';
import { story, summary } from './words';

/** How many lines of words the page has. */
const MOST_LINES = 60;
/** The width of the drawing that is there before the script, or without it. */
const WIDTH = 960;

/**
 * A view as one HTML page that needs nothing else and asks no network: its policy allows its own script and style, and nothing more.
 * Without the script, it shows all of it at once, in a picture and in words.
 */
export function page(view: View, title: string): string {
  const rows = rowsOf(view);
  const axis = bestAxis(view);
  const { lines, omitted } = story(view, MOST_LINES);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src '${SCRIPT_HASH}'; style-src '${STYLE_HASH}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<ul class="sums">${summary(view).map((text) => `<li${text.endsWith(' lost') ? ' class="bad-news"' : ''}>${escaped(text)}</li>`).join('')}</ul>
<div class="bar" hidden>
<button type="button" id="steps" aria-pressed="false">Steps</button>
<button type="button" id="time" aria-pressed="false">Time</button>
<button type="button" id="in" aria-label="Zoom in">+</button>
<button type="button" id="out" aria-label="Zoom out">−</button>
<button type="button" id="all">All</button>
</div>
<div id="plot"><svg width="${WIDTH}" height="${rows.height}" viewBox="0 0 ${WIDTH} ${rows.height}" role="img" aria-label="The timeline. The text below has the same in words.">${draw(view, rows, { axis, range: wholeRange(view, axis), width: WIDTH })}</svg></div>
<p class="legend">${LEGEND}</p>
<p class="hint" hidden>Drag to move, Ctrl and the wheel or two fingers to zoom. With the keyboard: Tab to the timeline, arrows from mark to mark, Enter into a batch and Escape out of it, + and − to zoom, 0 for all.</p>
<div id="about" hidden></div>
<h2>What did not go well</h2>
${lines.length === 0 ? '<p>Nothing: every batch was done at the first try.</p>' : `<ol>${lines.map((line) => `<li>${escaped(line)}</li>`).join('\n')}</ol>`}
${omitted === 0 ? '' : `<p>and ${omitted.toLocaleString('en')} more, which the timeline shows.</p>`}
</main>
<script type="application/json" id="view">${JSON.stringify(view).replace(/</g, '\\u003c')}</script>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

const sign = (content: string, text: string) => `<span><svg viewBox="0 0 14 14" aria-hidden="true">${content}</svg>${text}</span>`;
const LEGEND = [
  sign('<path class="done" d="M1 1h12v12h-12z"/>', 'done'),
  sign('<path class="done" d="M1 1h12v12h-12z"/><path class="rest" d="M7 1h6v12h-6z"/>', 'a part done'),
  sign('<path class="failed" d="M1 1h12v12h-12z"/><path class="cross" d="M4 4l6 6m0-6l-6 6"/>', 'failed'),
  sign('<path class="throttled" d="M1 1h12v12h-12z"/>', 'throttled'),
  sign('<path class="wait" d="M0 7h14"/>', 'waits for a retry'),
  sign('<path class="split" d="M2 7h4l5-5m-5 5l5 5"/>', 'halved'),
  sign('<path class="checkpoint" d="M7 3l6 9h-12z"/>', 'checkpoint moved'),
  sign('<path class="limit" d="M7 0v14"/>', 'timeout, expiry'),
].join(' ');

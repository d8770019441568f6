import { strict as assert } from 'node:assert';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { Browser, CHROMIUM } from './chromium';
import { page, type View } from '../../../lib/view';
import { INCIDENTS } from '../incidents';
import { knownRun, viewOf } from '../known-run';
import { manyInvocations } from '../many-invocations';

/**
 * npm run view:browser -- [folder]
 *
 * Looks at reports in a headless Chromium: that every mark can be reached with the keyboard, that the pointer tells the same, and how long a
 * frame of 10,000 invocations takes. Leaves pages and screenshots, light and dark, for telephone and desktop, in the folder.
 */
const folder = resolve(process.argv[2] ?? 'reports');
/** In milliseconds. */
const LONGEST_FRAME = 50;

async function main(): Promise<void> {
  if (CHROMIUM === undefined) {
    console.log('Skipped: Chromium is not installed.');
    return;
  }
  mkdirSync(folder, { recursive: true });
  const views: Record<string, View> = { known: viewOf(await knownRun()), many: manyInvocations(10_000) };
  for (const [name, { run }] of Object.entries(INCIDENTS)) {
    views[name.replace('.svg', '')] = viewOf(await run());
  }
  const browser = new Browser(CHROMIUM);
  try {
    await browser.open();
    for (const [name, view] of Object.entries(views)) {
      await look(browser, name, view);
    }
    await keyboard(browser, views.known);
    await pointer(browser);
    for (let times = 0; times < 3; times++) {
      await frames(browser);
    }
  } finally {
    await browser.close();
  }
}

/** Screenshots, and what they must not have: something wider than the page, or an error. */
async function look(browser: Browser, name: string, view: View): Promise<void> {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, page(view, name));
  for (const width of [390, 1280]) {
    for (const scheme of ['light', 'dark'] as const) {
      await browser.show(file, width, scheme);
      assert.ok(await browser.value('document.documentElement.scrollWidth') <= width, `${name} is wider than ${width} px`);
      assert.equal(await browser.value('document.querySelector(".bar").hidden'), false, `the script of ${name} does not run`);
      writeFileSync(join(folder, `${name}-${width}-${scheme}.png`), await browser.screenshot());
    }
  }
  writeFileSync(join(folder, `${name}.pdf`), await browser.pdf());
  const printed = await browser.value(`(() => {
    window.dispatchEvent(new Event('beforeprint'));
    return document.querySelector('#plot svg').getAttribute('width');
  })()`);
  assert.equal(printed, '720', `${name} is not drawn for paper`);
}

async function keyboard(browser: Browser, view: View): Promise<void> {
  await browser.show(join(folder, 'known.html'), 1280, 'light');
  const label = async () => browser.value('document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent');
  for (let tabs = 0; await browser.value('document.activeElement.id') !== 'mark'; tabs++) {
    assert.ok(tabs < 10, 'Tab does not come to the timeline');
    await browser.press('Tab');
  }
  const seen = new Set<string>();
  const rows = 2 + new Set(view.batches.map(({ environment }) => environment)).size;
  for (let row = 0; row < rows; row++) {
    await browser.press('Home');
    for (let before = ''; before !== await label();) {
      before = await label();
      seen.add(`${row} ${before}`);
      assert.equal(await browser.value('document.getElementById("about").textContent.split("\\n").join(". ")'), before, 'the text is not that of the mark');
      await browser.press('ArrowRight');
    }
    await browser.press('ArrowDown');
  }
  // Each batch in its shard and in its environment, and each event.
  assert.equal(seen.size, view.batches.length * 2 + view.events.length, [...seen].join('\n'));

  await browser.press('ArrowUp');
  await browser.press('ArrowUp');
  await browser.press('ArrowUp');
  await browser.press('Home');
  await browser.press('Enter');
  const calls = [await label()];
  for (let at = 1; at < view.batches[0].calls!.length; at++) {
    await browser.press('ArrowRight');
    calls.push(await label());
  }
  assert.deepEqual(calls.map((text) => /call \d of \d/.exec(text)?.[0]), ['call 1 of 4', 'call 2 of 4', 'call 3 of 4', 'call 4 of 4']);
  writeFileSync(join(folder, 'known-entered.png'), await browser.screenshot());
  await browser.press('Escape');
  assert.match(await label(), /^4 records done/);
  console.log(`Keyboard: ${seen.size} marks and ${calls.length} calls reached`);
}

async function pointer(browser: Browser): Promise<void> {
  await browser.show(join(folder, 'known.html'), 1280, 'light');
  const { left, top } = await browser.value('(({ left, top }) => ({ left, top }))(document.getElementById("plot").getBoundingClientRect())');
  await browser.mouse('mouseMoved', left + 640, top + 56);
  const tip = await browser.value('document.getElementById("tip").textContent');
  assert.match(tip, /records|record/, 'hovering tells nothing');
  writeFileSync(join(folder, 'known-hover.png'), await browser.screenshot());
  await browser.mouse('mousePressed', left + 640, top + 56);
  await browser.mouse('mouseReleased', left + 640, top + 56);
  assert.equal(await browser.value('document.getElementById("about").textContent'), tip, 'a click tells something else');
}

/**
 * While it is moved and zoomed: how long a frame follows on another, which is 16.7 ms at least, and how long the page works for it, without
 * what the screen takes: the event, the drawing and the layout.
 */
async function frames(browser: Browser): Promise<void> {
  await browser.show(join(folder, 'many.html'), 1280, 'light');
  const measured: { apart: number; work: number }[] = await browser.value(`(async () => {
    const all = [];
    const plot = document.getElementById('plot');
    let last = await new Promise(requestAnimationFrame);
    for (let at = 0; at < 120; at++) {
      const event = { deltaX: at % 2 ? 40 : 0, deltaY: at % 2 ? 0 : at % 60 < 40 ? -60 : 120, ctrlKey: at % 2 === 0, clientX: 700, clientY: 200, cancelable: true };
      // Callbacks run in the order of their requests: the page's own is between these two.
      let began;
      requestAnimationFrame(() => began = performance.now());
      const start = performance.now();
      plot.dispatchEvent(new WheelEvent('wheel', event));
      let work = performance.now() - start;
      const frame = await new Promise((resolve) => requestAnimationFrame((now) => {
        plot.getBoundingClientRect();
        work += performance.now() - began;
        resolve(now);
      }));
      all.push({ apart: frame - last, work });
      last = frame;
    }
    return all;
  })()`);
  for (const [name, text] of [['work', 'The work of a frame'], ['apart', 'From frame to frame']] as const) {
    const times = measured.map((frame) => frame[name]).sort((one, other) => one - other);
    const [middle, p95, longest] = [0.5, 0.95, 1].map((share) => Number(times[Math.ceil(times.length * share) - 1].toFixed(1)));
    console.log(`${text}, with 10,000 invocations: ${middle} ms in the middle, ${p95} ms at 95 %, ${longest} ms at most`);
    // The machine may be busy: one frame says nothing.
    assert.ok(middle < LONGEST_FRAME, `${text} takes ${middle} ms`);
  }
  console.log(`The load of this machine, of ${cpus().length} processors, was ${loadavg()[0].toFixed(1)}`);
}

void main().catch((error) => {
  console.error(error);
  process.exit(1);
});

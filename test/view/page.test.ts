import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { knownRun, viewOf } from './known-run';
import { manyInvocations } from './many-invocations';
import { writeReport } from '../../lib/testing';
import { createModel, createRecording, page, picture, type View } from '../../lib/view';
import { draw } from '../../lib/view/draw';
import { rowsOf } from '../../lib/view/rows';
import { wholeRange } from '../../lib/view/scale';
import { STYLE } from '../../lib/view/style';

let run: Awaited<ReturnType<typeof knownRun>>;
let view: View;
beforeAll(async () => {
  run = await knownRun();
  view = viewOf(run);
});

/** What is read in a page: no tags, no script, no style. */
const textOf = (html: string) => html.replace(/<(script|style)[^>]*>[\s\S]*?<\/\1>/g, '').replace(/<[^>]*>/g, '\n')
  .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code)).split('\n').filter((line) => line.trim() !== '');

test('the page says in words what happened, too, for those who do not see the picture', () => {
  const lines = textOf(page(view, 'Poison'));

  expect(lines.slice(0, 8)).toEqual([
    'Poison', 'Poison', '3 invocations, of which 1 did a part', '1 record parked', '1 shard', '2 environments', 'iterator age 200 ms at most', 'in 300 ms',
  ]);
  expect(lines.slice(lines.indexOf('What did not go well') + 1)).toEqual([
    '+100 ms, shard …00000000: 1 record parked. record 100000000000000000000003: PoisonRecordError: </script><b onclick="x()">3 & \'bad\'</b>',
    '+200 ms, shard …00000000: 1 of 4 records done, 3 not. <img src=x> 0: Error: not yet',
  ]);
});

/** Without what is drawn, the view itself, the style and the script. */
const frameOf = (html: string) => html.replace(/(<svg width[^>]*>).*(<\/svg><\/div>)/, '$1$2').replace(/(<style>).*?(<\/style>)/s, '$1$2')
  .replace(/(<script[^>]*>).*?(<\/script>)/gs, '$1$2').replace(/sha256-[^']*/g, 'sha256-');

test('the page is this, around what is drawn', () => {
  expect(frameOf(page(view, 'Poison'))).toMatchSnapshot();
});

test('a page without failures says so, and one with very many says how many it does not list', () => {
  expect(textOf(page(createModel().view, 'Empty'))).toContain('Nothing: every batch was done at the first try.');
  const failures = { ...view, batches: Array.from({ length: 1_062 }, (_, n) => ({ ...view.batches[1], calls: [], error: `E${n}` })) };
  const lines = textOf(page(failures, 'Failures'));
  expect(lines.at(-1)).toBe('and 1,003 more, which the timeline shows.');
  expect(lines.slice(lines.indexOf('What did not go well'))).toHaveLength(1 + 60 + 1);
});

test('nothing of an item or an error is markup, and the policy allows the page\'s own script and style alone', () => {
  const html = page(view, '<title>');
  const [policy] = /default-src[^"]*/.exec(html)!;
  const hash = (element: string) => `'sha256-${createHash('sha256').update(new RegExp(`<${element}>([\\s\\S]*?)</${element}>`).exec(html)![1]).digest('base64')}'`;

  expect(html.match(/<script/g)).toHaveLength(2);
  expect(html).not.toMatch(/<(b|img)[ >]|onclick="|https?:/);
  expect(policy).toBe(`default-src 'none'; script-src ${hash('script')}; style-src ${hash('style')}; base-uri 'none'; form-action 'none'`);
  expect(html).not.toMatch(/ style=|\beval\(|new Function/);
  expect(JSON.parse(/<script type="application\/json"[^>]*>(.*?)<\/script>/.exec(html)![1])).toEqual(view);
});

test('paper is light, whatever the screen is', () => {
  expect(STYLE.match(/@media[^{]*prefers-color-scheme:dark/g)).toEqual(Array.from({ length: 2 }, () => '@media screen and (prefers-color-scheme:dark'));
});

test('a picture stands alone, is well-formed XML, and is described in words', () => {
  const svg = picture(view, { title: 'A & B', axis: 'steps' });

  expect(svg.replace(/(<style>).*?(<\/style>)/s, '$1$2').replace(/<g transform.*<\/g>/s, '')).toMatchSnapshot();
  expect(svg.match(/<(?!\/|path|rect)[a-z]+/g)!.length).toBe(svg.match(/<\/[a-z]+/g)!.length);
  expect(svg.replace(/<\/?[a-z]+( [a-zA-Z0-9-]+="[^"<&]*")*\/?>|<style>[^<]*<\/style>|&#\d+;/g, '')).not.toMatch(/[<&]/);
});

test('however much there is, what is drawn is little, and no failure is hidden', () => {
  const many = manyInvocations(10_000);
  const svg = draw(many, rowsOf(many), { axis: 'time', range: wholeRange(many, 'time'), width: 1200 });

  expect(many.batches).toHaveLength(10_000);
  expect(svg.match(/<path/g)!.length).toBeLessThan(25);
  expect(svg.length).toBeLessThan(200_000);
  const drips = /class="drip" d="([^"]*)"/.exec(svg)![1].match(/M/g)!.length;
  expect(drips).toBeGreaterThan(50);
});

test('an empty view can be drawn', () => {
  const { view: empty } = createModel();

  expect(page(empty, 'Empty')).not.toContain('NaN');
  expect(picture(empty, { title: 'Empty' })).not.toContain('NaN');
});

test('writeReport makes folders, names the page by its file, and refuses what is not a run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'report-'));
  try {
    const file = join(folder, 'a', 'outage.html');
    writeReport(run, file);
    expect(readFileSync(file, 'utf8')).toBe(page(view, 'outage'));
    expect(() => writeReport([run] as never, file)).toThrow(new TypeError('writeReport was given a list but takes a run, '
      + 'which simulateTrigger returns: writeReport(await simulateTrigger({ … }), \'report.html\'). simulateTriggers returns several: give one of them.'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('a recording', () => {
  const started = { type: 'invocationStarted', at: 1000, trigger: 'T', invocation: 1, functionName: 'F', shardId: 's', records: 2, first: '1', last: '2', iteratorAgeMs: 5 };
  const ended = { ...started, type: 'invocationEnded', at: 1200, environment: 1, outcome: { type: 'error', requestId: 'r', errorType: 'E', errorMessage: 'm' } };
  const read = (...lines: unknown[]) => {
    const recording = createRecording();
    lines.forEach((line) => recording.add(typeof line === 'string' ? line : JSON.stringify(line)));
    return recording;
  };

  test('is read line by line', () => {
    const { model, unknown, known } = read({ type: 'starting' }, { type: 'shards', at: 900, trigger: 'T', shards: 1, lineage: [{ shardId: 's' }] }, started, '', ended, { type: 'summary' });

    expect([unknown, known]).toEqual([0, 5]);
    expect(model.view.batches).toMatchObject([{ outcome: 'failed', error: 'E: m', records: 2, environment: 0, age: 5 }]);
    expect(model.view.environments).toEqual([{ name: 'F', number: 1 }]);
  });

  test.each([
    ['no JSON', 'Listening on port 80'],
    ['null', 'null'],
    ['a list', '[]'],
    ['another object', '{"level":"INFO"}'],
    ['a type that is on every object', { type: 'constructor', at: 1 }],
    ['a batch without a number', { ...started, records: '2' }],
    ['a batch with a shard of another type', { ...started, shardId: {} }],
    ['an end without an outcome', { ...ended, outcome: null }],
    ['a notice without a shard', { type: 'notice', at: 1, notice: { type: 'split', first: 1, second: 1 } }],
    ['a notice that is on every object', { type: 'notice', at: 1, notice: { type: 'toString', shardId: 's' } }],
    ['a message without its place', { type: 'delivered', at: 1, records: 1, accepted: true, message: { requestContext: {} } }],
    ['shards of another shape', { type: 'shards', at: 1, lineage: [null] }],
  ])('does not draw %s', (_, line) => {
    const { model, drawn } = read(line);

    expect(drawn).toBe(0);
    expect(model.view).toEqual(createModel().view);
  });
});

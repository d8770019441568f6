import { counted } from './counted';
import type { EventKind, Figures, View, ViewBatch, ViewCall, ViewEvent } from './view';
import { STREAM_RETENTION } from '../stream/shard';

/** A span of time: `250 ms`, `3.2 s`, `2 min 5 s`, `3 h 10 min`. */
export function spanText(milliseconds: number): string {
  const ms = Math.round(milliseconds);
  if (ms < 1000) {
    return `${ms} ms`;
  }
  if (ms < 60_000) {
    return `${Number((ms / 1000).toFixed(ms < 10_000 ? 2 : 1))} s`;
  }
  const seconds = Math.round(ms / 1000);
  return seconds < 3600 ? twoUnits(seconds, 60, 'min', 's') : twoUnits(Math.round(seconds / 60), 60, 'h', 'min');
}

function twoUnits(value: number, base: number, large: string, small: string): string {
  return `${Math.floor(value / base)} ${large}${value % base === 0 ? '' : ` ${value % base} ${small}`}`;
}

/** The end of a shard's id, which tells it from others. */
export function shardName({ shards }: View, index: number): string {
  const { trigger, shardId } = shards[index];
  const name = `shard ${shardId.length > 14 ? `…${shardId.slice(-8)}` : shardId.replace(/^shardId-/, '')}`;
  return shards.some((other) => other.trigger !== trigger) ? `${trigger}, ${name}` : name;
}

/** How long until the stream deletes records that are so old. */
export function untilExpiry(age: number): string {
  const left = STREAM_RETENTION * 1000 - age;
  return left > 0 ? `${(left / 3_600_000).toFixed(1)} h to expiry` : 'older than the stream keeps records';
}

/** Everything about a batch, line by line. The first line says how it went. */
export function aboutBatch(view: View, batch: ViewBatch): string[] {
  const { times, environments } = view;
  const { outcome, first, last, age, retry, split, checkpoint, environment, error, deadline, remarks = [] } = batch;
  const [start, end] = [times[batch.from], batch.to === undefined ? undefined : times[batch.to]];
  const line = (text: string | false | undefined) => text || [];
  const failedCalls = errorsOf(batch);
  return [
    headline(batch),
    line(error),
    ...failedCalls.slice(0, MOST_REMARKS),
    line(failedCalls.length > MOST_REMARKS && `and ${failedCalls.length - MOST_REMARKS} more`),
    `${sinceStart(view, start)} (${new Date(start).toISOString()})${end === undefined || outcome === 'throttled' ? '' : `, took ${spanText(end - start)}${deadline === undefined ? '' : ` of ${spanText(deadline - start)} at most`}`}`,
    [shardName(view, batch.shard), environment === undefined ? '' : `environment ${environments[environment].number}`].filter(Boolean).join(', '),
    line(first !== undefined && (last === undefined || last === first ? `record ${first}` : `records ${first} to ${last}`)),
    line(age !== undefined && `iterator age ${spanText(age)}, ${untilExpiry(age)}`),
    line(split && `Halved: ${split[0]} and ${split[1]}`),
    line(retry && `Try ${retry.attempt} comes at ${sinceStart(view, retry.until)}`),
    line(checkpoint !== undefined && `Checkpoint: ${checkpoint}`),
    ...remarks.slice(0, MOST_REMARKS).map(({ record, state, reason }) => `record ${record} ${REMARKS[state]}${reason === undefined ? '' : `: ${reason}`}`),
    line(remarks.length > MOST_REMARKS && `and ${remarks.length - MOST_REMARKS} more`),
  ].flat();
}

/** How a batch went. */
function headline({ records, left, outcome }: ViewBatch): string {
  const size = counted(records, 'record');
  return {
    done: `${size} done`,
    running: `${size}, still running`,
    partial: `${records - left} of ${size} done, ${left} not`,
    throttled: `${size}, throttled: the function did not run`,
    failed: `${size} failed`,
  }[outcome];
}

const MOST_REMARKS = 20;
const REMARKS = { skipped: 'was done before', parked: 'is parked', failed: 'comes again' };

/** Why a batch failed: what the handler threw says more than that the function answered so. */
function causesOf(batch: ViewBatch): string[] {
  const thrown = errorsOf(batch);
  return thrown.length > 0 || batch.error === undefined ? thrown : [batch.error];
}

/** What the handler threw, call by call. */
function errorsOf({ calls = [] }: ViewBatch): string[] {
  return calls.flatMap(({ lane, error }) => error === undefined ? [] : `${lane}: ${error}`);
}

export function aboutEvent(view: View, { kind, moment, shard, records, text }: ViewEvent): string[] {
  return [
    `${records > 0 ? `${counted(records, 'record')} ` : ''}${EVENT_WORDS[kind]}`,
    ...text === '' ? [] : [text],
    sinceStart(view, view.times[moment]),
    ...shard === undefined ? [] : [shardName(view, shard)],
  ];
}

const EVENT_WORDS: Readonly<Record<EventKind, string>> = {
  parked: 'parked', givenUp: 'given up, on the failure destination', refused: 'refused by the failure destination', lost: 'lost',
};

export function aboutCall(view: View, { lane, record, from, to, error }: ViewCall): string[] {
  return [
    `${lane}: ${error === undefined ? (to === undefined ? 'never settled' : 'done') : 'failed'}`,
    ...error === undefined ? [] : [error],
    `${sinceStart(view, from)}${to === undefined ? '' : `, took ${spanText(to - from)}`}`,
    `record ${record}`,
  ];
}

function sinceStart({ times }: View, time: number): string {
  return `+${spanText(time - times[0])}`;
}

/** What a recording is of, and of when: `Local run of Orders and Mails, 2026-03-01 12:00 UTC`. */
export function titleOf({ shards, times }: View): string {
  const [first, second, ...others] = [...new Set(shards.map(({ trigger }) => trigger))].filter((trigger) => trigger !== '');
  const triggers = [first, ...others.length > 0 ? [`${others.length + 1} other triggers`] : second === undefined ? [] : [second]].join(' and ');
  const when = times.length === 0 ? '' : `, ${new Date(times[0]).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `Local run${first === undefined ? '' : ` of ${triggers}`}${when}`;
}

/** The sums, the most important first. Those of nothing are omitted. */
export function summary({ figures, times, shards, environments }: View): string[] {
  const { invocations, failed, partial, throttled, retries, splits, filtered, parked, givenUp, refused, lost, highestAge }: Figures = figures;
  const unless0 = (number: number, text: string) => number === 0 ? [] : text;
  return [
    unless0(lost + refused, `${counted(lost + refused, 'record')} lost`),
    `${counted(invocations, 'invocation')}${failed + partial === 0 ? '' : `, of which ${[unless0(failed, `${failed} failed`), unless0(partial, `${partial} did a part`)].flat().join(' and ')}`}`,
    unless0(throttled, `${throttled} throttled`),
    unless0(retries, counted(retries, 'retry', 'retries')),
    unless0(splits, counted(splits, 'split')),
    unless0(parked, `${counted(parked, 'record')} parked`),
    unless0(givenUp, `${counted(givenUp, 'record')} given up`),
    unless0(filtered, `${counted(filtered, 'record')} filtered out`),
    counted(shards.length, 'shard'),
    unless0(environments.length, counted(environments.length, 'environment')),
    `iterator age ${spanText(highestAge)} at most`,
    `in ${spanText((times[times.length - 1] ?? 0) - (times[0] ?? 0))}`,
  ].flat();
}

/** What did not go well, in order: a line each. Consecutive ones with the same words are one line. */
export function story(view: View, most: number): { readonly lines: string[]; readonly omitted: number } {
  const happenings = [
    ...view.batches.filter(({ outcome }) => outcome !== 'done').map((batch) => happeningOfBatch(view, batch)),
    ...view.events.map((event) => happeningOfEvent(view, event)),
  ].sort((one, other) => one.moment - other.moment);
  const folds: Happening[][] = [];
  for (const one of happenings) {
    const fold = folds[folds.length - 1];
    if (fold?.[0].key === one.key) {
      fold.push(one);
    } else {
      folds.push([one]);
    }
  }
  const lines = folds.slice(0, most).map((fold) => lineOf(view, fold));
  return { lines, omitted: folds.slice(most).reduce((sum, fold) => sum + fold.length, 0) };
}

interface Happening {
  readonly moment: number;
  readonly shard?: number;
  readonly what: string;
  /** Why, and what comes next. */
  readonly more: readonly string[];
  readonly next?: string;
  /** Those of one key have the same words. */
  readonly key: string;
}

function happeningOfBatch(view: View, batch: ViewBatch): Happening {
  const { shard, split, retry, from, to, calls = [], error } = batch;
  const what = headline(batch);
  const [cause, ...others] = causesOf(batch);
  const thrown = calls.find((call) => call.error !== undefined)?.error ?? error;
  const next = [
    ...split ? [`Halved: ${split[0]} and ${split[1]}`] : [],
    ...retry ? [`Try ${retry.attempt} at ${sinceStart(view, retry.until)}`] : [],
  ].join('. ');
  return {
    moment: to ?? from,
    shard,
    what,
    more: cause === undefined ? [] : [`${cause.replace(/\.$/, '')}${others.length === 0 ? '' : `, and ${counted(others.length, 'more error')}`}`],
    next,
    key: JSON.stringify([shard, what, thrown, split !== undefined]),
  };
}

function happeningOfEvent(view: View, event: ViewEvent): Happening {
  const { moment, shard, kind, records, text } = event;
  // Each parked record has its own number.
  const key = JSON.stringify([shard, kind, records, text.replace(/^record \S+: /, '')]);
  return { moment, shard, what: aboutEvent(view, event)[0], more: text === '' ? [] : [text], key };
}

function lineOf(view: View, fold: readonly Happening[]): string {
  const [{ moment, shard, what, more }] = fold;
  const last = fold[fold.length - 1];
  const [from, to] = [moment, last.moment].map((one) => sinceStart(view, view.times[one]));
  return [
    `${from}${to === from ? '' : ` to ${to}`}, ${shard === undefined ? '' : `${shardName(view, shard)}: `}${what}${fold.length === 1 ? '' : `, ${fold.length.toLocaleString('en')} times`}`,
    ...fold.length === 1 ? more : more.map((text) => `The first: ${text}`),
    ...last.next ? [last.next] : [],
  ].join('. ');
}

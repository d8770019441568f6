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

export function counted(number: number, one: string, several = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : several}`;
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
  const { records, left, outcome, first, last, age, retry, split, checkpoint, environment, error, deadline, remarks = [] } = batch;
  const size = counted(records, 'record');
  const how = {
    done: `${size} done`,
    running: `${size}, still running`,
    partial: `${records - left} of ${size} done, ${left} not`,
    throttled: `${size}, throttled: the function did not run`,
    failed: `${size} failed`,
  }[outcome];
  const [start, end] = [times[batch.from], batch.to === undefined ? undefined : times[batch.to]];
  const line = (text: string | false | undefined) => text || [];
  const failedCalls = errorsOf(batch);
  return [
    how,
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

export const EVENT_WORDS: Readonly<Record<EventKind, string>> = {
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

export function sinceStart({ times }: View, time: number): string {
  return `+${spanText(time - times[0])}`;
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

/** What did not go well, in order: a line each. */
export function story(view: View, most: number): { readonly lines: string[]; readonly omitted: number } {
  const { batches, events } = view;
  const told = [
    ...batches.filter(({ outcome }) => outcome !== 'done').map((batch) => ({ moment: batch.to ?? batch.from, lines: aboutBatch(view, batch), about: batch })),
    ...events.map((event) => ({ moment: event.moment, lines: aboutEvent(view, event), about: event })),
  ].sort((one, other) => one.moment - other.moment);
  const lines = told.slice(0, most).map(({ moment, lines: [first], about }) => {
    const { retry, split } = about as Partial<ViewBatch>;
    const [text, ...more] = 'kind' in about ? (about.text === '' ? [] : [about.text]) : causesOf(about);
    return [
      `${sinceStart(view, view.times[moment])}, ${about.shard === undefined ? '' : `${shardName(view, about.shard)}: `}${first}`,
      ...text === undefined ? [] : [`${text.replace(/\.$/, '')}${more.length === 0 ? '' : `, and ${more.length} more`}`],
      ...split ? [`halved: ${split[0]} and ${split[1]}`] : [],
      ...retry ? [`try ${retry.attempt} at ${sinceStart(view, retry.until)}`] : [],
    ].join('. ');
  });
  return { lines, omitted: told.length - lines.length };
}

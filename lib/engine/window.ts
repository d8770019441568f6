import { createdAt, type Entry } from './batch';
import { payloadSize } from './payload-size';
import { WINDOW_STATE_BYTES, type WindowEvent } from '../stream/record';

/** A tumbling window of a shard, open from its first record to its final invocation. Times in milliseconds. */
export interface TumblingWindow {
  readonly start: number;
  readonly end: number;
  /** What the function returned last; `{}` before that. */
  state: unknown;
  /** When the newest record that went into it was created. */
  newest: number;
  /** The state exceeded its limit. The invocation after this batch is the final one. */
  terminatedEarly: boolean;
}

/** Opens the window of a record, by its creation time. Windows start at multiples of their length. */
export function openWindow(entry: Entry, length: number): TumblingWindow {
  const start = Math.floor(createdAt(entry) / length) * length;
  return { start, end: start + length, state: {}, newest: createdAt(entry), terminatedEarly: false };
}

/** Whether a record goes into the open window. A late record does: its own window is already closed. */
export function inWindow(entry: Entry, window: TumblingWindow): boolean {
  return createdAt(entry) < window.end;
}

/** Takes over the state that the function returned. False if it returned none, which makes the invocation a failed one. */
export function carryState(window: TumblingWindow, response: unknown): boolean {
  if (typeof response !== 'object' || response === null || (response as { state?: unknown }).state === undefined) {
    return false;
  }
  window.state = (response as { state: unknown }).state;
  window.terminatedEarly = payloadSize(window.state) > WINDOW_STATE_BYTES;
  return true;
}

/** What an event of a window has beside its records. */
export function windowFields(window: TumblingWindow, shardId: string, streamArn: string, final: boolean): Omit<WindowEvent, 'Records'> {
  const iso = (time: number) => new Date(time).toISOString().replace('.000Z', 'Z');
  return {
    window: { start: iso(window.start), end: iso(window.end) },
    state: window.state,
    shardId,
    eventSourceARN: streamArn,
    isFinalInvokeForWindow: final,
    isWindowTerminatedEarly: final && window.terminatedEarly,
  };
}

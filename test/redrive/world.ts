import { tmpdir } from 'node:os';
import { type HeldStream, readerOf } from './streams';
import {
  type Invoked, MessagesInFlight, type Ports, redrive, REDRIVE_DEFAULTS, type RedriveObserver, type RedriveOptions, RedriveRefused, type ReportLine,
  type Result, spoolFile, type StreamMapping,
} from '../../lib/redrive';
import { itemKey } from '../../lib/stream/item-key';
import type { AttributeMap } from '../../lib/stream/record';

/** What a redrive works with, in memory. */
export class World {
  now = Date.parse('2025-01-01T12:00:00Z');
  /** By id. */
  readonly messages = new Map<string, string>();
  /** By bucket and key. */
  readonly objects = new Map<string, string>();
  readonly streams = new Map<string, HeldStream>();
  /** The items by key, by table. */
  readonly tables = new Map<string, Map<string, AttributeMap>>();
  mappings: (Partial<StreamMapping> & { streamArn: string; functionArn: string; isEncrypted?: boolean })[] = [];
  timeout = 60_000;
  isBusy = false;
  /** Somebody else is taking messages at the same time, once. */
  isDiscarded = false;
  failToRemove = false;
  failToGiveBack = false;
  /** The id of a message that is delivered twice, with another handle. */
  comesAgain?: string;
  /** Milliseconds after which messages must be kept from others again, which `renew` does. */
  keepEvery?: number;
  renew: () => void;

  /** The events that functions were invoked with. */
  readonly events: any[] = [];
  readonly given: { readonly id: string; readonly seconds: number }[] = [];
  /** What happened, in order. */
  readonly log: string[] = [];
  reports: ReportLine[] = [];
  readonly written: any[] = [];
  invoke: (event: any, functionArn: string) => Promise<Invoked> | Invoked;
  readTable?: () => Promise<void> | void;
  /** Until then messages can be kept. */
  keptUntil?: number;
  /** Whether there is such a function or bucket. Absent: there is everything. */
  isThere?: (name: string) => boolean;

  constructor() {
    this.invoke = () => ({ type: 'answer', response: null });
    this.renew = () => {};
  }

  send(id: string, content: unknown): void {
    this.messages.set(id, typeof content === 'string' ? content : JSON.stringify(content));
  }

  async redrive(
    options: Partial<RedriveOptions> = {}, observer: RedriveObserver = {}, stop: AbortSignal = new AbortController().signal,
  ): Promise<Result> {
    const spool = spoolFile(tmpdir());
    this.reports = [];
    try {
      return await redrive(this.ports(spool), { ...REDRIVE_DEFAULTS, ...options }, stop, { report: (line) => this.reports.push(line), ...observer });
    } finally {
      spool.close();
    }
  }

  ports(spool: Ports['spool']): Ports {
    const clock = {
      now: () => this.now,
      wait: async (ms: number) => this.now += ms,
      random: () => 0.5,
      every: (_: number, call: () => void) => {
        this.renew = call;
        return () => {};
      },
    };
    return {
      spool,
      clock,
      streams: (arn) => readerOf(this.streams.get(arn) ?? { shards: [], isGone: true }, arn),
      source: {
        name: 'memory',
        keepEvery: this.keepEvery,
        keptUntil: () => this.keptUntil,
        collect: async ({ limit, take, discard }) => {
          if (this.isDiscarded) {
            this.messages.forEach((text, id) => take({ id, handle: id, text }));
            await discard();
          }
          if (this.isBusy) {
            throw new MessagesInFlight('in flight');
          }
          const all = [...this.messages];
          all.slice(0, limit).forEach(([id, text]) => take({ id, handle: id, text }));
          if (this.comesAgain) {
            take({ id: this.comesAgain, handle: `${this.comesAgain} again`, isAgain: true });
          }
          return { left: Math.max(0, all.length - limit) };
        },
        keep: async (handles) => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          if (handles.some((id) => !this.messages.has(id))) {
            throw new Error('the message does not exist');
          }
        },
        remove: async (handles) => handles.forEach((id) => {
          if (this.failToRemove) {
            throw new Error('it may not be deleted');
          }
          this.log.push(`remove ${id}`);
          this.messages.delete(id);
        }),
        giveBack: async (handles, seconds) => {
          if (this.failToGiveBack) {
            throw new Error('Access denied');
          }
          handles.forEach((id) => this.given.push({ id, seconds }));
        },
      },
      buckets: {
        read: async (bucket, key) => {
          if (this.isThere?.(bucket) === false) {
            throw new RedriveRefused(`Access denied: the bucket ${bucket}.`);
          }
          return this.objects.get(`${bucket}/${key}`);
        },
        remove: async (bucket, key) => {
          this.log.push(`remove object ${key}`);
          this.objects.delete(`${bucket}/${key}`);
        },
      },
      tables: {
        read: async (tableArn, keys) => {
          await this.readTable?.();
          if (keys.some((key) => Object.keys(key).join() !== 'id' || key.id.S === undefined)) {
            throw Object.assign(new Error('The provided key element does not match the schema'), { name: 'ValidationException' });
          }
          const read = keys.map((key) => itemKey(key));
          if (new Set(read).size < read.length || read.length > 100) {
            throw new Error('the keys are too many, or there are duplicates');
          }
          return read.map((key) => this.tables.get(tableArn)?.get(key));
        },
      },
      functions: {
        describe: async (functionArn) => {
          if (this.isThere?.(functionArn) === false) {
            throw new RedriveRefused(`The function ${functionArn} does not exist.`);
          }
          return { timeout: this.timeout };
        },
        mappings: async (streamArn) => this.mappings.filter((mapping) => mapping.streamArn === streamArn).map((mapping) => ({
          functionArn: mapping.functionArn,
          filters: mapping.isEncrypted ? undefined : mapping.filters ?? [],
          parallelizationFactor: mapping.parallelizationFactor ?? 1,
          hasWindow: mapping.hasWindow ?? false,
          ...(mapping.changed !== undefined && { changed: mapping.changed }),
        })),
        invoke: async (functionArn, text) => {
          const event = JSON.parse(text);
          this.events.push(event);
          this.log.push(`invoke ${event.Records.length}`);
          return this.invoke(event, functionArn);
        },
      },
    };
  }
}

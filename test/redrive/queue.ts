import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Clock } from '../../lib/redrive';

/** Time that passes when everybody waits. */
export class VirtualTime {
  now = Date.parse('2025-01-01T12:00:00Z');
  private readonly waiting: { readonly at: number; readonly wake: () => void }[] = [];

  constructor(readonly random: () => number = () => 0.5) {}

  wait(ms: number): Promise<void> {
    return new Promise((wake) => this.waiting.push({ at: this.now + ms, wake }));
  }

  /** Lets time pass until this is done, or for so many milliseconds. */
  async until(done: Promise<unknown>, most = Infinity): Promise<void> {
    let isDone = false;
    const end = () => isDone = true;
    done.then(end, end);
    for (const limit = this.now + most; !isDone && this.now < limit;) {
      await new Promise(setImmediate);
      this.waiting.sort((a, b) => a.at - b.at);
      const next = this.waiting[0];
      if (!isDone && next && next.at <= limit) {
        this.waiting.shift();
        this.now = next.at;
        next.wake();
      } else if (!isDone && next === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      } else if (!isDone) {
        this.now = limit;
      }
    }
  }

  get clock(): Clock {
    return { now: () => this.now, wait: (ms) => this.wait(ms), random: this.random, every: () => () => {} };
  }
}

interface Held {
  readonly body: string;
  visibleAt: number;
  /** Whether it is counted as in flight by a queue that counts anew at a receipt only. */
  isCounted: boolean;
  receivedAt: number;
  receipt: number;
}

/** A standard queue of SQS in memory, as far as a redrive uses it. Calls take some time. */
export class FakeQueue {
  readonly messages = new Map<string, Held>();
  readonly calls: { readonly action: string; readonly input: any }[] = [];
  redrivePolicy?: string;
  /** An action that is not allowed. */
  denied?: string;
  /** Counts anew only when somebody asks for messages, as the local queue does. */
  isLocal = false;
  /** What goes wrong with an entry of a batch, through no fault of the caller. */
  trouble: () => boolean;
  /** Ids of messages that are delivered once more, although they are in flight. */
  readonly twice = new Set<string>();
  private receipts = 0;

  constructor(private readonly time: VirtualTime, count: number, private readonly latency: () => number = () => 20) {
    this.trouble = () => false;
    Array.from({ length: count }, (_, n) => this.messages.set(`m${n}`, { body: `${n}`, visibleAt: 0, isCounted: false, receivedAt: 0, receipt: 0 }));
  }

  get client(): SQSClient {
    return {
      send: async ({ constructor: { name }, input }: { constructor: { name: string }; input: any }) => {
        await this.time.wait(this.latency());
        const action = name.replace('Command', '');
        this.calls.push({ action, input });
        return this.answer(action, input);
      },
    } as unknown as SQSClient;
  }

  private answer(action: string, input: any): object {
    if (action === this.denied) {
      throw Object.assign(new Error('not authorized'), { name: 'AccessDenied' });
    }
    const { now } = this.time;
    const all = [...this.messages];
    const isInFlight = ({ visibleAt, isCounted }: Held) => this.isLocal ? isCounted : visibleAt > now;
    switch (action) {
      case 'GetQueueAttributes': return {
        Attributes: {
          ApproximateNumberOfMessages: String(all.filter(([, message]) => !isInFlight(message)).length),
          ApproximateNumberOfMessagesNotVisible: String(all.filter(([, message]) => isInFlight(message)).length),
          RedrivePolicy: this.redrivePolicy,
        },
      };
      case 'ReceiveMessage': {
        all.forEach(([, message]) => message.isCounted = message.visibleAt > now);
        const found = all.filter(([id, { visibleAt, receipt }]) => visibleAt <= now || (receipt > 0 && this.twice.delete(id)))
          .slice(0, input.MaxNumberOfMessages);
        return {
          Messages: found.map(([MessageId, message]) => {
            Object.assign(message, { visibleAt: now + input.VisibilityTimeout * 1000, isCounted: true, receivedAt: now, receipt: ++this.receipts });
            return { MessageId, ReceiptHandle: `${MessageId} ${message.receipt}`, Body: message.body };
          }),
        };
      }
      case 'ChangeMessageVisibilityBatch': return this.each(input.Entries, (message, { VisibilityTimeout: seconds }) => {
        if (seconds > 43_200 - (now - message.receivedAt) / 1000) {
          return 'InvalidParameterValue';
        }
        message.visibleAt = now + seconds * 1000;
        message.isCounted = seconds > 0;
        return undefined;
      });
      case 'DeleteMessageBatch': return this.each(input.Entries, (_message, _entry, id) => {
        this.messages.delete(id);
        return undefined;
      });
      default: throw new Error(action);
    }
  }

  private each(entries: any[], change: (message: Held, entry: any, id: string) => string | undefined): object {
    if (new Set(entries.map(({ Id }) => Id)).size < entries.length) {
      throw Object.assign(new Error('Id repeated'), { name: 'BatchEntryIdsNotDistinct' });
    }
    const Failed = entries.flatMap((entry) => {
      if (this.trouble()) {
        return [{ Id: entry.Id, Code: 'InternalError', Message: 'Later.', SenderFault: false }];
      }
      const [id, receipt] = entry.ReceiptHandle.split(' ');
      const message = this.messages.get(id);
      const isOurs = message !== undefined && String(message.receipt) === receipt;
      const Code = isOurs ? change(message, entry, id) : 'MessageNotInflight';
      return Code ? [{ Id: entry.Id, Code, SenderFault: true }] : [];
    });
    return { Failed };
  }
}

import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { MOST_A_CALL, QueueCalls, type QueueState } from './queue-calls';
import type { Clock, CollectOptions, Source } from '../ports';
import { MessagesInFlight, RedriveRefused } from '../refusals';
import { stoppable } from '../stoppable';
import { CALLS_AT_ONCE } from '../together';

/** Reading a message counts as a receipt, and a few dry runs use up this many. */
const FEWEST_RECEIPTS = 4;

/** Between looks at what others have, in milliseconds. */
const WAIT = 2_000;
/** Before messages that were given back to others are taken again, in milliseconds. */
const LONGEST_WAIT = 60_000;
/** After this many looks that bring nothing, a count above 0 is out of date. */
const MOST_LOOKS = 3;

/**
 * Seconds from its receipt for which a message can be kept from others, however often that is asked for.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 */
const LONGEST_VISIBILITY = 43_200;
/** Seconds of it that are left for giving back what is not done. */
const CLOSING_TIME = 60;

export interface QueueOptions {
  readonly url: string;
  /** Seconds for which others don't see messages that were taken. */
  readonly visibility: number;
  readonly clock: Clock;
}

/** A queue of SQS. */
export function queueSource(client: SQSClient, { url, visibility, clock }: QueueOptions): Source {
  const calls = new QueueCalls(client, url, clock);
  /** When the first of the messages that are still kept was received, or earlier. */
  let begun: number | undefined;
  const left = () => begun === undefined ? LONGEST_VISIBILITY : LONGEST_VISIBILITY - Math.ceil((clock.now() - begun) / 1000) - 1;
  return {
    name: url,
    keepEvery: visibility * 1000 / 2,
    keptUntil: () => begun === undefined ? undefined : begun + (LONGEST_VISIBILITY - CLOSING_TIME) * 1000,
    collect: (options) => new Collecting(calls, visibility, clock, options, () => begun = clock.now()).run(),
    keep: async (handles) => {
      if (left() <= 0) {
        // Nothing is sent after that, and SQS refuses to keep them.
        return;
      }
      const [failed, ...more] = await calls.hide(handles, Math.min(visibility, left()));
      if (failed) {
        throw new Error(`${1 + more.length} of ${handles.length} messages could not be hidden from others any longer (${failed.Code}: ${failed.Message}). Others may receive them.`);
      }
    },
    remove: async (handles) => {
      const [failed] = await calls.remove(handles);
      if (failed) {
        throw new Error(`A message that is done could not be deleted (${failed.Code}: ${failed.Message}). It will come again.`);
      }
    },
    giveBack: async (handles, seconds) => void await calls.hide(handles, Math.max(0, Math.min(seconds, left()))),
  };
}

/**
 * Takes all messages of a queue, while nobody else has some of them.
 *
 * Two that hold messages while they wait for each other's would wait forever. So it looks before it takes anything, and gives everything
 * back if somebody else has begun at the same time.
 */
class Collecting {
  private readonly begun: number;
  /** The ids of the messages that were taken. */
  private readonly ids = new Set<string>();

  /** @param taking called before the first message is received, each time */
  constructor(
    private readonly calls: QueueCalls, private readonly visibility: number, private readonly clock: Clock, private readonly options: CollectOptions,
    private readonly taking: () => void,
  ) {
    this.begun = clock.now();
  }

  async run(): Promise<{ left: number }> {
    const { clock, options: { wait, waiting, discard, stop } } = this;
    if (/\.fifo$/.test(this.calls.url)) {
      throw new RedriveRefused(`The queue ${this.calls.url} is a FIFO queue, but failures are on a standard queue: Lambda sends none to a FIFO queue. Such a `
        + 'queue also keeps back messages of a group while others of it are in flight, so they can\'t all be collected. Move them to a standard queue.');
    }
    for (let tries = 1; ; tries++) {
      const before = await this.untilNobodyElseHasAny();
      const { left, others } = await this.takeAll(before);
      if (others === 0 || stop.aborted) {
        return { left };
      }
      if (!wait) {
        throw inFlight(others);
      }
      await discard();
      waiting(others);
      await this.pause(clock.random() * Math.min(LONGEST_WAIT, WAIT * 2 ** tries));
    }
  }

  /** Takes nothing meanwhile. */
  private async untilNobodyElseHasAny(): Promise<QueueState> {
    const { calls, clock, options: { wait, waiting, patience = Infinity, stop } } = this;
    for (let looks = 1; ; looks++) {
      const state = await stateOf(calls);
      if (state.inFlight === 0 || stop.aborted) {
        return state;
      }
      if (!wait || clock.now() - this.begun > patience) {
        throw inFlight(state.inFlight);
      }
      waiting(state.inFlight);
      await this.pause(WAIT * (0.5 + clock.random()));
      if (!stop.aborted && (state.visible === 0 || looks % OLD_AFTER === 0)) {
        // A local queue counts again only when somebody asks for a message, and counts that one until it is given back.
        const messages = await calls.receive(1, 0);
        await calls.hide(messages.map(({ ReceiptHandle }) => ReceiptHandle!), 0);
      }
    }
  }

  private async takeAll(state: QueueState): Promise<{ left: number; others: number }> {
    const { calls, options: { limit, stop } } = this;
    const receivers = Math.min(CALLS_AT_ONCE, 1 + Math.floor(state.visible / (5 * MOST_A_CALL)));
    this.taking();
    this.ids.clear();
    for (let looks = 0; !stop.aborted; looks++) {
      const before = this.ids.size;
      await this.receive(receivers, limit);
      const mine = this.ids.size;
      const now = await stateOf(calls);
      const others = now.inFlight - mine;
      if (others > 0) {
        return { left: 0, others };
      }
      if (mine >= limit || now.visible === 0 || (mine === before && looks >= MOST_LOOKS)) {
        return { left: mine >= limit ? now.visible : 0, others: 0 };
      }
    }
    return { left: 0, others: 0 };
  }

  /** Several receivers, each until nothing more comes. */
  private async receive(receivers: number, limit: number): Promise<void> {
    const { ids, options: { stop } } = this;
    let asked = 0;
    await Promise.all(Array.from({ length: receivers }, async () => {
      while (!stop.aborted && ids.size + asked < limit) {
        const most = Math.min(MOST_A_CALL, limit - ids.size - asked);
        asked += most;
        const messages = await this.calls.receive(most, this.visibility);
        asked -= most;
        await this.tryToHide(messages);
        messages.forEach((message) => this.take(message));
        if (messages.length === 0) {
          return;
        }
      }
    }));
  }

  /** Without the permission to give back, what was taken would stay invisible: it is used once before more is taken. */
  private async tryToHide(messages: readonly Message[]): Promise<void> {
    if (this.ids.size === 0) {
      await this.calls.hide(messages.map(({ ReceiptHandle }) => ReceiptHandle!), this.visibility);
    }
  }

  /** SQS may deliver a message twice, and only the newest handle is sure to work. */
  private take({ MessageId: id = '', ReceiptHandle: handle = '', Body: text = '' }: Message): void {
    const isAgain = this.ids.has(id);
    this.ids.add(id);
    this.options.take({ id, handle, text, isAgain });
  }

  private async pause(ms: number): Promise<void> {
    await stoppable(this.options.stop, this.clock.wait(ms)).catch(() => {});
  }
}

/** Looks after which a count is asked for again: about 5 minutes. Asking counts as a receipt of a message. */
const OLD_AFTER = 150;

async function stateOf(calls: QueueCalls): Promise<QueueState> {
  const state = await calls.state();
  if (state.mostReceipts < FEWEST_RECEIPTS) {
    throw new RedriveRefused(`The queue ${calls.url} moves messages to its dead-letter queue after they were received ${state.mostReceipts} times, and each `
      + `time they are read counts, also in a dry run. Set its maxReceiveCount to ${FEWEST_RECEIPTS} or more, or remove its redrive policy.`);
  }
  return state;
}

function inFlight(count: number): MessagesInFlight {
  return new MessagesInFlight(`${count} ${count === 1 ? 'message is' : 'messages are'} in flight: another run has them, or one that was killed had them. `
    + 'Older records could be among them, so nothing was sent. Wait until that run has ended, or its visibility timeout is over; --wait waits for it.');
}

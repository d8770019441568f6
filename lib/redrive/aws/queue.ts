import type { SQSClient } from '@aws-sdk/client-sqs';
import { CALLS_AT_ONCE, MOST_A_CALL, QueueCalls, type QueueState } from './queue-calls';
import type { Clock, CollectOptions, Source } from '../ports';
import { MessagesInFlight, RedriveRefused } from '../refusals';

/** Every look counts as a receipt, and so many are used up by a few dry runs. */
const FEWEST_RECEIPTS = 4;

/** Between looks at what others have, in milliseconds. */
const WAIT = 2_000;
/** After so many looks that bring nothing, a count above 0 is old. */
const MOST_LOOKS = 3;

export interface QueueOptions {
  readonly url: string;
  /** Seconds for which others don't see messages that were taken. */
  readonly visibility: number;
  readonly clock: Clock;
}

/** A queue of SQS. */
export function queueSource(client: SQSClient, { url, visibility, clock }: QueueOptions): Source {
  const calls = new QueueCalls(client, url);
  return {
    name: url,
    keepEvery: visibility * 1000 / 2,
    collect: (options) => collect(calls, visibility, clock, options),
    keep: async (handles) => {
      const [failed, ...more] = await calls.hide(handles, visibility);
      if (failed) {
        throw new Error(`${1 + more.length} messages could not be kept any longer (${failed.Code}: ${failed.Message}): somebody else may have them`);
      }
    },
    remove: async (handles) => {
      const [failed] = await calls.remove(handles);
      if (failed) {
        throw new Error(`A message that is done could not be deleted (${failed.Code}: ${failed.Message}). It will come again.`);
      }
    },
    giveBack: async (handles, seconds) => void await calls.hide(handles, seconds),
  };
}

async function collect(calls: QueueCalls, visibility: number, clock: Clock, options: CollectOptions): Promise<{ left: number }> {
  const { limit, wait, waiting, stop } = options;
  const before = await stateOf(calls);
  if (before.inFlight > 0 && !wait) {
    throw inFlight(before.inFlight);
  }
  let mine = 0;
  for (let looks = 0; !stop.aborted; looks++) {
    const receivers = Math.min(CALLS_AT_ONCE, 1 + Math.floor(before.visible / (5 * MOST_A_CALL)));
    const brought = await receive(calls, receivers, visibility, { ...options, limit: limit - mine });
    mine += brought;
    const now = await stateOf(calls);
    const others = now.inFlight - mine;
    if (others > 0 && !wait) {
      throw inFlight(others);
    }
    if (others > 0) {
      waiting(others);
      await clock.wait(WAIT);
    } else if (mine >= limit || now.visible === 0 || (brought === 0 && looks >= MOST_LOOKS)) {
      return { left: mine >= limit ? now.visible : 0 };
    }
  }
  return { left: 0 };
}

/** Several receivers, each until nothing comes any more. Answers how many messages came. */
async function receive(calls: QueueCalls, receivers: number, visibility: number, { limit, stop, take }: CollectOptions): Promise<number> {
  let asked = 0;
  await Promise.all(Array.from({ length: receivers }, async () => {
    while (!stop.aborted && asked < limit) {
      const most = Math.min(MOST_A_CALL, limit - asked);
      asked += most;
      const messages = await calls.receive(most, visibility);
      asked -= most - messages.length;
      messages.forEach(({ MessageId, ReceiptHandle, Body }) => take({ id: MessageId!, handle: ReceiptHandle!, text: Body ?? '' }));
      if (messages.length === 0) {
        return;
      }
    }
  }));
  return asked;
}

async function stateOf(calls: QueueCalls): Promise<QueueState> {
  const state = await calls.state();
  if (state.mostReceipts < FEWEST_RECEIPTS) {
    throw new RedriveRefused(`The queue ${calls.url} moves messages to its dead-letter queue after they were received ${state.mostReceipts} times, and every `
      + `look counts, a dry run too. Set its maxReceiveCount to ${FEWEST_RECEIPTS} or more, or remove its redrive policy.`);
  }
  return state;
}

function inFlight(count: number): MessagesInFlight {
  return new MessagesInFlight(`${count} ${count === 1 ? 'message is' : 'messages are'} in flight: another run has them, or one that was killed had them. `
    + 'Older records could be among them, so nothing was sent. Wait until that run has ended, or its visibility timeout is over; --wait waits for it.');
}

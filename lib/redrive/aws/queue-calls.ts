import {
  ChangeMessageVisibilityBatchCommand, DeleteMessageBatchCommand, GetQueueAttributesCommand, ReceiveMessageCommand,
  type BatchResultErrorEntry as Failed, type Message, type SQSClient,
} from '@aws-sdk/client-sqs';
import { refusalOf } from './refusal';
import type { Clock } from '../ports';
import { CALLS_AT_ONCE, together } from '../together';

/** SQS takes and gives this many messages in a call. */
export const MOST_A_CALL = 10;

/** Seconds. A receipt that does not wait may miss messages. */
const LONG_POLL = 1;

/** How often SQS is asked for what it could not do in a batch. */
const MOST_TRIES = 5;
/** Milliseconds. */
const SHORTEST_WAIT = 100;

/** What SQS says of a queue. The counts are approximate. */
export interface QueueState {
  readonly visible: number;
  readonly inFlight: number;
  /** After this many receipts, a message goes to the dead-letter queue. */
  readonly mostReceipts: number;
}

/** The calls of one queue. What is denied or not there is a RedriveRefused. */
export class QueueCalls {
  constructor(private readonly client: SQSClient, readonly url: string, private readonly clock: Clock) {}

  async state(): Promise<QueueState> {
    const { Attributes = {} } = await this.sending('sqs:GetQueueAttributes', () => this.client.send(new GetQueueAttributesCommand({
      QueueUrl: this.url, AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'RedrivePolicy'],
    })));
    return {
      visible: Number(Attributes.ApproximateNumberOfMessages),
      inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
      mostReceipts: Number(JSON.parse(Attributes.RedrivePolicy ?? '{}').maxReceiveCount ?? Infinity),
    };
  }

  async receive(most: number, visibility: number): Promise<Message[]> {
    const { Messages = [] } = await this.sending('sqs:ReceiveMessage', () => this.client.send(new ReceiveMessageCommand({
      QueueUrl: this.url, MaxNumberOfMessages: most, WaitTimeSeconds: LONG_POLL, VisibilityTimeout: visibility,
    })));
    return Messages;
  }

  /** Answers what failed. */
  hide(handles: readonly string[], seconds: number): Promise<Failed[]> {
    return this.inBatches(handles, 'sqs:ChangeMessageVisibility', (some) => this.client.send(new ChangeMessageVisibilityBatchCommand({
      QueueUrl: this.url, Entries: some.map((ReceiptHandle, id) => ({ Id: `${id}`, ReceiptHandle, VisibilityTimeout: seconds })),
    })));
  }

  /** Answers what failed. */
  remove(handles: readonly string[]): Promise<Failed[]> {
    return this.inBatches(handles, 'sqs:DeleteMessage', (some) => this.client.send(new DeleteMessageBatchCommand({
      QueueUrl: this.url, Entries: some.map((ReceiptHandle, id) => ({ Id: `${id}`, ReceiptHandle })),
    })));
  }

  private async inBatches(
    handles: readonly string[], action: string, call: (some: readonly string[]) => Promise<{ Failed?: Failed[] }>,
  ): Promise<Failed[]> {
    const batches = Array.from({ length: Math.ceil(handles.length / MOST_A_CALL) }, (_, n) => handles.slice(n * MOST_A_CALL, (n + 1) * MOST_A_CALL));
    const failed: Failed[] = [];
    await together(CALLS_AT_ONCE, batches, async (some) => {
      failed.push(...await this.inOneBatch(some, (left) => this.sending(action, () => call(left))));
    });
    return failed;
  }

  /** SQS may do a part of a batch. What it could not do through no fault of ours is asked for again. */
  private async inOneBatch(
    handles: readonly string[], call: (some: readonly string[]) => Promise<{ Failed?: Failed[] }>,
  ): Promise<Failed[]> {
    const refused: Failed[] = [];
    let left = handles;
    for (let tries = 1; ; tries++) {
      const { Failed: failed = [] } = await call(left);
      const isFinal = ({ SenderFault }: Failed) => SenderFault === true || tries === MOST_TRIES;
      refused.push(...failed.filter(isFinal));
      left = failed.filter((one) => !isFinal(one)).map(({ Id }) => left[Number(Id)]);
      if (left.length === 0) {
        return refused;
      }
      await this.clock.wait(this.clock.random() * SHORTEST_WAIT * 2 ** tries);
    }
  }

  private async sending<T>(action: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      const missing = [/QueueDoesNotExist|NonExistentQueue/, `The queue ${this.url} does not exist. Check its URL and the Region.`] as const;
      throw refusalOf(error, `${action} on ${this.url}`, missing);
    }
  }
}

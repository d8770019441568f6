import { BatchGetItemCommand, type AttributeValue as SdkValue } from '@aws-sdk/client-dynamodb';
import type { Clients } from './clients';
import { wireAnswer } from '../../reader/wire-answer';
import { arnParts } from '../../stream/arn';
import { itemKey } from '../../stream/item-key';
import type { AttributeMap } from '../../stream/record';
import type { Clock, Tables } from '../ports';

/** What DynamoDB answers to BatchGetItem. */
interface Answer {
  readonly Responses?: Record<string, AttributeMap[]>;
  readonly UnprocessedKeys?: Record<string, { readonly Keys: AttributeMap[] }>;
}

/** After this many tries in a row that bring nothing, the items can't be read now. */
const MOST_TRIES = 8;
/** Milliseconds. */
const SHORTEST_WAIT = 50;

/**
 * Tables of DynamoDB, read consistently. A table is named by its ARN: it may be in another account, and a table of that name in this account
 * is another one.
 */
export function dynamodbTables(clients: Clients, clock: Clock): Tables {
  return { read };

  async function read(tableArn: string, keys: readonly AttributeMap[]): Promise<(AttributeMap | undefined)[]> {
    const { region } = arnParts(tableArn);
    const names = Object.keys(keys[0]);
    const found = new Map<string, AttributeMap>();
    let left = keys;
    let useless = 0;
    for (let tries = 0; left.length > 0; tries++) {
      if (useless === MOST_TRIES) {
        throw new Error(`DynamoDB did not read ${left.length} of ${keys.length} items of ${tableArn}, ${useless} times in a row`);
      }
      if (tries > 0) {
        await clock.wait(clock.random() * SHORTEST_WAIT * 2 ** Math.min(tries, MOST_TRIES));
      }
      const command = new BatchGetItemCommand({ RequestItems: { [tableArn]: { Keys: left.map(sdkKey), ConsistentRead: true } } });
      const answer = await wireAnswer<Answer>(command, () => clients.dynamodb(region).send(command));
      // The answer names the table, or its ARN.
      for (const item of Object.values(answer.Responses ?? {}).flat()) {
        found.set(itemKey(Object.fromEntries(names.map((name) => [name, item[name]]))), item);
      }
      const unread = Object.values(answer.UnprocessedKeys ?? {}).flatMap(({ Keys }) => Keys);
      useless = unread.length < left.length ? 0 : useless + 1;
      left = unread;
    }
    return keys.map((key) => found.get(itemKey(key)));
  }
}

/** The SDK takes bytes instead of base64. */
function sdkKey(key: AttributeMap): Record<string, SdkValue> {
  return Object.fromEntries(Object.entries(key).map(([name, value]) =>
    [name, value.B === undefined ? value as SdkValue : { B: Buffer.from(value.B, 'base64') }]));
}

import { isDeepStrictEqual } from 'node:util';
import type { DynamoDBClient, TableDescription } from '@aws-sdk/client-dynamodb';
import type { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type { Removals } from './removals';
import { tableDescription } from './table-description';
import { type StreamReader, streamReader } from '../../reader/stream-reader';
import type { LocalTable } from '../assembly/app';
import { markedAsExpired, type TableStreams } from '../stream';

interface StreamClients {
  readonly tables: DynamoDBClient;
  readonly streams: DynamoDBStreamsClient;
}

/** The streams of a table that the run itself may change. */
export interface RunTableStreams extends TableStreams {
  /** Changes the table to this one. What comes of it is not news to its triggers, which wait meanwhile. */
  change(table: LocalTable, change: () => Promise<TableDescription>): Promise<void>;
}

/**
 * The streams of a table of the app, for all of its triggers.
 *
 * @param first the stream that it has now, by the ARN that DynamoDB Local has for it
 * @param note called once for each change of the table that its triggers notice
 */
export function tableStreams(
  clients: StreamClients, asFirst: LocalTable, first: string, removals: Removals, note: (message: string) => void,
): RunTableStreams {
  let table = asFirst;
  let last: State = { at: 'on', streamArn: first };
  let changing = Promise.resolve();
  return {
    first,
    change: (changed, change) => {
      const done = change().then((description) => {
        table = changed;
        last = stateOf(description, last);
      });
      changing = done.catch(() => {});
      return done;
    },
    latest: async () => {
      let description;
      for (let seen; seen !== changing;) {
        seen = changing;
        await seen;
        description = await tableDescription(clients.tables, table.name);
      }
      const state = stateOf(description, last);
      const change = changeOf(table, last, state, description);
      last = state;
      if (change !== undefined) {
        note(change);
      }
      return { streamArn: state.streamArn, isOn: state.at === 'on' };
    },
    reader: (streamArn, sourceArn) => withExpiry(streamReader(clients.streams, streamArn, { sourceArn }), table.name, removals),
  };
}

/** `streamArn`: of the stream that it has or had last. */
interface State {
  readonly at: 'on' | 'off' | 'deleted';
  readonly streamArn: string;
}

/** DynamoDB Local still names the last stream of a table that has none, even if the table was recreated since. */
function stateOf(table: TableDescription | undefined, { streamArn }: State): State {
  if (table === undefined) {
    return { at: 'deleted', streamArn };
  }
  return table.StreamSpecification?.StreamEnabled ? { at: 'on', streamArn: table.LatestStreamArn! } : { at: 'off', streamArn };
}

function changeOf({ name, streamViewType, keySchema }: LocalTable, before: State, now: State, table?: TableDescription): string | undefined {
  if (now.at === before.at && now.streamArn === before.streamArn) {
    return undefined;
  }
  if (now.at === 'deleted') {
    return `The table ${name} was deleted. Its triggers go on when it is created again.`;
  }
  if (now.at === 'off') {
    return before.at === 'deleted'
      ? `The table ${name} was created again without a stream. Its triggers go on when it has one.`
      : `The stream of the table ${name} was disabled. Its triggers go on when it is enabled again.`;
  }
  const { StreamSpecification: { StreamViewType: view } = {}, KeySchema: keys } = table!;
  return [
    `The table ${name} has a new stream. Its triggers go on with its first record.`,
    ...view !== streamViewType ? [`Its view is ${view}, and ${streamViewType} in the app.`] : [],
    ...isDeepStrictEqual(keys, keySchema) ? [] : ['Its keys are not those of the app.'],
  ].join(' ');
}

/** Names the records of items that the run removed as DynamoDB Local names those of its own. */
function withExpiry(reader: StreamReader, tableName: string, removals: Removals): StreamReader {
  return {
    ...reader,
    read: async (...where) => {
      const { records, end } = await reader.read(...where);
      return { records: await Promise.all(records.map((record) => markedAsExpired(record, tableName, removals))), end };
    },
  };
}

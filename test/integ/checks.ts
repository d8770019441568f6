import { deepEqual, equal, ok } from 'node:assert/strict';
import type { Deployment } from './deployment';

/** What must become true of each integration app, wherever it runs. Throws what is not, after trying for as long as `patience`. */
export const checks: { readonly [app: string]: (deployment: Deployment, patience: Patience) => Promise<void> } = {
  'default': parksPoison,
  'two-stacks': parksPoison,

  'least-privilege': async (deployment, patience) => {
    await writeVersions(deployment, 'Orders', { kind: 'order' });
    await deployment.put('Orders', { id: 'draft', version: 1, kind: 'draft' });
    await deployment.put('Orders', { id: 'poison', version: 1, kind: 'order', poison: true });
    await deployment.put('Orders', { id: 'last', version: 1, kind: 'order' });

    const given = new Collected(() => deployment.takeObjects('Failures'));
    await eventually(patience, async () => {
      await allVersionsSeen(deployment, 'OnChange', 'Orders');
      equal((await given.next()).length, 1);
    });
    const [{ requestContext, payload }] = given.all;
    deepEqual([requestContext.condition, requestContext.approximateInvokeCount], ['RetryAttemptsExhausted', 2]);
    deepEqual(keysIn(payload), ['poison']);
    await eventually(patience, async () => ok(await resultOf(deployment, 'OnChange', 'Orders', 'last')));
    equal(await resultOf(deployment, 'OnChange', 'Orders', 'draft'), undefined);
  },

  'failure-store': async (deployment, patience) => {
    await deployment.put('Orders', { id: 'poison', version: 1, poison: true });
    await writeVersions(deployment, 'Orders');

    const stored = new Collected(() => deployment.takeObjects('Failures'));
    const notified = new Collected(async () => (await deployment.messages('ToDo')).flatMap(({ Records = [] }) => Records));
    await eventually(patience, async () => {
      await allVersionsSeen(deployment, 'Parking', 'Orders');
      await allVersionsSeen(deployment, 'Failing', 'Orders');
      equal((await stored.next()).length, 2);
      equal((await notified.next()).length, 2);
    });
    const parked = stored.all.find(({ kind }) => kind === 'dynamo-stream-trigger/parked-record');
    equal(parked.record.dynamodb.NewImage.id.S, 'poison');
    deepEqual(keysIn(stored.all.find(({ payload }) => payload !== undefined).payload), ['poison']);
    deepEqual(
      notified.all.map(({ s3: { object } }) => decodeURIComponent(object.key).split('/')[0]).sort(), ['aws', 'dynamo-stream-trigger'],
    );
  },

  'shared': async (deployment, patience) => {
    await writeVersions(deployment, 'Orders');
    await writeVersions(deployment, 'Refunds');

    await eventually(patience, async () => {
      await allVersionsSeen(deployment, 'Ledger', 'Orders');
      await allVersionsSeen(deployment, 'Ledger', 'Refunds');
      await allVersionsSeen(deployment, 'Mail', 'Orders');
    });
    equal(await resultOf(deployment, 'Mail', 'Refunds', 'item-0'), undefined);
  },

  'windows': async (deployment, patience) => {
    await writeVersions(deployment, 'Orders');

    await eventually(patience, async () => {
      const windows = [...(await deployment.items('Results')).values()];
      equal(windows.reduce((sum, { changes }) => sum + changes, 0), ITEMS * VERSIONS);
    });
  },
};

/** How often to look whether something has become true, in milliseconds, and for how long. */
export interface Patience {
  readonly every: number;
  readonly upTo: number;
}

const ITEMS = 10;
const VERSIONS = 8;
const ALL_VERSIONS = Array.from({ length: VERSIONS }, (_, index) => index + 1);

async function parksPoison(deployment: Deployment, patience: Patience): Promise<void> {
  await deployment.put('Orders', { id: 'poison', version: 1, poison: true });
  await writeVersions(deployment, 'Orders');

  const parked = new Collected(() => deployment.messages('FailureQueue'));
  await eventually(patience, async () => {
    await allVersionsSeen(deployment, 'OnChange', 'Orders');
    equal((await parked.next()).length, 1);
  });
  const [{ kind, record }] = parked.all;
  deepEqual([kind, record.dynamodb.NewImage.id.S], ['dynamo-stream-trigger/parked-record', 'poison']);
}

/** The versions of each item in order, those of the items in turn. */
async function writeVersions(deployment: Deployment, table: string, rest: object = {}): Promise<void> {
  for (const version of ALL_VERSIONS) {
    await Promise.all(Array.from({ length: ITEMS }, (_, item) => deployment.put(table, { id: `item-${item}`, version, ...rest })));
  }
}

async function allVersionsSeen(deployment: Deployment, consumer: string, table: string): Promise<void> {
  for (let item = 0; item < ITEMS; item++) {
    const result = await resultOf(deployment, consumer, table, `item-${item}`);
    deepEqual([...result?.seen ?? []].sort((a: number, b: number) => a - b), ALL_VERSIONS);
    equal(result!.last, VERSIONS);
  }
}

async function resultOf(deployment: Deployment, consumer: string, table: string, item: string): Promise<Record<string, any> | undefined> {
  return (await deployment.items('Results')).get(`${consumer}/${deployment.tableName(table)}/${item}`);
}

/** The ids of the items in Lambda's event. S3 gets it as JSON text. */
function keysIn(payload: unknown): string[] {
  const { Records } = typeof payload === 'string' ? JSON.parse(payload) : payload;
  return Records.map(({ dynamodb }: any) => dynamodb.Keys.id.S);
}

/** What is taken bit by bit. */
class Collected {
  readonly all: any[] = [];

  constructor(private readonly take: () => Promise<any[]>) {}

  async next(): Promise<any[]> {
    this.all.push(...await this.take());
    return this.all;
  }
}

async function eventually({ every, upTo }: Patience, holds: () => Promise<void>): Promise<void> {
  for (const end = Date.now() + upTo; ;) {
    try {
      return await holds();
    } catch (error) {
      if (Date.now() > end) {
        throw error;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

import { position } from './records';
import type { BatchResponse } from '../../lib/runtime';
import { type Host, HOST } from '../../lib/stream/boundary';
import type { ParkedRecord } from '../../lib/stream/parked-record';

/** The positions of the records that a response reports. */
export const reported = (response: BatchResponse) => response.batchItemFailures.map(({ itemIdentifier }) => position(itemIdentifier));

/** The position of a record. */
export const at = (change: { sequenceNumber: string }) => position(change.sequenceNumber);

/** A host with a park, and a clock that moves when the runtime waits and otherwise stands still. */
export function host(overrides: Partial<Host> = {}) {
  const parked: ParkedRecord[] = [];
  const waits: number[] = [];
  const clock = { now: 1_700_000_000_000 };
  const context = {
    awsRequestId: 'request-1',
    functionVersion: '7',
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:f',
    [HOST]: {
      park: async (poison: ParkedRecord) => {
        parked.push(poison);
      },
      now: () => clock.now,
      sleep: async (milliseconds: number) => {
        waits.push(milliseconds);
        clock.now += milliseconds;
      },
      random: () => 1,
      ...overrides,
    },
  };
  return { parked, waits, clock, context };
}

/** What is logged, as JSON. */
export function logged(): any[] {
  const lines: any[] = [];
  beforeEach(() => {
    lines.length = 0;
    jest.spyOn(console, 'error').mockImplementation((line) => {
      lines.push(JSON.parse(line));
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  return lines;
}

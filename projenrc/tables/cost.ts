import type { Capacity } from './capacity';

/*
 * What a trigger costs. The prices are inputs of the formula: USD in us-east-1, as AWS published them in 2026, without free tiers, discounts
 * and taxes. https://aws.amazon.com/lambda/pricing/, /cloudwatch/pricing/, /sqs/pricing/, /dynamodb/pricing/
 */
export const PRICES = {
  /** Of a million invocations. */
  invocations: 0.20,
  /** Of a second with a gigabyte, on arm64. */
  gigabyteSecond: 0.0000133334,
  /** Of a million requests to a standard queue. */
  queueRequests: 0.40,
  /** Of a gigabyte that comes into CloudWatch Logs. */
  logGigabyte: 0.50,
  /** Of a month, each of the first 10,000. */
  customMetric: 0.30,
  /** Of a month, for each metric that an alarm watches. */
  alarmMetric: 0.10,
  /** Of a record that Lambda reads from a stream. */
  streamRead: 0,
};

/** What is not a price, and not a setting. */
export const ASSUMED = {
  /** Gigabytes of memory: the default of a StreamFunction. */
  memory: 0.5,
  /** One record of so many fails and goes to the failure queue. */
  failsOneOf: 10_000,
  /** A message is sent, received and deleted. */
  requestsOfFailure: 3,
  /** Bytes of what Lambda logs of an invocation: START, END and REPORT. */
  invocationLog: 350,
  /** Bytes of what the runtime logs of a failed record, and of the metrics of its invocation. */
  failureLog: 1_000,
  /** Metrics of the mapping, which have data all the time, and metrics that the alarms watch. */
  customMetrics: 6,
  alarmMetrics: 15,
};

/** USD. */
export interface Cost {
  readonly reading: number;
  readonly invoking: number;
  readonly running: number;
  readonly failing: number;
  readonly logging: number;
  /** Of a month, whatever the number of records. */
  readonly watching: number;
}

/** Of so many records in a month. */
export function costOf(records: number, { invocations, billed }: Pick<Capacity, 'invocations' | 'billed'>): Cost {
  const millions = records / 1e6;
  const failures = records / ASSUMED.failsOneOf;
  return {
    reading: records * PRICES.streamRead,
    invoking: millions * invocations / 1_000 * PRICES.invocations,
    running: records / 1_000 * billed * ASSUMED.memory * PRICES.gigabyteSecond,
    failing: failures * ASSUMED.requestsOfFailure / 1e6 * PRICES.queueRequests,
    logging: (records / 1_000 * invocations * ASSUMED.invocationLog + failures * ASSUMED.failureLog) / 1e9 * PRICES.logGigabyte,
    watching: ASSUMED.customMetrics * PRICES.customMetric + ASSUMED.alarmMetrics * PRICES.alarmMetric,
  };
}

/** Records of a month, and a trigger of the table of the capacity. */
const ROWS: readonly [number, string][] = [
  [1e6, 'the defaults; a record takes 50 ms'],
  [1e8, 'the defaults; a record takes 50 ms'],
  [1e8, 'one record at a time'],
  [1e8, 'one record at a time, `parallelizationFactor: 10`'],
  [1e8, '`maxBatchingWindow` of 5 s'],
  [1e8, '`maxBatchingWindow` of 5 s, `batchSize: 500`'],
];

/** A table of docs/operate/capacity.md, in USD. */
export function costTable(found: ReadonlyMap<string, Capacity>): string {
  return [
    '| trigger | records a month | invocations | function time | failures | logs | metrics and alarms | sum | of a million records |',
    '|---|---|---|---|---|---|---|---|---|',
    ...ROWS.map(([records, what]) => {
      const { reading, invoking, running, failing, logging, watching } = costOf(records, found.get(what)!);
      const byRecord = reading + invoking + running + failing + logging;
      const cells = [invoking, running, failing, logging, watching, byRecord + watching, byRecord / records * 1e6];
      return `| ${what} | ${records / 1e6} million | ${cells.map((cell) => cell.toFixed(2)).join(' | ')} |`;
    }),
  ].join('\n');
}

/**
 * CloudWatch's alarms, as far as those of this package need them: M of N, what missing data means, and metric math of a few forms. It judges
 * alarms as a template has them.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */

/** Values of metrics, by namespace and name. `at` in milliseconds. */
export interface Sample {
  readonly at: number;
  readonly namespace: string;
  readonly name: string;
  readonly value: number;
}

/** A value for each period; undefined where there is no data. */
type Series = readonly (number | undefined)[];

/** Reads the samples of many alarms: each metric is looked up once. */
export class SimulatedCloudWatch {
  private readonly byMetric = new Map<string, Sample[]>();

  /** @param startedAt when the first period begins */
  constructor(samples: readonly Sample[], private readonly startedAt: number, private readonly endedAt: number) {
    for (const sample of samples) {
      const key = `${sample.namespace} ${sample.name}`;
      this.byMetric.set(key, []);
    }
    samples.forEach((sample) => this.byMetric.get(`${sample.namespace} ${sample.name}`)!.push(sample));
  }

  /** When an alarm goes to ALARM, each time: the end of the period that does it. */
  firings(alarm: any): number[] {
    const period = 1000 * (alarm.Period ?? alarm.Metrics.find(({ MetricStat }: any) => MetricStat).MetricStat.Period);
    const series = this.series(alarm, period);
    const found: number[] = [];
    let state = 'INSUFFICIENT_DATA';
    for (let end = 1; end <= series.length; end++) {
      const next = evaluate(series.slice(Math.max(0, end - alarm.EvaluationPeriods - 2), end), alarm, state);
      if (next === 'ALARM' && state !== 'ALARM') {
        found.push(this.startedAt + end * period);
      }
      state = next;
    }
    return found;
  }

  private series(alarm: any, period: number): Series {
    if (!alarm.Metrics) {
      return this.statistics(alarm.Namespace, alarm.MetricName, alarm.Statistic ?? alarm.ExtendedStatistic, period);
    }
    const ids = new Map<string, Series>();
    for (const { Id, MetricStat } of alarm.Metrics.filter((query: any) => query.MetricStat)) {
      ids.set(Id, this.statistics(MetricStat.Metric.Namespace, MetricStat.Metric.MetricName, MetricStat.Stat, period));
    }
    const expression = parse(alarm.Metrics.find(({ ReturnData }: any) => ReturnData).Expression);
    const [first] = ids.values();
    return first.map((_, at) => expression((id) => ids.get(id)![at]));
  }

  private statistics(namespace: string, name: string, statistic: string, period: number): Series {
    const buckets: number[][] = Array.from({ length: Math.ceil((this.endedAt - this.startedAt) / period) }, () => []);
    for (const { at, value } of this.byMetric.get(`${namespace} ${name}`) ?? []) {
      buckets[Math.floor((at - this.startedAt) / period)]?.push(value);
    }
    return buckets.map((values) => values.length === 0 ? undefined : summarize(values, statistic));
  }
}

function summarize(values: readonly number[], statistic: string): number {
  switch (statistic) {
    case 'Sum': return values.reduce((sum, value) => sum + value, 0);
    case 'Maximum': return Math.max(...values);
    case 'p99': return [...values].sort((a, b) => a - b)[Math.ceil(0.99 * values.length) - 1];
    default: throw new Error(`Not simulated: ${statistic}`);
  }
}

/**
 * More periods than are asked for are looked at: of those with data the latest count. Only if there are too few, missing ones are taken for what
 * the alarm says, and as few of them as possible.
 */
export function evaluate(series: Series, { Threshold, EvaluationPeriods: n, DatapointsToAlarm: m, TreatMissingData }: any, state: string): string {
  const real = series.filter((value): value is number => value !== undefined).slice(-n);
  const breaching = real.filter((value) => value > Threshold).length;
  if (breaching >= m) {
    return 'ALARM';
  }
  // So many that hold would make it impossible to have m of n that breach.
  if (real.length - breaching > n - m) {
    return 'OK';
  }
  switch (TreatMissingData) {
    case 'notBreaching': return 'OK';
    case 'breaching': return 'ALARM';
    // Of data that all breaches, but too little of it, the alarm does not know better.
    case 'ignore': return real.length > breaching ? 'OK' : state;
    default: throw new Error(`Not simulated: ${TreatMissingData}`);
  }
}

type Value = number | undefined;
type Expression = (valueOf: (id: string) => Value) => Value;

/** Metric math: + - * /, comparisons, AND, OR, IF and FILL with a number. Where a value is missing, so is the result. */
export function parse(text: string): Expression {
  const tokens = text.match(/\d+(\.\d+)?|\w+|[<>=!]=|[<>+*/(),-]/g)!;
  const OPERATORS: { readonly [operator: string]: (a: number, b: number) => number }[] = [
    { OR: (a, b) => Number(a !== 0 || b !== 0) },
    { AND: (a, b) => Number(a !== 0 && b !== 0) },
    { '>': (a, b) => Number(a > b), '<': (a, b) => Number(a < b), '>=': (a, b) => Number(a >= b), '<=': (a, b) => Number(a <= b), '==': (a, b) => Number(a === b), '!=': (a, b) => Number(a !== b) },
    { '+': (a, b) => a + b, '-': (a, b) => a - b },
    { '*': (a, b) => a * b, '/': (a, b) => a / b },
  ];

  function binary(level: number): Expression {
    if (level === OPERATORS.length) {
      return primary();
    }
    let left = binary(level + 1);
    for (let apply = OPERATORS[level][tokens[0]]; apply; apply = OPERATORS[level][tokens[0]]) {
      tokens.shift();
      const [a, b, f] = [left, binary(level + 1), apply];
      left = (valueOf) => {
        const [x, y] = [a(valueOf), b(valueOf)];
        return x === undefined || y === undefined ? undefined : f(x, y);
      };
    }
    return left;
  }

  function primary(): Expression {
    const token = tokens.shift()!;
    if (token === '(') {
      const inner = binary(0);
      expectToken(')');
      return inner;
    }
    if (tokens[0] === '(') {
      const [first, second, third] = list();
      return token === 'IF' ? (valueOf) => first(valueOf) ? second(valueOf) : third(valueOf)
        : token === 'FILL' ? (valueOf) => first(valueOf) ?? second(valueOf) : unknown(token);
    }
    return /^\d/.test(token) ? () => Number(token) : /^[a-z]/.test(token) ? (valueOf) => valueOf(token) : unknown(token);
  }

  function list(): Expression[] {
    const found: Expression[] = [];
    for (expectToken('('); ; expectToken(',')) {
      found.push(binary(0));
      if (tokens[0] === ')') {
        tokens.shift();
        return found;
      }
    }
  }

  function expectToken(wanted: string): void {
    if (tokens.shift() !== wanted) {
      unknown(wanted);
    }
  }

  function unknown(token: string): never {
    throw new Error(`Not simulated: ${token} in ${text}`);
  }

  const expression = binary(0);
  return tokens.length === 0 ? expression : unknown(tokens[0]);
}

/** SQS's metrics of a queue, every minute: how many messages are in it, and how old the oldest is. `removed`: when all are taken out. */
export function queueSamples(arrivals: readonly number[], startedAt: number, endedAt: number, removed = Infinity): Sample[] {
  const namespace = 'AWS/SQS';
  const samples: Sample[] = [];
  let lastUse = -Infinity;
  for (let at = startedAt + 59_000; at < endedAt; at += 60_000) {
    const there = arrivals.filter((arrival) => arrival <= at && (at < removed || arrival > removed));
    lastUse = Math.max(lastUse, ...arrivals.filter((arrival) => arrival <= at), removed <= at ? removed : -Infinity);
    // Of a queue that was not used for 6 hours it sends nothing.
    if (at - lastUse < 6 * 3_600_000) {
      samples.push({ at, namespace, name: 'ApproximateNumberOfMessagesVisible', value: there.length });
      if (there.length > 0) {
        samples.push({ at, namespace, name: 'ApproximateAgeOfOldestMessage', value: (at - Math.min(...there)) / 1000 });
      }
    }
  }
  return samples;
}

import { evaluate, parse, SimulatedCloudWatch } from './simulated-cloudwatch';

/** The states of an alarm on a value for each minute; `-` is a minute without data, `X` one above the threshold. */
function firings(values: string, missing: string, datapointsToAlarm = 3, evaluationPeriods = 3): number[] {
  const samples = values.split(' ').flatMap((value, minute) => (
    value === '-' ? [] : [{ at: minute * 60_000 + 1, namespace: 'N', name: 'M', value: value === 'X' ? 1 : 0 }]
  ));
  const alarm = {
    Namespace: 'N', MetricName: 'M', Statistic: 'Sum', Period: 60, Threshold: 0, DatapointsToAlarm: datapointsToAlarm, EvaluationPeriods: evaluationPeriods,
    TreatMissingData: missing,
  };
  return new SimulatedCloudWatch(samples, 0, values.split(' ').length * 60_000).firings(alarm).map((at) => at / 60_000);
}

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html: its two tables, without the column of missing data that
// is taken as missing, which no alarm here does. `keep`: the state stays.
test.each<[string, number, string, string, string]>([
  ['0 - X - X', 3, 'OK', 'OK', 'OK'],
  ['0 - - - -', 3, 'OK', 'OK', 'OK'],
  ['- - - - -', 3, 'keep', 'ALARM', 'OK'],
  ['0 X X - X', 3, 'ALARM', 'ALARM', 'ALARM'],
  ['- - - - X', 3, 'keep', 'ALARM', 'OK'],
  ['X - - - -', 3, 'keep', 'ALARM', 'OK'],
  ['0 - X - X', 2, 'ALARM', 'ALARM', 'ALARM'],
  ['0 0 X 0 X', 2, 'ALARM', 'ALARM', 'ALARM'],
  ['0 - X - -', 2, 'OK', 'ALARM', 'OK'],
  ['- - - - 0', 2, 'OK', 'ALARM', 'OK'],
  ['- - - - X', 2, 'keep', 'ALARM', 'OK'],
])('of %s, %i of 3, the alarm is %s if missing data is ignored, %s if it breaches, and %s if not', (values, DatapointsToAlarm, ...expected) => {
  const series = values.split(' ').map((value) => value === '-' ? undefined : value === 'X' ? 1 : 0);
  const states = ['ignore', 'breaching', 'notBreaching']
    .map((TreatMissingData) => evaluate(series, { Threshold: 0, EvaluationPeriods: 3, DatapointsToAlarm, TreatMissingData }, 'keep'));

  expect(states).toEqual(expected);
});

test('two of three minutes are enough for an alarm that asks for two', () => {
  expect(firings('0 X 0 X 0 0', 'notBreaching', 2)).toEqual([4]);
  expect(firings('0 X 0 0 X 0 0', 'notBreaching', 2)).toEqual([]);
});

test('an alarm that is over fires again, and one that ignores missing data stays on', () => {
  expect(firings('X 0 0 0 X', 'notBreaching', 1, 1)).toEqual([1, 5]);
  expect(firings('X - - - - - X', 'ignore', 1, 1)).toEqual([1]);
  expect(firings('X - - - - - X', 'notBreaching', 1, 1)).toEqual([1, 7]);
});

test.each<[string, { [id: string]: number | undefined }, number | undefined]>([
  ['100 * errors / invocations', { errors: 1, invocations: 4 }, 25],
  ['100 * errors / invocations', {}, undefined],
  ['IF(FILL(writes, 0) > 0 AND FILL(polled, 0) == 0, 1, 0)', { writes: 3 }, 1],
  ['IF(FILL(writes, 0) > 0 AND FILL(polled, 0) == 0, 1, 0)', { writes: 3, polled: 1 }, 0],
  ['IF(FILL(writes, 0) > 0 AND FILL(polled, 0) == 0, 1, 0)', {}, 0],
  ['a + b * 2 - (a - 1)', { a: 5, b: 3 }, 7],
])('%s of %j is %s', (expression, values, result) => {
  expect(parse(expression)((id) => values[id])).toBe(result);
});

test('what is not simulated is an error', () => {
  expect(() => parse('RATE(a)')).toThrow('Not simulated: RATE in RATE(a)');
  expect(() => parse('a b')).toThrow('Not simulated: b');
  expect(() => firings('- - -', 'missing')).toThrow('Not simulated: missing');
});

import { aws_cloudwatch as cloudwatch, type Duration } from 'aws-cdk-lib';
import type { DynamoStreamTrigger } from '../dynamo-stream-trigger';
import { ownedFunction } from '../function/owned-function';

/** Metrics of the parts around a trigger. Those of its mapping and of the runtime are the trigger's own. */

/** Invocations that failed, in percent. Without an invocation there is no value. */
export function errorPercent({ handler }: DynamoStreamTrigger, period: Duration): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({
    expression: '100 * errors / invocations',
    label: 'Errors, % of invocations',
    usingMetrics: { errors: handler.metricErrors({ period }), invocations: handler.metricInvocations({ period }) },
    period,
  });
}

/** How many invocations of the function run at the same time. Lambda counts them for the function, not for its aliases. */
export function concurrentExecutions({ handler }: DynamoStreamTrigger, period: Duration): cloudwatch.Metric {
  return (ownedFunction(handler) ?? handler).metric('ConcurrentExecutions', { statistic: cloudwatch.Stats.MAXIMUM, period });
}

/** Write units that the table consumed. A write that changes nothing, or whose condition fails, consumes some, too. */
function tableWrites({ table }: DynamoStreamTrigger, period: Duration): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/DynamoDB',
    metricName: 'ConsumedWriteCapacityUnits',
    dimensionsMap: { TableName: table.tableName },
    statistic: cloudwatch.Stats.SUM,
    period,
  });
}

/** 1 for a period in which the table is written and nothing is read from its stream, otherwise 0. */
export function silence(trigger: DynamoStreamTrigger, period: Duration): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({
    expression: 'IF(FILL(writes, 0) > 0 AND FILL(polled, 0) == 0, 1, 0)',
    label: 'Written and not read',
    usingMetrics: { writes: tableWrites(trigger, period), polled: trigger.metricPolledEventCount({ period }) },
    period,
  });
}

import type { aws_lambda as lambda } from 'aws-cdk-lib';

/** By a global symbol, because two copies of this package may meet in one app. */
const MONITORED = Symbol.for('dynamo-stream-trigger/monitored');

/** Notes on a mapping that a monitoring watches it: then Lambda emits the mapping's metrics, and the runtime its own. */
export function monitor(mapping: lambda.CfnEventSourceMapping): void {
  Object.defineProperty(mapping, MONITORED, { value: true, configurable: true });
}

export function isMonitored(mapping: lambda.CfnEventSourceMapping): boolean {
  return MONITORED in mapping;
}

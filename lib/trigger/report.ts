import { Annotations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { InvalidTriggerError } from './invalid-trigger-error';
import { Violation } from '../mapping/rule';

/** Throws what is an error, all of it; otherwise warns, so that each rule can be acknowledged by its id. */
export function report(trigger: Construct, violations: readonly Violation[]): void {
  const errors = violations.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new InvalidTriggerError(trigger.node.path, errors);
  for (const { ruleId, message } of violations) {
    Annotations.of(trigger).addWarningV2(`dynamo-stream-trigger:${ruleId}`, message);
  }
}

/** Warns, and returns what is an error: the CDK collects those of all constructs in the one error that fails the synthesis. */
export function lateErrors(trigger: Construct, violations: readonly Violation[]): string[] {
  report(trigger, violations.filter(({ severity }) => severity === 'warning'));
  return violations.filter(({ severity }) => severity === 'error').map(({ message, ruleId }) => `${message} (${ruleId})`);
}

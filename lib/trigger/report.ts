import { Annotations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { InvalidTriggerError } from './invalid-trigger-error';
import type { Violation } from '../rules/rule';

/** Throws what is an error, all of it; otherwise warns, so that each rule can be acknowledged by its id. */
export function report(trigger: Construct, violations: readonly Violation[]): void {
  if (violations.some(isError)) {
    refuse(trigger, violations);
  }
  for (const { ruleId, message } of violations) {
    Annotations.of(trigger).addWarningV2(`dynamo-stream-trigger:${ruleId}`, message);
  }
}

/** Throws what is an error, all of it. */
export function refuse(trigger: Construct, violations: readonly Violation[]): never {
  throw new InvalidTriggerError(trigger.node.path, violations.filter(isError));
}

/** Warns, and returns what is an error: the CDK collects those of all constructs in the one error that fails the synthesis. */
export function lateErrors(trigger: Construct, violations: readonly Violation[]): string[] {
  report(trigger, violations.filter((violation) => !isError(violation)));
  return violations.filter(isError).map(({ message, ruleId }) => `${message} (${ruleId})`);
}

function isError({ severity }: Violation): boolean {
  return severity === 'error';
}

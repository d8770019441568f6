import { Annotations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { InvalidTriggerError } from './invalid-trigger-error';
import { CHECKED_MARK, warningId } from '../rules/marks';
import type { Violation } from '../rules/rule';

/** Throws one error for all violations that are errors. If there are none, warns, so that each warning can be acknowledged by its rule's id. */
export function reportViolations(trigger: Construct, violations: readonly Violation[]): void {
  if (violations.some(isError)) {
    refuseTrigger(trigger, violations);
  }
  for (const { ruleId, message } of violations) {
    Annotations.of(trigger).addWarningV2(warningId(ruleId), message);
  }
}

/** Throws one error for all violations that are errors. */
export function refuseTrigger(trigger: Construct, violations: readonly Violation[]): never {
  throw new InvalidTriggerError(trigger.node.path, violations.filter(isError));
}

/** Warns, and returns the errors. The CDK collects the errors of all constructs into the one that fails the synthesis. */
export function lateErrors(trigger: Construct, violations: readonly Violation[]): string[] {
  reportViolations(trigger, violations.filter((violation) => !isError(violation)));
  if (!trigger.node.metadata.some(({ type }) => type === CHECKED_MARK)) {
    trigger.node.addMetadata(CHECKED_MARK, true);
  }
  return violations.filter(isError).map(({ message, ruleId }) => `${message} (${ruleId})`);
}

function isError({ severity }: Violation): boolean {
  return severity === 'error';
}

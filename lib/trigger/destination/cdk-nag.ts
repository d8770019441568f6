import * as cdk from 'aws-cdk-lib';
import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Acknowledges for cdk-nag that a queue is a dead-letter queue: cdk-nag finds those of queues and functions, not those of mappings. */
export function acknowledgeFailureQueue(queue: IConstruct): void {
  acknowledge(queue, ['AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy'],
    'This queue is the dead-letter queue of an event source mapping, which cdk-nag does not know.');
}

/** Acknowledges for cdk-nag what a bucket of failures does without. */
export function acknowledgeFailureBucket(bucket: IConstruct): void {
  acknowledge(bucket, ['AwsSolutions-S1'],
    'An access log is a bucket of its own, which the organisation chooses. Who may use this bucket is decided by grants: its policy opens it to nobody.');
}

/** Acknowledges for cdk-nag why the policies of a role name objects with a wildcard: it objects to any wildcard, even after a prefix. */
export function acknowledgeObjects(role: IConstruct, objectArns: readonly string[], reason: string): void {
  const acknowledgeAll = () => {
    acknowledge(role, objectArns.map((arn) => `AwsSolutions-IAM5[Resource::${inFinding(Stack.of(role).resolve(arn))}]`), reason);
  };
  acknowledgeAll();
  // How the template names a bucket of another stack is known only then.
  role.node.addValidation({
    validate: () => {
      acknowledgeAll();
      return [];
    },
  });
}

/**
 * Writes the same metadata as `Validations.of(construct).acknowledge`. The CDK's method also takes a stack trace for each rule, which
 * is most of its cost in an app with many triggers.
 */
function acknowledge(construct: IConstruct, rules: readonly string[], reason: string): void {
  // The CDK has it since 2.258. cdk-nag 3 does not run before that version.
  const { Validations } = cdk as { Validations?: { readonly ACKNOWLEDGED_RULES_METADATA_KEY: string } };
  if (Validations === undefined) {
    return;
  }
  construct.node.addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, Object.fromEntries(rules.map((rule) => [rule, reason])));
}

/** An ARN as cdk-nag spells it in the id of a finding. */
function inFinding(resolved: any): string {
  if (typeof resolved === 'string') {
    return resolved;
  }
  const [[fn, argument]] = Object.entries<any>(resolved);
  switch (fn) {
    case 'Fn::Join': return argument[1].map(inFinding).join(argument[0]);
    case 'Fn::GetAtt': return `<${argument.join('.')}>`;
    case 'Fn::ImportValue': return inFinding(argument);
    case 'Ref': return `<${argument}>`;
    default: return JSON.stringify(resolved);
  }
}

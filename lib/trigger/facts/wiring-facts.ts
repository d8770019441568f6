import { type aws_dynamodb as dynamodb, type aws_lambda as lambda, Stack } from 'aws-cdk-lib';
import { destinationFacts } from './destination-facts';
import { functionFacts } from './function-facts';
import { streamFacts } from './stream-facts';
import { streamReaders } from './stream-readers';
import { Misfit } from '../../rules/facts';
import type { SettingFacts } from '../../rules/mapping-rules';
import type { WiringFacts } from '../../rules/wiring-rules';
import type { TriggerDestination } from '../destination/trigger-destination';
import type { ExecutionRole } from '../role/execution-role';
import { unlessOverridden } from '../template/deployed-properties';
import { plain } from '../template/known-text';
import { unwritable } from '../template/response-types';

/** A trigger that has wired all of its parts. */
export interface WiredTrigger {
  readonly table: dynamodb.ITable;
  readonly handler: lambda.IFunction;
  readonly settings: { readonly reportBatchItemFailures: unknown };
  readonly settingFacts: SettingFacts;
  readonly mapping: lambda.CfnEventSourceMapping;
  readonly destination: TriggerDestination;
  readonly role: ExecutionRole;
  /** The ARNs that the role's permissions on the stream name. */
  readonly granted: readonly string[];
  /** Whether the function can name an ARN, as the finished app shows it. */
  readonly canName: (arn: string) => boolean;
}

/** What a trigger is wired to, as plain values, for the rules. Reads the mapping as it will be deployed, whatever changed it. */
export function wiringFacts(trigger: WiredTrigger, deployed: { readonly [name: string]: any }): WiringFacts {
  const { table, handler, mapping, destination, role, settings, settingFacts, canName } = trigger;
  const { region, account } = Stack.of(mapping);
  // Of mappings with different conditions, perhaps only one is deployed.
  const readers = streamReaders(mapping).filter(({ cfnOptions }) => cfnOptions.condition === mapping.cfnOptions.condition);
  const granted = role.delaysHandler ? [...trigger.granted, ...destination.needed] : [];
  const destinationArn = destinationOf(mapping, deployed);
  const unwritten = unwritable(settings.reportBatchItemFailures, mapping);
  return {
    table: streamFacts(table, unlessOverridden(mapping.eventSourceArn, deployed.EventSourceArn, mapping), mapping, readers),
    handler: { ...functionFacts(handler, mapping, readers, granted), missingStatements: role.missingStatements },
    onFailure: destinationArn === undefined ? undefined : {
      ...destinationFacts(destinationArn, mapping, destination.dlq),
      unnameable: destination.arn !== undefined && !canName(destination.arn),
    },
    reportBatchItemFailures: unwritten === undefined ? undefined : new Misfit(unwritten),
    filters: settingFacts.filters,
    batchSize: plain(mapping.batchSize),
    trigger: { region: plain(region), account: plain(account) },
  };
}

function destinationOf(mapping: lambda.CfnEventSourceMapping, deployed: { readonly [name: string]: any }): string | undefined {
  const { onFailure } = (mapping.destinationConfig ?? {}) as lambda.CfnEventSourceMapping.DestinationConfigProperty;
  const { destination } = (onFailure ?? {}) as lambda.CfnEventSourceMapping.OnFailureProperty;
  return unlessOverridden(destination, deployed.DestinationConfig?.OnFailure?.Destination, mapping);
}

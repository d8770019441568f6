import { type aws_dynamodb as dynamodb, type aws_lambda as lambda, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { destinationFacts } from './destination-facts';
import { functionFacts } from './function-facts';
import { nestingFacts } from './nesting-facts';
import { streamFacts } from './stream-facts';
import { streamReaders } from './stream-readers';
import { Misfit } from '../../rules/facts';
import type { SettingFacts } from '../../rules/mapping-rules';
import type { WiringFacts } from '../../rules/wiring-rules';
import type { TriggerDestination } from '../destination/trigger-destination';
import type { ExecutionRole } from '../role/execution-role';
import type { ParkingObstacle } from '../function/triggers-facts';
import { destinationOf, streamOf } from '../template/deployed-mapping';
import { plain } from '../template/known-text';
import { unwritable } from '../template/response-types';

/** A trigger that has wired all of its parts. */
export interface WiredTrigger {
  readonly scope: IConstruct;
  readonly table: dynamodb.ITable;
  readonly handler: lambda.IFunction;
  readonly settings: { readonly reportBatchItemFailures: unknown };
  readonly settingFacts: SettingFacts;
  readonly mapping: lambda.CfnEventSourceMapping;
  readonly destination: TriggerDestination;
  readonly role: ExecutionRole;
  /** The function, if its environment has the variable. */
  readonly informed: lambda.Function | undefined;
  /** Why the function can't park records in the failure destination, as the finished app shows it. */
  readonly parkingObstacle: () => ParkingObstacle | undefined;
}

/** What a trigger is wired to, as plain values, for the rules. Reads the mapping as it will be deployed, whatever changed it. */
export function wiringFacts(trigger: WiredTrigger, deployed: SettingFacts): WiringFacts {
  const { table, handler, mapping, destination, role, settings, parkingObstacle } = trigger;
  const { region, account } = Stack.of(mapping);
  // Of mappings with different conditions, perhaps only one is deployed.
  const readers = streamReaders(mapping).filter(({ cfnOptions }) => cfnOptions.condition === mapping.cfnOptions.condition);
  const destinationArn = destinationOf(mapping);
  const unwritten = unwritable(settings.reportBatchItemFailures, mapping);
  return {
    table: streamFacts(table, streamOf(mapping), mapping, readers),
    handler: { ...functionFacts(handler, mapping, readers, trigger.informed), missingStatements: role.missingStatements },
    onFailure: destinationArn === undefined ? undefined : {
      ...destinationFacts(destinationArn, mapping, destination.dlq),
      parkingObstacle: parkingObstacle(),
    },
    reportBatchItemFailures: unwritten === undefined ? undefined : new Misfit(unwritten),
    filters: deployed.filters,
    batchSize: deployed.batchSize,
    nesting: nestingFacts(mapping, trigger.scope),
    trigger: { region: plain(region), account: plain(account) },
  };
}

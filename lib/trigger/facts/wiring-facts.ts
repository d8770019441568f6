import { type aws_dynamodb as dynamodb, type aws_lambda as lambda, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { destinationFacts } from './destination-facts';
import { functionFacts } from './function-facts';
import { writesToOwnTable } from './loop';
import { nestingFacts } from './nesting-facts';
import { isCutOff } from './reach';
import { streamFacts } from './stream-facts';
import { streamReaders } from './stream-readers';
import { Misfit } from '../../rules/facts';
import type { SettingFacts } from '../../rules/mapping-rules';
import type { WiringFacts } from '../../rules/wiring-rules';
import type { TriggerDestination } from '../destination/trigger-destination';
import type { ParkingObstacle } from '../function/triggers-facts';
import type { ExecutionRole } from '../role/execution-role';
import { destinationOf, streamOf } from '../template/deployed-mapping';
import { plain } from '../template/known-text';
import { resourceOf } from '../template/resource';
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
  /** The paths of the app's alarms on the mapping's metrics. */
  readonly alarms: () => readonly string[];
  /** The function, if its environment has the variable. */
  readonly informed: lambda.Function | undefined;
  /** Why the function can't park records in the failure destination, as the finished app shows it. */
  readonly parkingObstacle: () => ParkingObstacle | undefined;
}

/** What a trigger is wired to, as plain values, for the rules. Reads the mapping as it will be deployed, whatever changed it. */
export function wiringFacts(trigger: WiredTrigger, deployed: SettingFacts): WiringFacts {
  const { table, handler, mapping, destination, role, settings, informed, parkingObstacle } = trigger;
  const { region, account } = Stack.of(mapping);
  // Of mappings with different conditions, perhaps only one is deployed.
  const readers = streamReaders(mapping).filter(({ cfnOptions }) => cfnOptions.condition === mapping.cfnOptions.condition);
  const destinationArn = destinationOf(mapping);
  const onFailure = destinationArn === undefined ? undefined : destinationFacts(destinationArn, mapping, destination.dlq);
  const unwritten = unwritable(settings.reportBatchItemFailures, mapping);
  return {
    table: streamFacts(table, streamOf(mapping), mapping, readers),
    handler: { ...functionFacts(handler, mapping, readers, informed), missingStatements: role.missingStatements },
    onFailure: onFailure && {
      ...onFailure,
      cutOff: informed !== undefined && isCutOff(resourceOf(informed)!, onFailure.service),
      parkingObstacle: parkingObstacle(),
    },
    reportBatchItemFailures: unwritten === undefined ? undefined : new Misfit(unwritten),
    filters: deployed.filters,
    batchSize: deployed.batchSize,
    parallelizationFactor: deployed.parallelizationFactor,
    enabled: deployed.enabled,
    metricsConfig: deployed.metricsConfig,
    writesToTable: deployed.filters.length === 0 && writesToOwnTable(handler, table),
    alarms: trigger.alarms(),
    nesting: nestingFacts(mapping, trigger.scope),
    trigger: { region: plain(region), account: plain(account) },
  };
}

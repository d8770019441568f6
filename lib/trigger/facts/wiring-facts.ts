import { type aws_dynamodb as dynamodb, type aws_lambda as lambda, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { copiesIn } from './copies';
import { destinationFacts } from './destination-facts';
import { finishedApp } from './finished-app';
import { functionFacts } from './function-facts';
import { writesToOwnTable } from './loop';
import { nestingFacts } from './nesting-facts';
import { isCutOff } from './reach';
import { streamFacts } from './stream-facts';
import { Misfit } from '../../rules/facts';
import type { SettingFacts } from '../../rules/mapping-rules';
import type { TriggerWiringFacts } from '../../rules/trigger-wiring-rules';
import type { TriggerDestination } from '../destination/trigger-destination';
import type { OmittedFacts } from '../function/function-environment';
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
  /** The function, if its environment has the variable. */
  readonly informed: lambda.Function | undefined;
  /** Whether the function is known to park records: others leave the destination to Lambda, which is in no VPC. */
  readonly hasRuntime: boolean;
  readonly omitted: OmittedFacts | undefined;
}

/**
 * What a trigger is wired to, as plain values, for the rules. Reads the mapping as it will be deployed, whatever changed it.
 *
 * @param parts what the trigger was made of
 */
export function wiringFacts(trigger: WiredTrigger, deployed: SettingFacts, parts: readonly unknown[]): TriggerWiringFacts {
  const { table, handler, mapping, destination, role, settings, informed, omitted } = trigger;
  const { region, account } = Stack.of(mapping);
  const app = finishedApp(mapping);
  // Of mappings with different conditions, perhaps only one is deployed. One without a condition always is.
  const { condition } = mapping.cfnOptions;
  const readers = app.readersOf(mapping)
    .filter(({ cfnOptions: other }) => condition === undefined || [undefined, condition].includes(other.condition));
  const destinationArn = destinationOf(mapping);
  const onFailure = destinationArn === undefined ? undefined : destinationFacts(destinationArn, mapping, destination.dlq);
  const unwritten = unwritable(settings.reportBatchItemFailures, mapping);
  return {
    table: streamFacts(table, streamOf(mapping), mapping, readers),
    handler: {
      ...functionFacts(handler, mapping, readers, informed),
      missingStatements: role.missingStatements(app.policies, onFailure ? destination.neededFor(destinationArn, onFailure.service, mapping) : []),
      silencers: omitted?.silencers() ?? [],
    },
    onFailure: onFailure && {
      ...onFailure,
      cutOff: trigger.hasRuntime && informed !== undefined && isCutOff(resourceOf(informed)!, onFailure.service, app.resources),
      isMade: destination.queue !== undefined,
      parkingObstacle: omitted?.parkingObstacle(),
    },
    reportBatchItemFailures: unwritten === undefined ? undefined : new Misfit(unwritten),
    filters: deployed.filters,
    batchSize: deployed.batchSize,
    parallelizationFactor: deployed.parallelizationFactor,
    enabled: deployed.enabled,
    metricsConfig: deployed.metricsConfig,
    writesToTable: deployed.filters.length === 0 && writesToOwnTable(handler, table, app.policies),
    alarms: app.alarmsOn(mapping),
    nesting: nestingFacts(mapping, trigger.scope),
    copies: copiesIn(trigger.scope, parts),
    mapping: { region: plain(region), account: plain(account) },
  };
}

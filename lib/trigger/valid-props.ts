import { RemovalPolicy } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { inSeconds, propFacts, settingFacts } from './facts/setting-facts';
import type { StreamFilter } from './filter/stream-filter';
import { hasRuntime } from './function/informed';
import type { DynamoStreamTriggerProps } from './props';
import { reportViolations } from './report-violations';
import { StreamPermissions } from './role/permissions';
import { FILTER_RULES } from '../rules/filter/filter-rules';
import { MAPPING_RULES, type SettingFacts } from '../rules/mapping-rules';
import { judge } from '../rules/rule';
import { completed, markValid, RETRIES_WITHOUT_RUNTIME, type SettingName, type ValidSettings } from '../rules/settings';
import { type PropFacts, TRIGGER_RULES } from '../rules/trigger-rules';
import { TRIGGER_WORDS } from '../rules/words';

/** The props of a trigger that passed the rules, with defaults for what was not given. */
export interface ValidProps extends Omit<DynamoStreamTriggerProps, SettingName> {
  readonly settings: Omit<ValidSettings, 'filters'>;
  readonly filters: readonly StreamFilter[];
  readonly failureQueueRemovalPolicy: RemovalPolicy;
  readonly permissions: StreamPermissions;
  readonly propFacts: PropFacts;
  readonly settingFacts: SettingFacts;
}

/**
 * Completes the props, applies the rules to them, and warns.
 *
 * @throws InvalidTriggerError with everything that is wrong.
 */
export function validProps(props: DynamoStreamTriggerProps | null | undefined, trigger: Construct): ValidProps {
  const given = withoutNull(props ?? {});
  const retries = hasRuntime(given.handler, given.informHandler) ? {} : { retryAttempts: RETRIES_WITHOUT_RUNTIME };
  const settings = completed({ ...retries, ...given, ...inSeconds(given) });
  const facts = { propFacts: propFacts(given, settings, trigger), settingFacts: settingFacts(given, settings) };
  reportViolations(trigger, [
    ...judge(TRIGGER_RULES, facts.propFacts, TRIGGER_WORDS),
    ...judge(MAPPING_RULES, facts.settingFacts, TRIGGER_WORDS),
    ...judge(FILTER_RULES, facts.settingFacts, TRIGGER_WORDS),
  ]);
  return {
    failureQueueRemovalPolicy: RemovalPolicy.RETAIN,
    permissions: StreamPermissions.MANAGED_POLICY,
    ...given,
    ...facts,
    settings: markValid(settings),
    filters: settings.filters as readonly StreamFilter[],
  };
}

/** To an untyped caller, null means not given. */
function withoutNull(props: object): DynamoStreamTriggerProps {
  return Object.fromEntries(Object.entries(props).filter(([, value]) => value !== undefined && value !== null)) as any;
}

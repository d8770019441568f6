import type { aws_lambda as lambda } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { changedSettings, changesOf, deployedSettings, judgeChanged } from './facts/changed-settings';
import { namingCopies, constructsIn } from './facts/copies';
import { type WiredTrigger, wiringFacts } from './facts/wiring-facts';
import { lateErrors } from './report-violations';
import { deployedProperties } from './template/deployed-properties';
import { UNKNOWN } from '../rules/facts';
import { judge } from '../rules/rule';
import { type PropFacts, TRIGGER_RULES } from '../rules/trigger-rules';
import { TRIGGER_WIRING_RULES } from '../rules/trigger-wiring-rules';
import { WIRING_RULES } from '../rules/wiring-rules';
import { TRIGGER_WORDS } from '../rules/words';

/** Applies the rules to what only the finished app shows, when it is synthesized. */
export function judgeFinishedTree(trigger: Construct, wired: Omit<WiredTrigger, 'scope'> & JudgedProps): void {
  const { mapping, settingFacts, propFacts } = wired;
  const isChanged = changesOf(mapping);
  // Which metrics the mapping has without the prop, an alarm decides, and what only the deployment knows may turn out to be a value.
  const asGiven = { ...settingFacts, metricsConfig: wired.metricsConfig === undefined ? UNKNOWN : settingFacts.metricsConfig } as const;
  const hasTokens = JSON.stringify(settingFacts).includes(UNKNOWN);
  trigger.node.addValidation({
    validate: () => {
      const parts = constructsIn({ ...wired, onFailure: wired.destination.dlq });
      try {
        const deployed = hasTokens || isChanged() ? deployedSettings(deployedProperties(mapping), settingFacts) : asGiven;
        return lateErrors(trigger, [
          ...judgeChanged(TRIGGER_RULES, propFacts, { ...propFacts, reportBatchItemFailures: deployed.reportBatchItemFailures }, TRIGGER_WORDS),
          ...deployed === asGiven ? [] : changedSettings(deployed, settingFacts),
          ...judge([...WIRING_RULES, ...TRIGGER_WIRING_RULES], wiringFacts({ ...wired, scope: trigger }, deployed, parts), TRIGGER_WORDS),
        ]);
      } catch (error) {
        throw namingCopies(error, trigger, parts);
      }
    },
  });
}

interface JudgedProps {
  readonly propFacts: PropFacts;
  readonly metricsConfig?: lambda.MetricsConfig;
}

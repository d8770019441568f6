import type { Construct } from 'constructs';
import { changedSettings, deployedSettings } from './facts/changed-settings';
import { namingCopies, partsOf } from './facts/copies';
import { type WiredTrigger, wiringFacts } from './facts/wiring-facts';
import { lateErrors } from './report';
import { deployedProperties } from './template/deployed-properties';
import { judge, judgeChanged } from '../rules/rule';
import { type PropFacts, TRIGGER_RULES } from '../rules/trigger-rules';
import { WIRING_RULES } from '../rules/wiring-rules';
import { TRIGGER_WORDS } from '../rules/words';

/** Applies the rules to what only the finished app shows, when it is synthesized. */
export function judgeFinishedTree(trigger: Construct, wired: Omit<WiredTrigger, 'scope'> & { readonly propFacts: PropFacts }): void {
  const { mapping, settingFacts, propFacts } = wired;
  trigger.node.addValidation({
    validate: () => {
      const parts = partsOf({ ...wired, onFailure: wired.destination.dlq });
      try {
        const deployed = deployedSettings(deployedProperties(mapping), settingFacts);
        return lateErrors(trigger, [
          ...judgeChanged(TRIGGER_RULES, propFacts, { ...propFacts, reportBatchItemFailures: deployed.reportBatchItemFailures }, TRIGGER_WORDS),
          ...changedSettings(deployed, settingFacts),
          ...judge(WIRING_RULES, wiringFacts({ ...wired, scope: trigger }, deployed, parts), TRIGGER_WORDS),
        ]);
      } catch (error) {
        throw namingCopies(error, trigger, parts);
      }
    },
  });
}

import type { Construct } from 'constructs';
import { changedSettings } from './facts/changed-settings';
import { type WiredTrigger, wiringFacts } from './facts/wiring-facts';
import { lateErrors } from './report';
import { deployedProperties } from './template/deployed-properties';
import { judge } from '../rules/rule';
import { WIRING_RULES } from '../rules/wiring-rules';
import { TRIGGER_WORDS } from '../rules/words';

/** Applies the rules to what only the finished app shows, when it is synthesized. */
export function judgeFinishedTree(trigger: Construct, wired: WiredTrigger): void {
  trigger.node.addValidation({
    validate: () => {
      const deployed = deployedProperties(wired.mapping);
      return lateErrors(trigger, [
        ...changedSettings(deployed, wired.settingFacts),
        ...judge(WIRING_RULES, wiringFacts(wired, deployed), TRIGGER_WORDS),
      ]);
    },
  });
}

import { acknowledgementsOf } from './acknowledged';
import { settingFacts, wiringFacts } from './facts';
import { byStream, type FoundMapping, mappingsOf } from './mappings';
import { readStacks } from './stacks';
import { FILTER_RULES } from '../rules/filter/filter-rules';
import { MAPPING_RULES } from '../rules/mapping-rules';
import { judge, type Violation } from '../rules/rule';
import { WIRING_RULES } from '../rules/wiring-rules';

/** A mapping in a template, and what is wrong with it. */
export interface CheckedMapping {
  /** The file of the template, and the line of the mapping in it, from 1. */
  readonly file: string;
  readonly line: number;
  readonly logicalId: string;
  /** The name of the event in a SAM function. */
  readonly event?: string;
  /** The construct path, where the template or the app has it. */
  readonly path?: string;
  readonly violations: readonly Violation[];
}

/** What was found in templates. */
export interface Checked {
  readonly mappings: readonly CheckedMapping[];
  /** Mappings of which only the deployment shows whether they read a DynamoDB stream. They are not checked. */
  readonly undecided: readonly CheckedMapping[];
}

/**
 * Judges every mapping of a DynamoDB stream in a synthesized app, or in a template of CloudFormation or SAM, whoever wrote it.
 *
 * @param input the folder that `cdk synth` wrote, or a template as JSON or YAML
 * @param ignored ids of rules that are not applied
 * @throws UnusableInput
 */
export function check(input: string, ignored: readonly string[] = []): Checked {
  const { found, undecided } = mappingsOf(readStacks(input));
  const ofStream = byStream(found);
  return {
    mappings: found.map((mapping) => {
      const isAcknowledged = acknowledgementsOf(mapping);
      return described(mapping, violationsOf(mapping, ofStream(mapping)).filter(({ ruleId, severity }) =>
        !ignored.includes(ruleId) && !(severity === 'warning' && isAcknowledged(ruleId))));
    }),
    undecided: undecided.map((mapping) => described(mapping, [])),
  };
}

function described({ stack, logicalId, event, keys }: FoundMapping, violations: readonly Violation[]): CheckedMapping {
  const path = stack.pathOf(logicalId);
  return {
    file: stack.file,
    // Nobody looks for what is in order.
    line: violations.length === 0 ? 1 : stack.lineOf(keys),
    logicalId,
    ...(event !== undefined && { event }),
    ...(path !== undefined && { path }),
    violations,
  };
}

function violationsOf(mapping: FoundMapping, ofStream: readonly FoundMapping[]): Violation[] {
  const settings = settingFacts(mapping);
  return [
    ...judge(MAPPING_RULES, settings, mapping.words),
    ...judge(FILTER_RULES, settings, mapping.words),
    ...judge(WIRING_RULES, wiringFacts(mapping, settings, ofStream), mapping.words),
  ];
}

import type { Violation } from '../rules/rule';

/** AWS would refuse the trigger. Names every violation at once. Recognize it by its `name`: two copies of this package have two classes. */
export class InvalidTriggerError extends Error {
  readonly name = 'InvalidTriggerError';

  constructor(
    /** The path of the trigger's construct. */
    readonly path: string,
    readonly violations: readonly Violation[],
  ) {
    super([
      `The trigger ${path} can't work as it is:`,
      ...violations.map(({ message, ruleId }) => `- [${path}] ${message} (${ruleId})`),
    ].join('\n'));
  }
}

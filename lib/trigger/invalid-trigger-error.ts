import type { Violation } from '../rules/rule';

/** A trigger's settings would be refused or lose records. Tells of every violation at once. Known by its `name`. */
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

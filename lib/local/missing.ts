import type { LambdaFunction, LocalApp, LocalMapping } from './assembly/app';
import { LocalRunError, type LocalRunErrorCode } from './errors';
import type { LocalObserver } from './events';

/** A part of the app that is not there. */
export interface Missing {
  /** What it is and why it is missing, in one sentence. */
  readonly message: string;
  /** Whether this mapping can't run without it. */
  stops(mapping: LocalMapping): boolean;
}

/**
 * The app without the triggers that can't run. What is missing is named once, with the triggers that it stops.
 *
 * @throws LocalRunError with this code, if no trigger is left
 */
export function withoutMissing(app: LocalApp, missing: readonly Missing[], code: LocalRunErrorCode, observer: LocalObserver): LocalApp {
  const lines = missing.map(({ message, stops }) => `${message} ${consequence(app.mappings.filter(stops))}`);
  const mappings = app.mappings.filter((mapping) => !missing.some(({ stops }) => stops(mapping)));
  if (mappings.length === 0) {
    throw new LocalRunError(code, lines.join('\n'));
  }
  lines.forEach((message) => observer({ type: 'warning', message }));
  return { ...app, mappings, functions: functionsOf(mappings) };
}

/** The functions that mappings invoke. */
function functionsOf(mappings: readonly LocalMapping[]): LambdaFunction[] {
  return [...new Set(mappings.map((mapping) => mapping.function))];
}

function consequence(stopped: readonly LocalMapping[]): string {
  const paths = stopped.map(({ path }) => path).join(', ');
  return stopped.length === 0 ? 'No trigger needs it.'
    : stopped.length === 1 ? `The trigger ${paths} does not run.` : `These triggers do not run: ${paths}.`;
}

import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { LambdaFunction } from '../assembly/app';
import { LocalRunError } from '../errors';

/** The environment variables that the user gives, over those of the template. */
export interface GivenVariables {
  /** Those of a function. */
  of(target: LambdaFunction): Record<string, string>;
  /** What was given and is not used, a sentence each. */
  notes(functions: readonly LambdaFunction[]): string[];
}

/** These decide where the functions' requests go and who makes them, which a run decides itself. */
const RESERVED = /^(AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|PROFILE|LAMBDA_RUNTIME_API)|LAMBDA_TASK_ROOT|_HANDLER)$/;

/**
 * Reads environment variables for the functions.
 *
 * @param envFile a file of lines `NAME=value`, for all functions
 * @param envVars a file of JSON as for `sam local --env-vars`: objects of variables, by logical id, name or construct path of a function, and
 *   those of `Parameters` for all functions. They take precedence over those of `envFile`.
 * @throws LocalRunError VARIABLES_UNREADABLE
 */
export function givenVariables({ envFile, envVars }: { envFile?: string; envVars?: string }): GivenVariables {
  const fromFile = envFile === undefined ? {} : read(envFile, '--env-file', (text) => parseEnv(text) as Record<string, string>);
  const { Parameters: forAll = {}, ...byFunction } = envVars === undefined ? {} : read(envVars, '--env-vars', variablesByFunction);
  const isNamed = (target: LambdaFunction, name: string) => [target.logicalId, target.name, target.path].includes(name);
  const all = [fromFile, forAll, ...Object.values(byFunction)];
  return {
    of: (target) => {
      const own = Object.entries(byFunction).filter(([name]) => isNamed(target, name)).map(([, variables]) => variables);
      return allowed(Object.assign({}, fromFile, forAll, ...own));
    },
    notes: (functions) => {
      const reserved = new Set(all.flatMap(Object.keys).filter((name) => RESERVED.test(name)));
      const strangers = Object.keys(byFunction).filter((name) => !functions.some((target) => isNamed(target, name)));
      return [
        ...reserved.size > 0 ? [`${[...reserved].join(', ')} of the given variables can't be set here. --profile gives the functions credentials.`] : [],
        ...strangers.length > 0 ? [`--env-vars names ${strangers.join(', ')}, but no function of a trigger has such a logical id, name or path.`] : [],
      ];
    },
  };
}

function allowed(variables: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !RESERVED.test(name)));
}

function read<T>(file: string, option: string, parse: (text: string) => T): T {
  try {
    return parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new LocalRunError('VARIABLES_UNREADABLE', `${option} ${file} can't be read: ${(error as Error).message}`);
  }
}

function variablesByFunction(text: string): Record<string, Record<string, string>> {
  const value: unknown = JSON.parse(text);
  if (!isObject(value) || !Object.values(value).every(isObject)) {
    throw new Error('it must be an object of objects: {"Parameters": {"NAME": "value"}, "OnOrder": {"NAME": "value"}}');
  }
  return Object.fromEntries(Object.entries(value).map(([name, variables]) => [name, Object.fromEntries(
    Object.entries(variables as object).map(([variable, given]) => [variable, typeof given === 'object' ? JSON.stringify(given) : String(given)]),
  )]));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

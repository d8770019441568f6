import { createHash } from 'node:crypto';
import { ifKnown, type Resolve, UnresolvedValueError } from './resolution';
import { physicalName } from './resource-names';
import type { SynthesizedStack, TemplateResource } from '../../assembly';

/** Where values are looked for. */
interface Places {
  readonly stacks: readonly SynthesizedStack[];
  attribute(stack: SynthesizedStack, logicalId: string, resource: TemplateResource, attribute?: string): string | undefined;
}

/**
 * The value of a parameter of Systems Manager that the app makes.
 *
 * @throws UnresolvedValueError if it makes none of this name
 */
export function ssmParameterIn({ stacks }: Places, resolve: Resolve, name: string): string {
  const found = find(stacks, 'AWS::SSM::Parameter', (stack, id, resource) => physicalName(stack, id, resource, resolve) === name);
  if (!found) {
    throw new UnresolvedValueError(`the parameter ${name} of Systems Manager`, 'is not in this app');
  }
  return String(resolve(found.stack, found.resource.Properties?.Value));
}

/**
 * The value of a secret that the app makes: the given one, or one made here by the rules that are given for it.
 *
 * @param reference as in a dynamic reference: `name-or-arn:SecretString:json-key:stage:version`
 * @throws UnresolvedValueError if the app makes none of this name
 */
export function secretIn(places: Places, resolve: Resolve, reference: string): string {
  const [, id, key = ''] = /^(.*?)(?::SecretString(?::([^:]*).*)?)?$/.exec(reference)!;
  const found = find(places.stacks, 'AWS::SecretsManager::Secret', (stack, logicalId, resource) => {
    const arn = places.attribute(stack, logicalId, resource)!;
    // The ARN may lack the six characters at its end.
    return [physicalName(stack, logicalId, resource, resolve), arn, arn.slice(0, -7)].includes(id);
  });
  if (!found) {
    throw new UnresolvedValueError(`the secret ${id}`, 'is not in this app');
  }
  const text = secretValue(found, resolve, physicalName(found.stack, found.logicalId, found.resource, resolve));
  return key === '' ? text : field(text, key, id);
}

/** The value of this secret. */
export function secretValue({ stack, resource }: Pick<Found, 'stack' | 'resource'>, resolve: Resolve, name: string): string {
  const { SecretString: given, GenerateSecretString: rules = {} } = resolve(stack, resource.Properties ?? {});
  return given ?? generated(rules, name);
}

/** As CloudFormation spells it. */
interface GenerationRules {
  readonly PasswordLength?: number | string;
  readonly ExcludeCharacters?: string;
  readonly ExcludeLowercase?: boolean;
  readonly ExcludeUppercase?: boolean;
  readonly ExcludeNumbers?: boolean;
  readonly SecretStringTemplate?: string;
  readonly GenerateStringKey?: string;
}

/** The same in each run. It has no punctuation, as if that were excluded. */
function generated(rules: GenerationRules, name: string): string {
  const { PasswordLength = 32, ExcludeCharacters = '', SecretStringTemplate: template, GenerateStringKey: key } = rules;
  const characters = [
    rules.ExcludeLowercase ? '' : 'abcdefghijklmnopqrstuvwxyz',
    rules.ExcludeUppercase ? '' : 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    rules.ExcludeNumbers ? '' : '0123456789',
  ].join('').split('').filter((character) => !ExcludeCharacters.includes(character));
  const password = Array.from({ length: Number(PasswordLength) }, (_, index) =>
    characters[createHash('sha256').update(`${name} ${index}`).digest()[0] % characters.length] ?? '-').join('');
  return template !== undefined && key !== undefined ? JSON.stringify({ ...JSON.parse(template), [key]: password }) : password;
}

function field(text: string, key: string, id: string): string {
  try {
    const value = JSON.parse(text)[key];
    if (value !== undefined) {
      return String(value);
    }
  } catch {
    // Not JSON.
  }
  throw new UnresolvedValueError(`the key ${key} of the secret ${id}`, 'is not in its value');
}

interface Found {
  readonly stack: SynthesizedStack;
  readonly logicalId: string;
  readonly resource: TemplateResource;
}

function find(
  stacks: readonly SynthesizedStack[], type: string, isIt: (stack: SynthesizedStack, logicalId: string, resource: TemplateResource) => boolean,
): Found | undefined {
  for (const stack of stacks) {
    for (const [logicalId, resource] of Object.entries(stack.template.Resources ?? {})) {
      if (resource.Type === type && ifKnown(() => isIt(stack, logicalId, resource))) {
        return { stack, logicalId, resource };
      }
    }
  }
  return undefined;
}

import { asText } from '../rules/cloudformation';

/** An entry of a section of a template, and the keys that lead to it there. */
export interface Expanded {
  readonly name: string;
  readonly value: { readonly [name: string]: any };
  readonly keys: readonly string[];
}

/**
 * The entries of a section that are objects, with each `Fn::ForEach` replaced by what it stands for. Where only the deployment knows for what, its
 * entries are there once, with its variable.
 *
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
 *
 * @param simplified gives the list of a loop, as far as the template has it
 */
export function expandedSection(section: unknown, simplified: (collection: unknown) => unknown, before: readonly string[] = []): Expanded[] {
  return !isObject(section) ? [] : Object.entries(section).flatMap(([name, value]): Expanded[] => {
    const keys = [...before, name];
    if (name.startsWith('Fn::ForEach::') && Array.isArray(value)) {
      const [variable, collection, body] = value;
      const list = simplified(collection);
      // The keys are those of the loop, whatever its variable is.
      const entries = expandedSection(body, simplified, [...keys, '2']);
      return !isListOfTexts(list) ? entries : list.flatMap((element) => entries.map((entry) => ({
        name: withElement(entry.name, asText(variable), element),
        value: withElement(entry.value, asText(variable), element),
        keys: entry.keys,
      })));
    }
    return isObject(value) ? [{ name, value, keys }] : [];
  });
}

/** A value in which a loop's variable is an element of its list. In logical ids, `&{…}` is the element without what they can't have. */
function withElement<Value>(value: Value, variable: string, element: string): Value;
function withElement(value: any, variable: string, element: string): any {
  if (typeof value === 'string') {
    return value.replaceAll(`\${${variable}}`, element).replaceAll(`&{${variable}}`, element.replace(/[^A-Za-z0-9]/g, ''));
  }
  if (Array.isArray(value)) {
    return value.map((part) => withElement(part, variable, element));
  }
  if (!isObject(value)) {
    return value;
  }
  return value.Ref === variable ? element
    : Object.fromEntries(Object.entries(value).map(([name, part]) => [withElement(name, variable, element), withElement(part, variable, element)]));
}

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}

function isObject(value: unknown): value is { readonly [name: string]: any } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

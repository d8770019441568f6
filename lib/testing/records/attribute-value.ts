import type { AttributeValue } from '../../stream/record';

/** An attribute's value in JavaScript, or in DynamoDB's notation. */
export type Value =
  | AttributeValue | string | number | bigint | boolean | null | Uint8Array
  | readonly Value[] | ReadonlySet<string | number | bigint | Uint8Array> | { readonly [name: string]: Value };

/**
 * An item in JavaScript, or in DynamoDB's notation: an object whose properties are such values. It may be of any interface. Properties
 * that are undefined are omitted.
 */
export type Item = object;

/** Exactly one of these types. */
type OneOf<Types> = { [Type in keyof Types]: { [type in Type]: Types[type] } & { [type in Exclude<keyof Types, Type>]?: never } }[keyof Types];

/** An attribute value with exactly one type descriptor, as the types of `@types/aws-lambda` require. */
export type OneTypeValue = OneOf<{
  /** Bytes, in base64. */
  B: string;
  /** True or false. */
  BOOL: boolean;
  /** A set of bytes, each in base64. */
  BS: string[];
  /** A list. */
  L: OneTypeValue[];
  /** A map: attribute names and their values. */
  M: OneTypeMap;
  /** A number as text, of up to 38 digits. */
  N: string;
  /** A set of numbers as texts. */
  NS: string[];
  /** Null: always true. */
  NULL: boolean;
  /** A text. */
  S: string;
  /** A set of texts. */
  SS: string[];
}>;

/** An item, or its key, in DynamoDB's notation. */
export interface OneTypeMap {
  [name: string]: OneTypeValue;
}

/** The item in DynamoDB's notation. Values that are in it already stay as they are. */
export function toAttributeMap(item: Item): OneTypeMap {
  const present = Object.entries<Value | undefined>(item as Record<string, Value | undefined>).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.map(([name, value]) => [name, toAttributeValue(value!)]));
}

function toAttributeValue(value: Value): OneTypeValue {
  if (value === null) {
    return { NULL: true };
  }
  switch (typeof value) {
    case 'string':
      return { S: value };
    case 'number':
    case 'bigint':
      return { N: digits(value) };
    case 'boolean':
      return { BOOL: value };
    case 'object':
      return fromObject(value);
    default:
      throw refusal(typeof value);
  }
}

function fromObject(value: object): OneTypeValue {
  if (value instanceof Uint8Array) {
    return { B: base64(value) };
  }
  if (value instanceof Set) {
    return fromSet([...value]);
  }
  if (Array.isArray(value)) {
    return { L: value.map(toAttributeValue) };
  }
  // By its name, because an object may come from another realm.
  if (Object.prototype.toString.call(value) !== '[object Object]') {
    throw refusal(`a ${value.constructor.name}`);
  }
  return isAttributeValue(value) ? value : { M: toAttributeMap(value) };
}

function fromSet(values: readonly unknown[]): OneTypeValue {
  if (values.length === 0) {
    throw refusal('an empty set');
  }
  if (values.every((value) => typeof value === 'string')) {
    return { SS: [...values] };
  }
  if (values.every((value) => value instanceof Uint8Array)) {
    return { BS: values.map(base64) };
  }
  if (values.every((value) => typeof value === 'number' || typeof value === 'bigint')) {
    return { NS: values.map(digits) };
  }
  throw refusal('a set of values of several types');
}

function digits(value: number | bigint): string {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw refusal(String(value));
  }
  return String(value);
}

function refusal(what: string): TypeError {
  return new TypeError(`An attribute is ${what} but must be a string, a finite number, a boolean, null, bytes, a list, a map, or a set with elements of one type.`);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

const SHAPES: { readonly [type: string]: (value: unknown) => boolean } = {
  S: isString,
  N: isString,
  B: isString,
  BOOL: (value) => typeof value === 'boolean',
  NULL: (value) => value === true,
  L: Array.isArray,
  M: (value) => typeof value === 'object' && value !== null,
  SS: isStrings,
  NS: isStrings,
  BS: isStrings,
};

function isAttributeValue(value: object): value is OneTypeValue {
  const entries = Object.entries(value);
  return entries.length === 1 && Object.hasOwn(SHAPES, entries[0][0]) && SHAPES[entries[0][0]](entries[0][1]);
}

function isString(value: unknown): boolean {
  return typeof value === 'string';
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every(isString);
}

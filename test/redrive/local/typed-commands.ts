import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import * as lambda from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import * as sqs from '@aws-sdk/client-sqs';

/*
 * Commands of a page as they are typed, without a shell and without the AWS CLI, which no package has: of the shell, words, variables and
 * `$(…)`; of the CLI, what it does with the SDK's operations. Anything else is an error, so that no command passes unread.
 */

/** The lines of a page's shell samples. */
export function typedIn(page: string): string[] {
  return [...page.matchAll(/^( *)```sh\n([\s\S]*?)^\1```/gm)].flatMap(([, , block]) => block.trim().split('\n').map((line) => line.trim()));
}

/** A line that was typed: `export NAME=VALUE`, where the value may be what a command prints, or a command. */
export interface Typed {
  readonly name?: string;
  readonly command: string;
  readonly isValue: boolean;
}

export function typedLine(line: string): Typed {
  const [, name, value] = /^export (\w+)=(.*)$/.exec(line) ?? [];
  const [, inner] = /^\$\((.*)\)$/.exec(value ?? '') ?? [];
  return { name, command: inner ?? value ?? line, isValue: value !== undefined && inner === undefined };
}

/** The words of a command, with its variables replaced. */
export function wordsOf(command: string, variables: { readonly [name: string]: string }): string[] {
  const expanded = (text: string) => text.replace(/\$(?:(\w+)|\{(\w+)##\*(.)\})/g, (_, plain, cut, separator) => {
    const value = variables[plain ?? cut];
    if (value === undefined) {
      throw new Error(`${plain ?? cut} is not set in: ${command}`);
    }
    return separator === undefined ? value : value.slice(value.lastIndexOf(separator) + 1);
  });
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)/g)].map(([, single, double, bare]) => single ?? expanded(double ?? bare));
}

/** An operation of an SDK client, as a command of the AWS CLI names it. */
export interface Operation {
  readonly service: keyof typeof SERVICES;
  readonly name: string;
  readonly query?: string;
  readonly send: (client: LambdaClient | DynamoDBClient | SQSClient) => Promise<object>;
}

const SERVICES = { dynamodb, lambda, sqs };

/**
 * The operation of `aws SERVICE OPERATION --parameter value …`, checked against the SDK's model of it.
 *
 * @throws Error if the service has no such operation, the operation no such parameter, a required one is not given, or the answer has not what
 * the query asks for.
 */
export function operationOf([aws, service, name, ...rest]: readonly string[]): Operation {
  const sdk = SERVICES[service as keyof typeof SERVICES] as { readonly [command: string]: any } | undefined;
  const Command = sdk?.[`${name.split('-').map((word) => word[0].toUpperCase() + word.slice(1)).join('')}Command`];
  if (aws !== 'aws' || Command === undefined) {
    throw new Error(`No operation ${service} ${name}.`);
  }
  const { query: [query] = [], output: [output] = ['json'], ...flags } = flagsIn(rest);
  const [, , , , inputSchema, outputSchema] = new Command({}).schema as unknown[];
  const [, , , , members, types, required] = shapeOf(inputSchema) as [unknown, unknown, unknown, unknown, string[], unknown[], number];
  const input = Object.fromEntries(Object.entries(flags).map(([flag, values]) => {
    const isNegated = flag.startsWith('no-');
    const at = members.findIndex((member) => flag.replace(/^no-/, '').replaceAll('-', '') === member.toLowerCase());
    if (at < 0) {
      throw new Error(`${service} ${name} has no parameter --${flag}; it has ${members.join(', ')}.`);
    }
    return [members[at], valueOf(flag, values, types[at], isNegated)];
  }));
  const missing = members.slice(0, required ?? 0).filter((member) => !(member in input));
  if (missing.length > 0 || !['json', 'text'].includes(output)) {
    throw new Error(missing.length > 0 ? `${service} ${name} needs ${missing.join(', ')}.` : `Unread: --output ${output}`);
  }
  pathsIn(query).forEach((path) => path.reduce((shape, member) => memberOf(shape, member), outputSchema));
  return { service: service as keyof typeof SERVICES, name, query, send: (client) => (client as LambdaClient).send(new Command(input)) };
}

/** The kinds of the SDK's schemas that are of use here. */
const KIND = { text: 0, number: 1, boolean: 2, structure: 3, list: 1, texts: 64 };

/** A schema may be the function that returns it, and have traits beside it. */
function shapeOf(schema: unknown): unknown {
  return typeof schema === 'function' ? shapeOf(schema()) : Array.isArray(schema) && schema.length === 2 ? shapeOf(schema[0]) : schema;
}

function memberOf(schema: unknown, member: string): unknown {
  const shape = shapeOf(schema) as any[];
  if (shape?.[0] === KIND.list) {
    return memberOf(shape[4], member);
  }
  const at = shape?.[0] === KIND.structure ? shape[4].indexOf(member) : -1;
  if (at < 0) {
    throw new Error(`The answer has no ${member}.`);
  }
  return shape[5][at];
}

function valueOf(flag: string, values: readonly string[], schema: unknown, isNegated: boolean): unknown {
  const type = shapeOf(schema);
  if (type === KIND.boolean && values.length === 0) {
    return !isNegated;
  }
  if (type === KIND.number && values.length === 1 && /^\d+$/.test(values[0])) {
    return Number(values[0]);
  }
  if (type === KIND.text && values.length === 1) {
    return values[0];
  }
  if ((type === KIND.texts || (type as any)?.[0] === KIND.list) && values.length > 0) {
    return values;
  }
  throw new Error(`Not of the type of --${flag}: ${values.join(' ') || 'no value'}`);
}

/** The values behind each flag. */
function flagsIn(words: readonly string[]): { readonly [flag: string]: string[] } {
  const flags: { [flag: string]: string[] } = {};
  let last: string[] | undefined;
  for (const word of words) {
    if (word.startsWith('--')) {
      last = flags[word.slice(2)] = [];
    } else if (last === undefined) {
      throw new Error(`Unread: ${word}`);
    } else {
      last.push(word);
    }
  }
  return flags;
}

/** The clients of a local run, by the CLI's names. */
export function clientsOf(endpoints: { readonly dynamodb: string; readonly lambda: string; readonly sqs: string }) {
  const at = (endpoint: string) => ({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' } });
  return {
    dynamodb: new DynamoDBClient(at(endpoints.dynamodb)), lambda: new LambdaClient(at(endpoints.lambda)), sqs: new SQSClient(at(endpoints.sqs)),
  };
}

/** JMESPath, of which the pages use names, `[n]`, and lists of those. */
function pathsIn(query: string | undefined): string[][] {
  const paths = query === undefined ? [] : /^\[(.*)\]$/.exec(query)?.[1].split(', ') ?? [query];
  return paths.map((path) => path.split('.').map((step) => {
    const [, name] = /^(\w+)(?:\[\d+\])?$/.exec(step) ?? [];
    if (name === undefined) {
      throw new Error(`Unread: ${step} of ${query}`);
    }
    return name;
  }));
}

/** What the CLI prints of an answer with `--output text`. */
export function textOf(answer: any, query: string): string {
  const value = query.split('.').reduce((found, step) => {
    const [, name, index] = /^(\w+)(?:\[(\d+)\])?$/.exec(step)!;
    return index === undefined ? found?.[name] : found?.[name]?.[Number(index)];
  }, answer);
  return value === undefined ? 'None' : String(value);
}

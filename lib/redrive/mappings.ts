import type { Aside } from './aside';
import type { Inventory } from './inventory';
import type { BatchMessage, Origin } from './message';
import type { RedriveOptions } from './options';
import type { Functions, StreamMapping } from './ports';
import { RedriveRefused } from './refusals';
import { stoppable } from './stoppable';
import { compileFilters } from '../event-pattern';
import { arnParts } from '../stream/arn';
import type { StreamRecord } from '../stream/record';

/** What is known of the mapping that gave a message up. */
export interface KnownMapping {
  readonly passes: (record: StreamRecord) => boolean;
  /** Whether other batches of the shard may lie between the records of this one. */
  readonly isInterleaved: (batch: BatchMessage) => boolean;
  readonly hasWindow: boolean;
  /** What is not known of it. Undefined: nothing. */
  readonly gap: 'mapping' | 'filter' | undefined;
}

export type MappingOf = (origin: Origin) => KnownMapping;

/** @throws RedriveRefused if AWS would refuse one of the filters. */
export function checkFilters(filters: readonly string[]): void {
  try {
    compileFilters(filters);
  } catch (error) {
    throw new RedriveRefused((error as Error).message);
  }
}

/** Finds the mappings that gave up what is in the inventory, as they are now. Where there is none, that of the function that is given. */
export async function findMappings(
  functions: Functions, inventory: Inventory, { filters, functionArn: given }: RedriveOptions, aside: Aside, stop: AbortSignal,
): Promise<MappingOf> {
  const ofStream = new Map<string, readonly StreamMapping[]>();
  for (const streamArn of inventory.streams()) {
    try {
      ofStream.set(streamArn, await stoppable(stop, functions.mappings(streamArn)));
    } catch (error) {
      aside.set(inventory.messagesOfStream(streamArn), error);
    }
  }
  const givenFilters = filters && compileFilters(filters);
  const known = new Map<string, KnownMapping>();
  return ({ functionArn, streamArn }) => {
    const key = `${functionArn} ${streamArn}`;
    const mappings = ofStream.get(streamArn) ?? [];
    const found = mappingOfFunction(mappings, functionArn) ?? (given ? mappingOfFunction(mappings, given) : undefined);
    const mapping = known.get(key) ?? knownMapping(found, givenFilters);
    known.set(key, mapping);
    return mapping;
  };
}

/** The mapping of this function, or of an alias or a version of it if it is the only one. */
function mappingOfFunction(mappings: readonly StreamMapping[], functionName: string): StreamMapping | undefined {
  const wanted = functionOf(functionName);
  const ofFunction = mappings.filter((mapping) => {
    const found = functionOf(mapping.functionArn);
    return found.name === wanted.name && isSame(found.account, wanted.account) && isSame(found.region, wanted.region);
  });
  return ofFunction.find((mapping) => functionOf(mapping.functionArn).qualifier === wanted.qualifier)
    ?? (ofFunction.length === 1 ? ofFunction[0] : undefined);
}

interface FunctionParts {
  readonly name: string;
  /** A version or an alias. */
  readonly qualifier?: string;
  /** Empty or absent: as the mapping's. */
  readonly account?: string;
  readonly region?: string;
}

/**
 * A function as Lambda lets people name it: name, account:function:name or ARN, each with or without :qualifier.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
function functionOf(text: string): FunctionParts {
  if (text.startsWith('arn:')) {
    const { region, account, resource } = arnParts(text);
    const [, name = '', qualifier] = resource.split(':');
    return { name, qualifier, account, region };
  }
  const [, account, own] = /^(\d{12}):function:(.+)$/.exec(text) ?? [undefined, undefined, text];
  const [name, qualifier] = own.split(':');
  return { name, qualifier, account };
}

function isSame(found: string | undefined, wanted: string | undefined): boolean {
  return !wanted || found === wanted;
}

function knownMapping(facts: StreamMapping | undefined, given: KnownMapping['passes'] | undefined): KnownMapping {
  const { filters, parallelizationFactor = 1, hasWindow = false, changed } = facts ?? {};
  return {
    passes: given ?? compileFilters(filters ?? []),
    // If the mapping was changed after it gave the batch up, its factor may have been another one.
    isInterleaved: ({ givenUp }) => parallelizationFactor > 1 || (changed !== undefined && !(changed <= givenUp)),
    hasWindow,
    gap: facts === undefined ? 'mapping' : given || filters ? undefined : 'filter',
  };
}

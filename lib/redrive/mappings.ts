import type { Inventory } from './inventory';
import type { Origin } from './message';
import type { RedriveOptions } from './options';
import type { Functions, MappingFacts } from './ports';
import { RedriveRefused } from './refusals';
import { compileFilters } from '../event-pattern';
import type { StreamRecord } from '../stream/record';

/** What is known of the mapping that gave a message up. */
export interface KnownMapping {
  readonly passes: (record: StreamRecord) => boolean;
  /** Batches of a shard may lie between each other. */
  readonly isInterleaved: boolean;
  readonly hasWindow: boolean;
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

/** Finds the mappings that gave up what is in the inventory, as they are now. */
export async function findMappings(functions: Functions, inventory: Inventory, { filters }: RedriveOptions): Promise<MappingOf> {
  const ofStream = new Map<string, readonly MappingFacts[]>();
  for (const streamArn of inventory.streams()) {
    ofStream.set(streamArn, await functions.mappings(streamArn));
  }
  const given = filters && compileFilters(filters);
  const known = new Map<string, KnownMapping>();
  return ({ functionArn, streamArn }) => {
    const key = `${functionArn} ${streamArn}`;
    const mapping = known.get(key) ?? knownMapping(factsOf(ofStream.get(streamArn) ?? [], functionArn), given);
    known.set(key, mapping);
    return mapping;
  };
}

/** The mapping of this function, or of an alias or a version of it if it is the only one. */
function factsOf(mappings: readonly MappingFacts[], functionArn: string): MappingFacts | undefined {
  const base = unqualified(functionArn);
  const ofFunction = mappings.filter((mapping) => unqualified(mapping.functionArn) === base);
  return ofFunction.find((mapping) => mapping.functionArn === functionArn) ?? (ofFunction.length === 1 ? ofFunction[0] : undefined);
}

/** arn:aws:lambda:region:account:function:name, without an alias or a version. */
export function unqualified(functionArn: string): string {
  return functionArn.split(':').slice(0, 7).join(':');
}

function knownMapping(facts: MappingFacts | undefined, given: KnownMapping['passes'] | undefined): KnownMapping {
  return {
    passes: given ?? compileFilters(facts?.filters ?? []),
    isInterleaved: (facts?.parallelizationFactor ?? 1) > 1,
    hasWindow: facts?.hasWindow ?? false,
  };
}

import type { ChangeRecord } from './change-record';
import { PoisonRecordError } from './errors';
import { defineProperty } from '../stream/image';

/**
 * A validator of any library that follows Standard Schema: zod, valibot, arktype and others.
 * Copied from https://standardschema.dev as far as it is needed here.
 */
export interface StandardSchema<Output = unknown> {
  /** What every library that follows Standard Schema has. */
  readonly '~standard': {
    /** Of Standard Schema. */
    readonly version: 1;
    /** The name of the library. */
    readonly vendor: string;
    /** Checks a value. */
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** For the compiler only. */
    readonly types?: {
      /** What may be given. */
      readonly input: unknown;
      /** What a valid value becomes. */
      readonly output: Output;
    } | undefined;
  };
}

/** What a validator answers: the value, or what is wrong with it. */
export type SchemaResult<Output> =
  | {
    /** The valid value. */
    readonly value: Output;
    /** Absent: the value is valid. */
    readonly issues?: undefined;
  }
  | {
    /** What is wrong with it. */
    readonly issues: readonly {
      /** For people. */
      readonly message: string;
      /** Where in the value: keys, or objects that have one. */
      readonly path?: readonly unknown[] | undefined;
    }[];
  };

/**
 * The record with the images that the schema makes of its own; absent ones stay absent.
 *
 * @throws PoisonRecordError with the validator's issues if one does not fit.
 */
export async function checkedRecord(record: ChangeRecord, schema: StandardSchema): Promise<ChangeRecord> {
  for (const name of ['newImage', 'oldImage'] as const) {
    if (record[name]) {
      const result = await schema['~standard'].validate(record[name]);
      if (result.issues) {
        throw new PoisonRecordError(`The ${name} does not fit the schema`, {
          // Without what else a library attaches: the input, or the schema itself. A path's segments are keys, or objects that have one.
          issues: result.issues.map(({ message, path }) => ({ message, path: path?.map((segment: any) => segment?.key ?? segment) })),
        });
      }
      defineProperty(record, name, result.value);
    }
  }
  return record;
}

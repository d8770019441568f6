import type { ChangeRecord } from './change-record';
import { PoisonRecordError } from './errors';
import { defineProperty } from '../stream/image';

/**
 * A validator of any library that follows Standard Schema: zod, valibot, arktype and others.
 * Copied from https://standardschema.dev as far as it is needed here.
 */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** What a validator answers: the value, or what is wrong with it. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] };

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

import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { refusalOf } from './refusal';
import { FAILURE_PREFIXES } from '../../stream/failure-prefixes';
import type { Buckets, CollectOptions, Source } from '../ports';
import { together } from '../together';

const OBJECTS_AT_ONCE = 8;

/** Buckets of S3. */
export function s3Buckets(client: S3Client): Buckets {
  return { read, remove };

  async function read(bucket: string, key: string): Promise<string | undefined> {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return await Body!.transformToString();
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey') {
        return undefined;
      }
      throw refusal(error, 's3:GetObject and s3:ListBucket', bucket);
    }
  }

  async function remove(bucket: string, key: string): Promise<void> {
    try {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    } catch (error) {
      throw refusal(error, 's3:DeleteObject', bucket);
    }
  }
}

/** The objects of a bucket. Nothing keeps others from them. */
export function bucketSource(client: S3Client, bucket: string, prefix?: string): Source {
  const buckets = s3Buckets(client);
  return {
    name: bucket,
    collect,
    keep: async () => {},
    remove: (keys) => together(OBJECTS_AT_ONCE, keys, async (key) => buckets.remove(bucket, key)),
    giveBack: async () => {},
  };

  async function collect({ limit, stop, take }: CollectOptions): Promise<{ left: number }> {
    const keys: string[] = [];
    for (const of of prefix === undefined ? FAILURE_PREFIXES : [prefix]) {
      for await (const key of keysUnder(of)) {
        keys.push(key);
      }
    }
    await together(OBJECTS_AT_ONCE, keys.slice(0, limit), async (key) => {
      const text = stop.aborted ? undefined : await buckets.read(bucket, key);
      if (text !== undefined) {
        take({ id: key, handle: key, text });
      }
    });
    return { left: Math.max(0, keys.length - limit) };
  }

  async function* keysUnder(of: string): AsyncGenerator<string> {
    let next: string | undefined;
    do {
      const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: of, ContinuationToken: next });
      const page = await client.send(command).catch((error) => {
        throw refusal(error, 's3:ListBucket', bucket);
      });
      yield* (page.Contents ?? []).map(({ Key }) => Key!);
      next = page.NextContinuationToken;
    } while (next);
  }
}

function refusal(error: unknown, actions: string, bucket: string): unknown {
  return refusalOf(error, `${actions} on the bucket ${bucket}`, [/^NoSuchBucket$/, `The bucket ${bucket} does not exist.`]);
}

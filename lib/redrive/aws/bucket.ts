import type { Readable } from 'node:stream';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { refusalOf } from './refusal';
import { failureOf } from '../../reader/stream-read-error';
import { FAILURE_PREFIXES } from '../../stream/failure-prefixes';
import type { Buckets, CollectOptions, Source } from '../ports';
import { Unreadable } from '../refusals';
import { untilStopped } from '../stoppable';

/** Bytes. An event has 6 MB, and takes several times that as text in JSON. */
const LARGEST_OBJECT = 64 * 1024 * 1024;

/** Buckets of S3. */
export function s3Buckets(client: S3Client): Buckets {
  return { read, remove };

  async function read(bucket: string, key: string): Promise<string | undefined> {
    try {
      const { Body, ContentLength = 0 } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      if (ContentLength > LARGEST_OBJECT) {
        (Body as Readable).destroy();
        throw new Unreadable(`The object ${key} has ${ContentLength} bytes, but a failed batch has fewer`);
      }
      return await Body!.transformToString();
    } catch (error) {
      const { name, message } = error as Error;
      if (name === 'NoSuchKey') {
        return undefined;
      }
      if (error instanceof Unreadable) {
        throw error;
      }
      if (isOfName(error)) {
        throw new Unreadable(`The object ${key} of the bucket ${bucket} can't be read: ${name}: ${message}`);
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
  // The objects are deleted as such.
  return { name: bucket, collect, keep: async () => {}, remove: async () => {}, giveBack: async () => {} };

  async function collect({ limit, stop, take }: CollectOptions): Promise<{ left: number }> {
    let taken = 0;
    let left = 0;
    for (const of of prefix === undefined ? FAILURE_PREFIXES : [prefix]) {
      for await (const key of untilStopped(stop, keysUnder(of))) {
        if (taken === limit) {
          left++;
        } else {
          taken++;
          take({ id: key, handle: key, object: { bucket, key } });
        }
      }
    }
    return { left };
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

/** Whether S3 or its client says that there can't be such a bucket or object. */
function isOfName(error: unknown): boolean {
  const { code, $metadata } = error as { code?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  return status === undefined ? code === undefined : status >= 400 && status < 500 && failureOf(error) === 'unavailable' && status !== 403;
}

function refusal(error: unknown, actions: string, bucket: string): unknown {
  return refusalOf(error, `${actions} on the bucket ${bucket}`, [/^NoSuchBucket$/, `The bucket ${bucket} does not exist.`]);
}

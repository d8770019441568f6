import { type Batch, newBatch } from './batch';

/** Halves a failed batch of two records or more, in order. Each half has its retries still before it. */
export function bisect(batch: Batch): [Batch, Batch] {
  const middle = Math.floor(batch.entries.length / 2);
  return [newBatch(batch.entries.slice(0, middle)), newBatch(batch.entries.slice(middle))];
}

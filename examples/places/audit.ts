import type { ChangeRecord } from 'dynamo-stream-trigger/runtime';

/** One call of the handler, as its log line says. */
export interface AuditLine {
  readonly audit: 'places';
  readonly eventId: string;
  /** The item's key, as text. */
  readonly item: string;
  readonly sequenceNumber: string;
  readonly done: boolean;
  /** Whether the call began while another one of the same item was under way: never, if order is kept. */
  readonly overlaps: boolean;
}

/** The handler with a log line for each call, so that the demo can tell what was called, how often and in which order. */
export function audited<Item>(onRecord: (record: ChangeRecord<Item>) => Promise<void>): (record: ChangeRecord<Item>) => Promise<void> {
  const inWork = new Set<string>();
  return async (record) => {
    const item = JSON.stringify(record.keys);
    const line = { audit: 'places', eventId: record.eventId, item, sequenceNumber: record.sequenceNumber, overlaps: inWork.has(item) };
    inWork.add(item);
    try {
      await onRecord(record);
      console.log(JSON.stringify({ ...line, done: true }));
    } catch (error) {
      console.log(JSON.stringify({ ...line, done: false }));
      throw error;
    } finally {
      inWork.delete(item);
    }
  };
}

/** The line that the handler printed, if this is one. */
export function auditLine(text: string): AuditLine | undefined {
  const start = text.indexOf('{"audit":"places"');
  return start < 0 ? undefined : JSON.parse(text.slice(start));
}

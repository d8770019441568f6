/** How many bytes a value takes in an event: as JSON in UTF-8, which is what Lambda's limits count. */
export function payloadSize(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

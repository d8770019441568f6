export type { StreamRecord } from '../stream/record';

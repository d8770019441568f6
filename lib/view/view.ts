/**
 * What a view shows, as plain data: it can be written as JSON, and read in a browser. A moment is an index into `times` and `places`.
 */
export interface View {
  /** When each moment was, in milliseconds since the epoch. Never falling. */
  readonly times: number[];
  /** How far along the axis of steps each moment is. There, everything that happens has room, and waits are short. */
  readonly places: number[];
  readonly shards: ViewShard[];
  readonly environments: ViewEnvironment[];
  readonly batches: ViewBatch[];
  readonly events: ViewEvent[];
  readonly figures: Figures;
}

export interface ViewShard {
  readonly trigger: string;
  readonly shardId: string;
  parentShardId?: string;
  /** How many of its batches are under way at once, at most. */
  slots: number;
}

export interface ViewEnvironment {
  /** The function, or the trigger. */
  readonly name: string;
  readonly number: number;
}

/**
 * How an invocation went. `partial`: some records were done, and the others come again. `throttled`: the function did not run.
 */
export const BATCH_OUTCOMES = ['done', 'running', 'partial', 'throttled', 'failed'] as const;
export type BatchOutcome = typeof BATCH_OUTCOMES[number];

/** A batch in one invocation. */
export interface ViewBatch {
  /** The index of its shard. */
  readonly shard: number;
  /** Among the batches of the shard that are under way at once. */
  readonly slot: number;
  /** The moment. */
  readonly from: number;
  /** The moment. Absent while it runs. */
  to?: number;
  readonly records: number;
  /** How many of the records are not done. */
  left: number;
  outcome: BatchOutcome;
  error?: string;
  readonly first?: string;
  readonly last?: string;
  /** Milliseconds. */
  readonly age?: number;
  /** When the function's timeout ends it, in milliseconds since the epoch. */
  readonly deadline?: number;
  /** The index of its environment. */
  environment?: number;
  /** The number of the next try, and when it comes. */
  retry?: { readonly attempt: number; readonly until: number };
  /** The sizes of its halves. */
  split?: readonly [first: number, second: number];
  /** Where the shard's checkpoint was after it. */
  checkpoint?: string;
  calls?: ViewCall[];
  remarks?: { readonly record: string; readonly state: 'skipped' | 'parked' | 'failed'; readonly reason?: string }[];
}

/** A call of the handler for one record. Times are milliseconds since the epoch. */
export interface ViewCall {
  /** The item. */
  readonly lane: string;
  readonly record: string;
  readonly from: number;
  readonly to?: number;
  readonly error?: string;
}

/** What became of records that were not done. */
export const EVENT_KINDS = ['parked', 'givenUp', 'refused', 'lost'] as const;
export type EventKind = typeof EVENT_KINDS[number];

export interface ViewEvent {
  readonly kind: EventKind;
  readonly moment: number;
  /** The index of the shard, if it is known. */
  readonly shard?: number;
  readonly records: number;
  /** Why, or which. */
  readonly text: string;
}

/** Sums. A record counts each time something happens to it. */
export interface Figures {
  invocations: number;
  /** Invocations of which nothing was done. */
  failed: number;
  partial: number;
  throttled: number;
  retries: number;
  splits: number;
  /** Records. */
  filtered: number;
  parked: number;
  givenUp: number;
  /** Records that the destination refused, and that are lost so. */
  refused: number;
  lost: number;
  /** The highest iterator age, in milliseconds. */
  highestAge: number;
}

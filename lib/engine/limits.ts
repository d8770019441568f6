import { EVENT_BYTES } from '../stream/record';

/** The limits and intervals of Lambda and DynamoDB Streams. Times in milliseconds, sizes in bytes. */

/** An idle shard is read 4 times a second (Lambda guide, "Using Lambda with DynamoDB"). */
export const POLL_INTERVAL = 250;

/** One GetRecords call brings at most 1,000 records or 1 MB (DynamoDB Streams API reference). */
export const READ_RECORDS = 1000;
export const READ_BYTES = 1024 * 1024;

/**
 * An answer has at most 100 bytes more than an event. The quota says 6 MB; Lambda's error says 6,291,556 bytes (AWS's own test of the .NET runtime:
 * aws/aws-lambda-dotnet, CustomRuntimeTests).
 */
export const RESPONSE_BYTES = EVENT_BYTES + 100;

/**
 * The wait after a failed invocation doubles with each failure in a row. AWS does not document it. These numbers reproduce a recording:
 * a record that is given up at an age of 60 seconds was invoked 8 times.
 */
export const FIRST_RETRY_DELAY = 250;
export const LONGEST_RETRY_DELAY = 60_000;

/** How often the stream is asked for new shards. AWS does not document it. When a shard is done, the machine asks at once. */
export const DESCRIBE_INTERVAL = 10_000;

/** The wait after the shards could not be listed. DescribeStream allows 10 calls a second (DynamoDB Streams API reference). */
export const DESCRIBE_RETRY_DELAY = 1000;

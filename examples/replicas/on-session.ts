import { streamHandler } from 'dynamo-stream-trigger/runtime';

interface Session {
  readonly sessionId: string;
  readonly user: string;
}

/** Counts for each Region who comes and goes. */
export const handler = streamHandler<Session>({
  onInsert: ({ newImage }) => console.log(process.env.AWS_REGION, newImage?.user, 'came'),
  onRemove: ({ oldImage, expired }) => console.log(process.env.AWS_REGION, oldImage?.user, expired ? 'was away too long' : 'left'),
});

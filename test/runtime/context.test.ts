import { batchOf } from './records';
import { type CallContext, streamHandler, windowHandler } from '../../lib/runtime';

/** As a runtime may make it: a class with state of its own. */
class Context {
  readonly awsRequestId = 'request-1';
  readonly #deadline = Date.now() + 60_000;
  getRemainingTimeInMillis = () => this.#deadline - Date.now();
  get functionName() {
    return 'OnOrder';
  }
}

async function contextOfCall(handler: 'stream' | 'window'): Promise<CallContext> {
  let seen!: CallContext;
  const event = batchOf('a');
  if (handler === 'stream') {
    await streamHandler((_, context) => {
      seen = context;
    })(event, new Context());
  } else {
    const ofWindow: any = { ...event, window: { start: '', end: '' }, state: {} };
    await windowHandler({
      initialState: () => 0, onRecord: (_, __, context) => {
        seen = context; return 1;
      },
    })(ofWindow, new Context());
  }
  return seen;
}

test.each(['stream', 'window'] as const)('a call of the %sHandler has the context of Lambda, the try and a signal', async (handler) => {
  const context = await contextOfCall(handler);
  expect([context.awsRequestId, context.functionName, context.attempt]).toEqual(['request-1', 'OnOrder', 1]);
  expect(context.getRemainingTimeInMillis()).toBeGreaterThan(0);
  expect(context.signal.aborted).toBe(false);
});

test.each([
  ['streamHandler', (context: any) => streamHandler(() => undefined)(batchOf('a'), context)],
  ['windowHandler', (context: any) => windowHandler({ initialState: () => 0, onRecord: () => 0 })(batchOf('a') as any, context)],
])('%s refuses the context of a durable function, and says how to call it there', async (_, call) => {
  await expect(call({ lambdaContext: {} })).rejects.toMatchObject({
    name: 'InvalidEventError',
    message: 'A durable function is replayed: call the handler in a step, await context.step(\'records\', async () => handler(event, context.lambdaContext))',
  });
});

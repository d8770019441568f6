import { Logger } from '@aws-lambda-powertools/logger';
import pino from 'pino';
import { patchConsole } from './lambda-console';
import { streamHandler, type StreamHandlerOptions } from '../../../lib/runtime';
import { record } from '../records';

/** Stands in each item, in its keys, and in all that is thrown. It is a word, so that it could be a name, a code or a function. */
const SECRET = 'jane_doe_4111';
const item = { name: SECRET, code: SECRET, card: SECRET, stack: `Error: ${SECRET}\n    at ${SECRET}\n    at email "${SECRET}" (3:4)` };

/** What handlers throw that hold data, in the order of the records. */
const THROWN: readonly (() => unknown)[] = [
  () => new TypeError(`no such customer: ${SECRET}`),
  () => Object.assign(new RangeError('of an item'), item),
  () => Object.assign(new Error('of a name'), { name: SECRET }),
  () => new Error(`Cannot ship to\n    at ${SECRET} (of the item)`, { cause: item }),
  () => new AggregateError([new Error(SECRET)], SECRET),
  () => Object.assign(new Error('no'), { issues: [{ message: SECRET, path: [SECRET] }], toJSON: () => item }),
  () => item,
  () => SECRET,
  () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
];

class ForgetfulLogger extends Logger {
  override async error(entry: Parameters<Logger['error']>[0]): Promise<void> {
    const until = Date.now() + 20;
    while (Date.now() < until) { /* formats slowly, and sends to who never answers */ }
    super.error(entry);
    return new Promise(() => {});
  }
}

const powertools = new Logger({ serviceName: 'orders' });
const LOGGERS: { readonly [name: string]: StreamHandlerOptions['logger'] } = {
  powertools,
  pino: pino({ base: { service: 'orders' } }, pino.destination({ dest: 1, sync: true })),
  throwing: new Logger({
    logFormatter: {
      formatAttributes: () => {
        throw new Error('no disk');
      },
    } as any,
  }),
  rejecting: { error: async () => Promise.reject(new Error('no network')) },
  forgetful: new ForgetfulLogger(),
};

/** Runs an invocation as Lambda's runtime does, prints what it prints, and its answer in the last line. */
async function main(logger: string, logErrors: boolean): Promise<void> {
  patchConsole('request-1');
  const context = { awsRequestId: 'request-1', functionName: 'orders', invokedFunctionArn: 'arn:orders', memoryLimitInMB: '128', getRemainingTimeInMillis: () => 3_000 };
  powertools.addContext(context as any);
  powertools.appendKeys({ team: 'shop' });
  const handler = streamHandler({
    logger: LOGGERS[logger],
    logErrors,
    retry: { maxAttempts: 1 },
    observer: (event) => {
      if (event.type === 'batchStarted') {
        throw new Error(SECRET);
      }
    },
    onRecord: ({ eventId }) => {
      throw THROWN[Number(eventId.split('-')[1])]();
    },
  });
  const Records = THROWN.map((_, at) => record(at, `${SECRET}-${at}`, { newImage: item, oldImage: item }));
  const answer = await handler({ Records }, context);
  process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit());
}

void main(process.argv[2], process.argv[3] === 'logErrors');

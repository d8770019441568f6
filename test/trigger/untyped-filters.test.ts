import { Lazy } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { DynamoStreamTrigger, StreamEventName, StreamFilter, StreamFunction } from '../../lib';
import { TestApp } from '../app';

const filter = StreamFilter.eventName(StreamEventName.INSERT);

test.each([
  ['one filter', filter],
  ['a token', Lazy.any({ produce: () => [filter] })],
  ['an object', { 0: filter }],
])('%s in place of an array of filters is refused, and not dropped', (_, filters: any) => {
  const app = new TestApp();
  expect(() => new DynamoStreamTrigger(app.stack, 'Trigger', { table: app.table(), handler: app.fn(), filters }))
    .toThrow('outside of an array');
});

test('an alias of a StreamFunction reports failures too: switching that off is warned of', () => {
  const app = new TestApp();
  const handler = new StreamFunction(app.stack, 'OnOrder', { entry: `${__dirname}/handlers/on-order.ts` });
  new DynamoStreamTrigger(app.stack, 'Trigger', { table: app.table(), handler: handler.addAlias('live'), reportBatchItemFailures: false });
  app.template();
  Annotations.fromStack(app.stack).hasWarning('*', Match.stringLikeRegexp('report-off'));
});

import { Lazy } from 'aws-cdk-lib';
import { DynamoStreamTrigger, StreamEventName, StreamFilter } from '../../lib';
import { TestApp } from '../app';

const filter = StreamFilter.eventName(StreamEventName.INSERT);

test.each([
  ['one filter', filter],
  ['a token', Lazy.any({ produce: () => [filter] })],
  ['an object', { 0: filter }],
])('%s in place of an array of filters is refused, and not dropped', (_, filters: any) => {
  const app = new TestApp();
  expect(() => new DynamoStreamTrigger(app.stack, 'Trigger', { table: app.table(), handler: app.fn(), filters }))
    .toThrow('but must be an array of StreamFilters, such as [StreamFilter.eventName(…)].');
});

import { isNoFailureDestination } from '../../lib/trigger/destination/failure-destination';
import { TestApp } from '../app';

/** This package once more, as an app has it that installs it twice. */
function otherCopy(): typeof import('../../lib') {
  let copy: typeof import('../../lib');
  jest.isolateModules(() => {
    copy = jest.requireActual('../../lib');
  });
  return copy!;
}

test('NoFailureDestination of another copy of this package means none', () => {
  const { NoFailureDestination } = otherCopy();
  const app = new TestApp();
  const trigger = app.trigger({ onFailure: NoFailureDestination.INSTANCE });

  expect(NoFailureDestination).not.toBe(jest.requireActual('../../lib').NoFailureDestination);
  expect(trigger.failureDestination).toBeUndefined();
  app.template().resourceCountIs('AWS::SQS::Queue', 0);
  expect(app.mapping()).not.toHaveProperty('DestinationConfig');
});

test.each([undefined, null, 'none', 0])('%p is no NoFailureDestination', (onFailure: any) => {
  expect(isNoFailureDestination(onFailure)).toBe(false);
});

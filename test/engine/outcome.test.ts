import { exited, outOfMemory, timedOut, tooLarge } from '../../lib/engine';
import { tooLargeToInvoke } from '../../lib/engine/outcome';

test.each([
  [timedOut('id', 3000), 'Sandbox.Timedout', 'RequestId: id Error: Task timed out after 3.00 seconds'],
  [timedOut('id', 12_345), 'Sandbox.Timedout', 'RequestId: id Error: Task timed out after 12.35 seconds'],
  [exited('id', { code: 3 }), 'Runtime.ExitError', 'RequestId: id Error: Runtime exited with error: exit status 3'],
  [exited('id', { code: 0 }), 'Runtime.ExitError', 'RequestId: id Error: Runtime exited without providing a reason'],
  [exited('id', { signal: 'SIGABRT' }), 'Runtime.ExitError', 'RequestId: id Error: Runtime exited with error: signal: aborted'],
  [exited('id', { signal: 'SIGSEGV' }), 'Runtime.ExitError', 'RequestId: id Error: Runtime exited with error: signal: segmentation fault'],
  [exited('id', { signal: 'SIGTERM' }), 'Runtime.ExitError', 'RequestId: id Error: Runtime exited with error: signal: terminated'],
  [exited('id', { signal: 'SIGBUS' }), 'Runtime.ExitError', 'RequestId: id Error: Runtime exited with error: signal: SIGBUS'],
  [outOfMemory('id'), 'Runtime.OutOfMemory', 'RequestId: id Error: Runtime exited with error: signal: killed'],
  [tooLarge('id'), 'Function.ResponseSizeTooLarge', 'Response payload size exceeded maximum allowed payload size (6291556 bytes).'],
  [tooLargeToInvoke('id'), 'RequestTooLargeException', 'Request must be smaller than 6291456 bytes for the InvokeFunction operation'],
])('%j is what Lambda reports', (outcome, errorType, errorMessage) => {
  expect(outcome).toEqual({ type: 'error', requestId: 'id', errorType, errorMessage });
});

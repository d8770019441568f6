import type { LambdaContext } from '../../lib/runtime';
import { HOST, type Host } from '../../lib/stream/boundary';
import { VirtualClock } from '../../lib/testing/virtual-clock';

/** A Lambda whose time passes only when nothing else is left to do. Milliseconds. */
export class VirtualLambda {
  private readonly clock = new VirtualClock(1_700_000_000_000);
  readonly now = this.clock.now;

  constructor(private readonly host: Host = {}) {}

  readonly sleep = async (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      this.clock.schedule(this.clock.now() + milliseconds, resolve);
    });

  /** Runs the handler, and answers what it does. Time goes on until then, for everything that is under way. */
  async invoke<Event, Response>(
    handler: (event: Event, context: Partial<LambdaContext>) => Promise<Response>, event: Event, timeout: number,
  ): Promise<Response> {
    const end = this.clock.now() + timeout;
    // So that the timeout comes also where nothing else does.
    this.clock.schedule(end, () => undefined);
    const host: Host = {
      now: this.clock.now,
      sleep: this.sleep,
      timer: (callback, milliseconds) => this.clock.schedule(this.clock.now() + milliseconds, callback),
      random: () => 1,
      ...this.host,
    };
    const context = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => end - this.clock.now(), [HOST]: host };
    let answered = false;
    const response = handler(event, context).finally(() => {
      answered = true;
    });
    response.catch(() => undefined);
    for (;;) {
      for (let turn = 0; turn < 3; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (answered) {
        return response;
      }
      if (this.clock.now() >= end) {
        throw new Error('The function runs into its timeout');
      }
      this.clock.step();
    }
  }
}

import { planOf, type Step } from './plan';
import { World } from './world';
import { type CallContext, type ChangeRecord, PoisonRecordError, streamHandler, TransientError } from '../../../lib/runtime';
import { HOST, type Host } from '../../../lib/stream/boundary';
import type { BatchResponse, StreamEvent } from '../../../lib/stream/record';
import type { ViewNotice } from '../../../lib/view';
import { withoutStack } from '../without-stack';

/** What a scenario came to. */
export interface Outcome {
  readonly records: number;
  readonly invocations: number;
  readonly parked: number;
  readonly givenUp: number;
  /** Which kinds of records there were. */
  readonly kinds: readonly string[];
}

/** An execution environment: a process with a handler of its own. While no invocation runs, it is frozen. */
interface Environment {
  readonly handler: ReturnType<typeof streamHandler>;
  readonly sick: boolean;
  readonly items: Set<string>;
  running: Invocation[];
  dead: boolean;
}

interface Invocation {
  readonly environment: Environment;
  readonly event: StreamEvent;
  readonly end: (answer: BatchResponse | 'error') => void;
  ended: boolean;
  running: number;
}

/** Records that Lambda delivers together. */
interface Batch {
  readonly steps: readonly Step[];
  readonly retries: number;
}

const MAX_PAUSE = 60_000;
const FAILED = { type: 'error', errorType: 'Error', errorMessage: 'it threw, or its process ended, or its answer was lost' } as const;

/**
 * Runs a stream through the runtime, with a model of Lambda that has nothing in common with `lib/engine`: its environments freeze, crash,
 * run into timeouts, are sick, or run several invocations at once, its answers get lost, and its handlers fail in many ways and change the
 * event. All of it follows from the seed.
 *
 * @param most records a shard has at most
 * @param notice is told what happens, for a view of it
 * @throws Error if a record is lost, is out of order, runs beside another of its item or too many do, if something starts after the
 * answer, if the answer names another than the first record not done, or if a record is parked that its error does not name as poison, and that did not fail three times over two seconds.
 */
export async function runScenario(seed: number, most: number, notice: (notice: ViewNotice) => void = () => undefined): Promise<Outcome> {
  const plan = planOf(seed, most);
  const { random } = plan;
  const world = new World();
  const environments: Environment[] = [];
  const invocations = new Map<string, Invocation>();

  function fail(what: string): never {
    const error = new Error(`Seed ${seed}: ${what}`);
    world.stop(error);
    throw error;
  }
  const settled = (step: Step) => step.done || step.parked || step.givenUp;

  /** What the handler's author wrote. */
  async function onRecord(record: ChangeRecord, context: CallContext): Promise<void> {
    const step = plan.byId.get(record.eventId)!;
    const invocation = invocations.get(context.awsRequestId)!;
    const { environment } = invocation;
    const before = plan.shards[step.shard].filter(({ item, at }) => item === step.item && at < step.at);
    const item = `${step.shard}/${step.item}`;
    invocation.ended && fail(`${record.eventId} starts after the answer`);
    before.every(settled) || fail(`${record.eventId} starts before an earlier record of its item is done`);
    environment.items.has(item) && fail(`${record.eventId} runs beside another record of its item`);
    ++invocation.running > plan.concurrency && fail(`more than ${plan.concurrency} records run at once`);
    environment.items.add(item);
    step.calls++;
    try {
      await behave(step, environment, invocation, context);
      step.done = true;
    } catch (error) {
      step.failures++;
      step.firstFailedAt ??= world.now();
      step.poison = error instanceof PoisonRecordError;
      throw error;
    } finally {
      environment.items.delete(item);
      invocation.running--;
    }
  }

  async function behave({ kind, wait, calls, times }: Step, environment: Environment, { event }: Invocation, { signal }: CallContext): Promise<void> {
    const pause = async (milliseconds: number) => world.pause(milliseconds, environment);
    if (environment.sick) {
      return new Promise((_, reject) => plan.heedsSignal && signal.addEventListener('abort', () => reject(signal.reason)));
    }
    await (wait > 0 && pause(wait));
    switch (kind) {
      case 'poison': return failing(true, () => new PoisonRecordError('bad'));
      case 'bad': return failing(true, () => new TypeError('bad'));
      case 'odd': throw calls > times ? new PoisonRecordError('odd') : plan.oddity();
      case 'flaky': return failing(calls <= times, () => new Error('flaky'));
      case 'transient': return failing(calls <= times, () => new TransientError('later'));
      case 'long': return pause(plan.timeout * 1.3);
      case 'hangs': return calls <= 1 ? new Promise(() => undefined) : undefined;
      case 'heeds': return calls <= 1 ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))) : undefined;
      case 'changes': {
        plan.change(event);
        return failing(calls <= times, () => new Error('changed'));
      }
    }
  }

  function failing(fails: boolean, error: () => Error): void {
    if (fails) {
      throw withoutStack(error);
    }
  }

  /** An environment that is free, or one more. */
  function environmentFor(): Environment {
    const free = environments.filter(({ dead, running }) => !dead && running.length < (plan.managed ? 3 : 1));
    const found = free[Math.floor(random() * (free.length + Number(environments.length < plan.environments)))];
    if (found ?? free[0]) {
      return found ?? free[0];
    }
    const environment: Environment = {
      handler: streamHandler({ onRecord, concurrency: plan.concurrency, logger: { error: () => undefined } }),
      sick: random() < plan.sick, items: new Set(), running: [], dead: false,
    };
    environments.push(environment);
    return environment;
  }

  function kill(environment: Environment): void {
    environment.dead = true;
    environment.running.splice(0).forEach(({ end }) => end('error'));
  }

  /** One invocation, up to its answer. */
  async function invoke(steps: readonly Step[]): Promise<BatchResponse | 'error'> {
    const environment = environmentFor();
    const requestId = String(invocations.size);
    const batch = {
      invocation: invocations.size, shardId: `shard-${steps[0].shard}`, records: steps.length, environment: environments.indexOf(environment) + 1,
    };
    const until = world.now() + plan.timeout;
    // What handlers change is the event's own.
    const event: StreamEvent = { Records: steps.map(({ record }) => ({ ...record, dynamodb: { ...record.dynamodb } })) };
    const host: Host = {
      triggers: [{ report: plan.report }],
      now: world.now,
      random,
      sleep: async (milliseconds, signal) => Promise.race([
        world.pause(milliseconds, environment), new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve())),
      ]),
      timer: (callback, milliseconds) => world.schedule(milliseconds, callback, environment),
      park: async ({ record: { eventID } }) => {
        await world.pause(random() * 100, environment);
        const step = plan.byId.get(eventID!)!;
        if (random() < plan.refuses) {
          throw new Error('refused');
        }
        step.poison || (step.failures >= 3 && world.now() - step.firstFailedAt! >= 2_000) || fail(`${eventID} is parked without evidence`);
        step.parked = true;
        notice({ at: world.now(), type: 'parked', shardId: `shard-${step.shard}`, record: eventID });
      },
      ...!plan.managed && { exit: () => kill(environment) },
    };
    return new Promise((resolve) => {
      const invocation: Invocation = {
        environment,
        event,
        ended: false,
        running: 0,
        end: (answer) => {
          if (!invocation.ended) {
            invocation.ended = true;
            ends.forEach((callOff) => callOff());
            environment.running = environment.running.filter((one) => one !== invocation);
            notice({ at: world.now(), type: 'invocationEnded', ...batch, outcome: answer === 'error' ? FAILED : { type: 'response' } });
            resolve(answer);
          }
        },
      };
      notice({ at: world.now(), type: 'invocationStarted', ...batch, first: event.Records[0].eventID, last: event.Records.at(-1)!.eventID });
      invocations.set(requestId, invocation);
      environment.running.push(invocation);
      const ends = [world.schedule(plan.timeout, () => kill(environment))];
      if (random() < plan.crashes) {
        ends.push(world.schedule(random() * plan.timeout, () => kill(environment)));
      }
      const context = { awsRequestId: requestId, getRemainingTimeInMillis: () => until - world.now(), [HOST]: host };
      environment.handler(event, context).then((answer) => {
        if (!environment.dead && !invocation.ended) {
          world.now() >= until && fail('the answer comes after the timeout');
          checkAnswer(steps, answer);
          invocation.end(random() < plan.losesAnswers ? 'error' : answer);
        }
      }, (error) => {
        if (!environment.dead) {
          plan.report && fail(`the handler throws: ${error?.stack}`);
          invocation.end('error');
        }
      });
    });
  }

  function checkAnswer(steps: readonly Step[], { batchItemFailures: [first, ...others] }: BatchResponse): void {
    const lowest = first ? steps.findIndex(({ record }) => record.dynamodb!.SequenceNumber === first.itemIdentifier) : steps.length;
    (lowest < 0 || others.length > 0) && fail(`the answer names ${JSON.stringify([first, ...others])}`);
    const missing = steps.slice(0, lowest).find((step) => !settled(step));
    missing && fail(`${missing.record.eventID} is not done, but the answer names a later record, or none`);
  }

  /** Lambda's poller of a shard. */
  async function poll(shard: readonly Step[]): Promise<void> {
    const batches: Batch[] = [];
    for (let at = 0; at < shard.length; at += plan.batchSize) {
      batches.push({ steps: shard.slice(at, at + plan.batchSize), retries: 0 });
    }
    for (let batch = batches.shift(); batch; batch = batches.shift()) {
      const { steps, retries } = batch;
      const answer = await invoke(steps);
      const named = answer === 'error' ? steps[0].record.dynamodb!.SequenceNumber : answer.batchItemFailures[0]?.itemIdentifier;
      const rest = named ? steps.slice(steps.findIndex(({ record }) => record.dynamodb!.SequenceNumber === named)) : [];
      if (answer !== 'error' && rest.length > 0) {
        notice({
          at: world.now(), type: 'notice', notice: { type: 'count', shardId: `shard-${steps[0].shard}`, name: 'FailedInvokeEventCount', value: rest.length },
        });
      }
      const half = Math.ceil(rest.length / 2);
      if (rest.length === 0) {
        continue;
      } else if (rest.length < steps.length) {
        batches.unshift({ steps: rest, retries: 0 });
      } else if (retries >= plan.retries) {
        rest.forEach((step) => step.givenUp = true);
      } else if (plan.bisect && rest.length > 1) {
        batches.unshift({ steps: rest.slice(0, half), retries: retries + 1 }, { steps: rest.slice(half), retries: retries + 1 });
      } else {
        batches.unshift({ steps: rest, retries: retries + 1 });
      }
      await world.pause(Math.min(MAX_PAUSE, 500 * 2 ** retries));
    }
  }

  await world.run(Promise.all(plan.shards.map(poll)));
  const all = plan.shards.flat();
  const lost = all.find((step) => !settled(step));
  lost && fail(`${lost.record.eventID} is lost`);
  return {
    records: all.length,
    invocations: invocations.size,
    parked: all.filter((step) => step.parked).length,
    givenUp: all.filter((step) => step.givenUp).length,
    kinds: [...new Set(all.map(({ kind }) => kind))],
  };
}

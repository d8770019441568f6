import { createMapping, type Effect, type EventCount, type Input, type Machine, type Notice, type Outcome } from '../engine';
import { allCalls, type KeptCall, type KeptInvocation } from './calls';
import { copy } from './copy';
import { Fate } from './faults';
import type { SimulatedFunction } from './function';
import { fail } from './handler-context';
import type { InvocationEnd } from './handler-invocation';
import { lazyProperty } from './lazy-property';
import { Losses } from './losses';
import { changeMapping, type ResolvedMapping, runtimeFacts } from './mapping-input';
import { Notices } from './notices';
import type { SimulationOptions } from './options';
import type { RandomSources } from './random';
import type { SimulatedDelivery, SimulatedInvocation, SimulationRun } from './run';
import { Samples } from './samples';
import { type SimulatedShard, SimulatedStream } from './stream';
import type { VirtualClock } from './virtual-clock';
import type { ParkedRecord } from '../stream/parked-record';
import type { StreamEvent, StreamRecord } from '../stream/record';

/** What the simulation of a trigger needs: the caller's options, and what follows from them. */
export interface TriggerSetup extends Pick<SimulationOptions, 'switches' | 'changes' | 'faults' | 'noProgressBisect'> {
  readonly mapping: ResolvedMapping;
  readonly streamArn: string;
  readonly shards: readonly SimulatedShard[];
  readonly random: RandomSources;
}

type EffectOf<Type extends Effect['type']> = Extract<Effect, { type: Type }>;

/** Drives a mapping's machine under a virtual clock, between a simulated stream and a simulated function. */
export class SimulatedTrigger {
  private readonly shards: readonly SimulatedShard[];
  private readonly stream: SimulatedStream;
  private machine: Machine;
  private readonly fate: Fate;
  private mapping: ResolvedMapping;
  private enabled: boolean;
  /** Invocations that have not returned. */
  private inFlight = 0;
  /** The mapping as it will be, once nothing is in flight. */
  private next: ResolvedMapping | undefined;
  private readonly mappingId: string;
  private readonly losses = new Losses();
  private readonly invocations: SimulatedInvocation[] = [];
  private readonly deliveries: SimulatedDelivery[] = [];
  private readonly parked: ParkedRecord[] = [];
  private readonly logs: string[] = [];
  private readonly samples = new Samples();
  private readonly notices = new Notices();
  /** Calls of the handler, and those that `streamHandler` and `windowHandler` made, in the order in which they began. */
  private readonly calls: (KeptCall | KeptInvocation)[] = [];
  /** Records that may come again, and the environment that had them. */
  private readonly had = new WeakMap<StreamRecord, number>();
  /** Whether some have come to another environment. */
  private cameElsewhere = false;
  private readonly metrics: Record<EventCount, number> = {
    PolledEventCount: 0,
    FilteredOutEventCount: 0,
    InvokedEventCount: 0,
    FailedInvokeEventCount: 0,
    DroppedEventCount: 0,
    OnFailureDestinationDeliveredEventCount: 0,
  };

  constructor(
    private readonly setup: TriggerSetup,
    private readonly lambda: SimulatedFunction,
    private readonly clock: VirtualClock,
  ) {
    const { mapping, shards, random, switches = [], changes = [], faults = {} } = setup;
    this.mapping = mapping;
    this.enabled = mapping.settings.enabled;
    this.mappingId = random.uuid();
    this.shards = shards;
    this.stream = new SimulatedStream(shards);
    this.fate = new Fate(faults, random.faults, (error) => fail(clock, error));
    this.machine = this.newMachine();
    for (const { at, enabled } of switches) {
      clock.schedule(clock.now() + at * 1000, () => this.switch(enabled));
    }
    let changed = mapping;
    for (const change of [...changes].sort((a, b) => a.at - b.at)) {
      const next = changed = changeMapping(changed, change.mapping);
      clock.schedule(clock.now() + change.at * 1000, () => this.change(next));
    }
  }

  /** Lets the mapping do what is due. */
  tick(): void {
    this.take({ type: 'tick' });
  }

  /** When to tick next at the latest. */
  deadline(): number | undefined {
    return this.machine.deadline();
  }

  /** Whether every record has been read, and nothing is left to do. */
  isOver(): boolean {
    return this.stream.exhausted() && this.machine.idle() && !this.next;
  }

  /** The result, when nothing more will happen. */
  result(startedAt: number): SimulationRun {
    this.losses.add(this.stream.passedOver);
    const { calls, notices } = this;
    return {
      invocations: this.invocations.sort((a, b) => a.at - b.at),
      failed: this.deliveries.map((delivery) => delivery.message),
      deliveries: this.deliveries,
      parked: this.parked,
      lost: this.losses.list(this.shards),
      get calls() {
        return allCalls(calls);
      },
      logs: this.logs,
      faults: this.fate.struck,
      metrics: this.metrics,
      samples: this.samples.list(),
      get notices() {
        return notices.list(calls);
      },
      startedAt,
      endedAt: this.clock.now(),
    };
  }

  private newMachine(checkpoints?: Readonly<Record<string, string>>): Machine {
    const { mapping: { settings, destination }, mappingId, lambda: { functionArn }, setup: { streamArn, random: { uuid }, noProgressBisect } } = this;
    return createMapping({
      settings, functionArn, streamArn, mappingId, executedVersion: '$LATEST', destination, uuid, noProgressBisect, checkpoints,
    });
  }

  private switch(enabled: boolean): void {
    this.enabled = enabled;
    if (!this.next) {
      this.take({ type: 'enabled', enabled });
    }
  }

  /** Lambda stops the mapping, and starts it with the new settings at the checkpoint when nothing is in flight. */
  private change(next: ResolvedMapping): void {
    this.next = next;
    this.take({ type: 'enabled', enabled: false });
    this.restartIfDue();
  }

  private restartIfDue(): void {
    if (!this.next || this.inFlight > 0) {
      return;
    }
    const { settings } = this.next;
    this.mapping = { ...this.next, settings: { ...settings, enabled: this.enabled } };
    this.next = undefined;
    this.lambda.inform(runtimeFacts(this.setup.streamArn, this.mapping));
    const checkpoints = this.losses.checkpointsByShard();
    this.stream.rewind(checkpoints);
    this.machine = this.newMachine(checkpoints);
    this.take({ type: 'tick' });
  }

  /** Hands the machine an input and performs its effects. Their answers are inputs in turn, one after another. */
  private take(input: Input): void {
    const inputs = [input];
    for (let next = inputs.shift(); next; next = inputs.shift()) {
      for (const effect of this.machine.handle(this.clock.now(), next)) {
        const answer = this.perform(effect);
        if (answer) {
          inputs.push(answer);
        }
      }
    }
  }

  /** Performs an effect. Returns its answer, if there is one at once. */
  private perform(effect: Effect): Input | undefined {
    switch (effect.type) {
      case 'describe':
        return this.describe();
      case 'read':
        return this.stream.read(this.clock.now(), effect.shardId, effect.from, effect.limit);
      case 'invoke':
        return this.invoke(effect);
      case 'deliver':
        return this.deliver(effect);
      case 'checkpoint':
        this.losses.checkpoint(effect.shardId, effect.sequenceNumber);
        this.notices.checkpoint(this.clock.now(), effect.shardId, effect.sequenceNumber);
        return undefined;
      case 'notice':
        this.observe(effect.notice);
        return undefined;
    }
  }

  private describe(): Input {
    const shards = this.stream.describe(this.clock.now());
    this.notices.listed(this.clock.now(), shards);
    return { type: 'described', shards };
  }

  private invoke(effect: EffectOf<'invoke'>, redeliveredFrom?: number): Input | undefined {
    const { invocation, shardId, event } = effect;
    const atRisk = { at: this.clock.now(), shardId, event };
    const batch = this.notices.batch(shardId, event);
    if (this.fate.strikes('throttle', atRisk) || this.lambda.full) {
      this.samples.throttled(this.clock.now());
      this.notices.throttled(this.clock.now(), batch);
      return { type: 'returned', invocation, outcome: { type: 'throttled' } };
    }
    const { latency, latencyOf } = this.fate;
    const crashes = this.fate.crashes(atRisk);
    const hangs = crashes !== true && this.fate.strikes('timeout', atRisk);
    let kept: KeptInvocation | undefined;
    this.inFlight += redeliveredFrom === undefined ? 1 : 0;
    this.lambda.invoke({
      event: () => copy(event),
      records: event.Records,
      latency,
      latencyOf,
      crashes,
      hangs,
      notIn: redeliveredFrom ?? this.whoHad(event),
      park: this.mapping.destination && (async (record) => this.park(record, shardId)),
      log: (entry) => this.logs.push(entry),
      measure: (line) => this.samples.measured(line),
      invoked: (at, environment) => {
        this.calls.push(kept = { at, shardId, environment, invocation: batch.invocation, records: event.Records });
        this.notices.started(at, batch, environment, at + this.lambda.timeout, event);
        this.samples.started(at, this.lambda.concurrency);
      },
      called: (record, at, environment) => this.called({ at, shardId, environment, invocation: batch.invocation, record }),
      observe: (seen) => this.notices.observed(this.clock.now(), seen, batch),
      ended: (end) => {
        const { outcome } = end;
        this.notices.ended(end, batch);
        this.invocations.push(recordInvocation(shardId, event, end));
        this.samples.ended(end, event);
        if (kept && end.callsThroughHost) {
          kept.records = [];
        }
        this.struckInVain(outcome, crashes !== false, hangs);
        const redeliver = outcome.type === 'response' && redeliveredFrom === undefined && this.fate.strikes('redeliver', atRisk);
        if (!this.cameElsewhere && (redeliver || comesAgain(outcome))) {
          event.Records.forEach((record) => this.had.set(record, end.environment));
        }
        if (redeliver) {
          this.redeliver(effect, end.environment);
          return;
        }
        if (outcome.type === 'response' && !this.mapping.settings.reportBatchItemFailures) {
          this.losses.ignored(event, outcome.response);
        }
        this.inFlight--;
        this.take({ type: 'returned', invocation, outcome });
        this.restartIfDue();
      },
    });
    return undefined;
  }

  /** An invocation that was to crash or to hang may have ended before. */
  private struckInVain(outcome: Outcome, crashes: boolean, hangs: boolean): void {
    if (crashes && !endedWith(outcome, 'Runtime.ExitError')) {
      this.fate.missed('crash');
    }
    if (hangs && !endedWith(outcome, 'Sandbox.Timedout')) {
      this.fate.missed('timeout');
    }
  }

  private called(call: KeptCall): KeptCall {
    this.calls.push(call);
    return call;
  }

  /** Where these records were, the first time that some come again: chance could bring them to that environment alone, and so hide it. */
  private whoHad({ Records: [first] }: StreamEvent): number | undefined {
    const environment = this.cameElsewhere || !first ? undefined : this.had.get(first);
    this.cameElsewhere ||= environment !== undefined;
    return environment;
  }

  /** Invokes once more with the same batch, as if nobody had heard the answer. It comes to an environment that does not know the batch. */
  private redeliver(effect: EffectOf<'invoke'>, environment: number): void {
    const answer = this.invoke(effect, environment);
    if (answer) {
      this.inFlight--;
      this.take(answer);
      this.restartIfDue();
    }
  }

  private deliver({ delivery, message, objectKey, records }: EffectOf<'deliver'>): Input {
    const at = this.clock.now();
    const accepted = !this.fate.refuses({ at, message });
    if (!accepted) {
      this.samples.undelivered(at);
    } else {
      this.deliveries.push({ at, message, records, ...(objectKey !== undefined && { objectKey }) });
    }
    this.notices.delivered(at, message, records.length, accepted);
    return { type: 'delivered', delivery, accepted };
  }

  private park(record: ParkedRecord, shardId: string): void {
    if (this.fate.refuses({ at: this.clock.now(), message: record })) {
      // The runtime logs the name of such an error, never its text.
      throw Object.assign(new Error(), { name: 'RefusedByFaults' });
    }
    this.parked.push(copy(record));
    this.notices.parked(this.clock.now(), record, shardId);
  }

  private observe(notice: Notice): void {
    this.samples.noticed(this.clock.now(), notice);
    this.notices.noticed(this.clock.now(), notice);
    if (notice.type === 'count') {
      this.metrics[notice.name] += notice.value;
    } else if (notice.type === 'dropped') {
      this.losses.add(notice.records);
    }
  }
}

function endedWith(outcome: Outcome, errorType: string): boolean {
  return outcome.type === 'error' && outcome.errorType === errorType;
}

/** Whether Lambda may deliver the batch again, or a part of it. */
function comesAgain(outcome: Outcome): boolean {
  const failures = outcome.type === 'response' ? (outcome.response as { batchItemFailures?: unknown } | null)?.batchItemFailures : undefined;
  return outcome.type === 'error' || (Array.isArray(failures) && failures.length > 0);
}

/** Keeps the records of the event, not the copy that the handler was given. */
function recordInvocation(shardId: string, event: StreamEvent, { startedAt, endedAt, outcome, environment }: InvocationEnd): SimulatedInvocation {
  const created = event.Records[event.Records.length - 1]?.dynamodb?.ApproximateCreationDateTime;
  return withEvent({
    at: startedAt,
    shardId,
    ...(outcome.type === 'response'
      ? { response: outcome.response }
      : { error: { errorType: outcome.errorType, errorMessage: outcome.errorMessage } }),
    durationMs: endedAt - startedAt,
    environment,
    ...(created !== undefined && { iteratorAgeMs: startedAt - created * 1000 }),
  }, event);
}

const withEvent = lazyProperty('event', (event: StreamEvent) => copy(event));

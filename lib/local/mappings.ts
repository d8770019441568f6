import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { VisibleMapping } from './api/lambda-api';
import { localStreamArn } from './app-overview';
import type { LocalMapping } from './assembly/app';
import { LocalRunError } from './errors';
import type { LocalFunctions } from './function/functions';
import { type MappingRun, startMapping } from './mapping-run';
import type { RunSetup } from './run-setup';
import type { Services } from './service/services';
import { localStream } from './stream';

/** A mapping at work, and as clients of Lambda see it. */
interface WorkingMapping extends VisibleMapping {
  readonly run: MappingRun;
}

/** The mappings of a run at work. They take one version of the app after another. */
export class Mappings {
  /** By construct path. */
  private working = new Map<string, WorkingMapping>();
  private stopped: Error | undefined;

  /** @param onFailure called when a mapping ends by itself */
  constructor(
    private readonly setup: RunSetup, private readonly services: Services, private readonly functions: LocalFunctions,
    private readonly onFailure: (error: Error) => void,
  ) {}

  get visible(): readonly VisibleMapping[] {
    return [...this.working.values()];
  }

  /**
   * Starts mappings that are new, has those that changed go on with their new settings, and ends all others, each when what is under way has
   * ended. Those that did not change notice nothing. Resolves when each is polling: none of them misses a record from then on.
   */
  async take(mappings: readonly LocalMapping[]): Promise<void> {
    const goesOn = ({ path, table }: LocalMapping) => this.working.get(path)?.mapping.table.arn === table.arn;
    const removed = [...this.working.values()].filter(({ mapping: { path, table } }) =>
      !mappings.some((mapping) => mapping.path === path && mapping.table.arn === table.arn));
    await Promise.all([
      ...removed.map((working) => this.end(working)),
      ...mappings.filter(goesOn).map((mapping) => this.change(mapping)),
    ]);
    const begin = await Promise.all(mappings.filter((mapping) => !goesOn(mapping)).map((mapping) => this.prepared(mapping)));
    if (this.stopped) {
      throw this.stopped;
    }
    await Promise.all(begin.map((start) => start().run.polling));
  }

  /** A function may write to a table whose stream was drained already, so all are drained until none of them did anything. */
  async drained(): Promise<void> {
    const invocations = () => [...this.working.values()].reduce((sum, { run }) => sum + run.invocations, 0);
    let before: number;
    do {
      before = invocations();
      await Promise.all([...this.working.values()].map(({ mapping: { path }, run }) => run.drained().catch((error) => {
        // One that ended because the app has it no more is waited for no more.
        if (this.stopped || this.working.get(path)?.run === run) {
          throw error;
        }
      })));
    } while (invocations() !== before);
  }

  stop(reason: Error): void {
    this.stopped ??= reason;
    this.working.forEach(({ run }) => run.stop(reason));
  }

  private async end({ mapping: { path }, run }: WorkingMapping): Promise<void> {
    await run.pause();
    this.working.delete(path);
    run.stop(new LocalRunError('STOPPED', `The trigger ${path} is not in the app any more.`));
  }

  private async change(mapping: LocalMapping): Promise<void> {
    const working = this.working.get(mapping.path)!;
    if (!isDeepStrictEqual(settingsOf(working.mapping), settingsOf(mapping))) {
      await working.run.change(mapping);
    }
    this.working.set(mapping.path, { ...working, mapping });
  }

  /** Ready to begin where it starts in its stream. */
  private async prepared(mapping: LocalMapping): Promise<() => WorkingMapping> {
    const { setup: { checkpoints, observer }, services, functions } = this;
    const streams = services.streamsOf(mapping.table);
    // The table may have been recreated since it was met first.
    const { streamArn: first } = await streams.latest();
    const start = await checkpoints.startOf(mapping, streams.reader(first));
    const streamArn = localStreamArn(mapping.table, services.endpoints);
    const uuid = randomUUID();
    const stream = localStream({ ...streams, first }, { streamArn, now: Date.now, onReplaced: (latest) => checkpoints.restart(mapping, latest) });
    return () => {
      const run = startMapping(mapping, {
        uuid,
        stream,
        start,
        functions,
        destinations: services.destinations,
        observer,
        onCheckpoint: (shardId, sequenceNumber) => checkpoints.save(mapping, shardId, sequenceNumber),
        onFailure: this.onFailure,
      });
      const working = { mapping, uuid, streamArn, run };
      this.working.set(mapping.path, working);
      return working;
    };
  }
}

/** What a mapping works by. */
function settingsOf({ settings: { startingPosition: _, ...settings }, functionArn, executedVersion, destinationArn }: LocalMapping): object {
  return { settings, functionArn, executedVersion, destinationArn };
}

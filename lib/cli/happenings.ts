import { failureLines } from './failure-lines';
import { createFold } from './fold';
import { shortNames } from './short-names';
import { takenOver } from './taken-over';
import { hasFailures } from './tally';
import { visible, visibleInLine } from './visible';
import type { LocalEvent } from '../local';
import { counted } from '../view/counted';

type Ended = LocalEvent & { type: 'invocationEnded' };
type Used = LocalEvent & { type: 'used' };

/** What happens in a run, in lines for people. */
export class Happenings {
  private readonly fold = createFold();
  /** By the name of a function, or the path of a trigger. */
  private readonly shortNames = new Map<string, string>();
  /** By request id, until the invocation has ended. */
  private readonly used = new Map<string, Used>();
  /** By function: how many invocations are under way. */
  private readonly running = new Map<string, number>();

  /** @param colours whether each function has one */
  constructor(private readonly colours: boolean) {}

  /** The lines of an event; none for one that only counts. */
  lines(event: LocalEvent): readonly string[] {
    switch (event.type) {
      case 'app': this.learn(event); return [];
      case 'warning': return [`Note: ${visible(event.message)}`];
      case 'log': {
        const { functionName, requestId, line } = event;
        const lines = requestId === undefined ? [line] : this.fold.printed(functionName, requestId, line);
        return lines.map((each) => this.logged(functionName, requestId, each));
      }
      case 'debugger': return [`${this.nameOf(event.functionName)} > ${event.waits ? 'waits for a debugger' : 'a debugger can attach'} at 127.0.0.1:${event.port}`];
      case 'shards':
      case 'checkpoint': return [];
      case 'invocationStarted': this.count(event.functionName, 1); return [];
      case 'used': this.used.set(event.requestId, event); return [];
      case 'invocationEnded': return this.ended(event);
      case 'delivered': {
        const where = event.accepted ? `on ${event.destinationArn}` : `refused by ${event.destinationArn}: ${visibleInLine(event.reason ?? '')}`;
        return [`${this.nameOf(event.trigger)} > ${event.message.requestContext.condition}: ${counted(event.records.length, 'record')} ${where}`];
      }
      case 'takenOver': return [takenOver(event.changes, (path) => this.nameOf(path))];
      case 'parked': return [`Parked 1 record on ${event.destinationArn}`];
      case 'notice': return noticeLines(this.nameOf(event.trigger), event);
    }
  }

  private learn({ functions, triggers }: LocalEvent & { type: 'app' }): void {
    shortNames(triggers).forEach((short, path) => this.shortNames.set(path, short));
    const names = shortNames(functions.map(({ path }) => path));
    functions.forEach(({ name, path }, n) => {
      const short = names.get(path)!;
      this.shortNames.set(path, short);
      this.shortNames.set(name, this.colours ? `\u001b[${COLOURS[n % COLOURS.length]}m${short}\u001b[39m` : short);
    });
  }

  private nameOf(name: string): string {
    return this.shortNames.get(name) ?? name;
  }

  private count(functionName: string, change: 1 | -1): void {
    this.running.set(functionName, (this.running.get(functionName) ?? 0) + change);
  }

  private logged(functionName: string, requestId: string | undefined, line: string): string {
    // Which of them printed it is the question only where there are several.
    const which = requestId !== undefined && (this.running.get(functionName) ?? 0) > 1 ? ` ${shortId(requestId)}` : '';
    const text = failureLines(line)?.map(visibleInLine).join('\n') ?? visible(line);
    const start = `${this.nameOf(functionName)}${which} | `;
    return start + text.replaceAll('\n', `\n${start}`);
  }

  private ended({ functionName, event, outcome, durationMs }: Ended): string[] {
    this.count(functionName, -1);
    const requestId = outcome.type === 'throttled' ? undefined : outcome.requestId;
    const { shown, folded } = this.fold.ended(functionName, requestId, outcome.type === 'error' || isPartial(outcome));
    const notes = [...folded > 0 ? [`${counted(folded, 'line')} as before`] : [], ...requestId === undefined ? [] : this.usage(requestId)];
    const result = `${counted(event.Records.length, 'record')} in ${Math.round(durationMs)} ms, ${resultOf(outcome)}`;
    return [
      ...shown.map((line) => this.logged(functionName, requestId, line)),
      `${this.nameOf(functionName)} > ${result}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`,
    ];
  }

  /** As the REPORT that Lambda writes at the end of an invocation. */
  private usage(requestId: string): string[] {
    const { memoryUsed, memorySize, loadMs } = this.used.get(requestId) ?? {};
    this.used.delete(requestId);
    return [
      ...memoryUsed === undefined ? [] : [`${memoryUsed} of ${memorySize} MB`],
      ...loadMs === undefined ? [] : [`cold start ${Math.round(loadMs)} ms`],
      ...memorySize === undefined ? [] : [shortId(requestId)],
    ];
  }
}

/** Of the functions: all but red, which is for errors, and those that a background may have. */
const COLOURS = [36, 33, 35, 32, 34, 96, 93, 95];

/** Enough to tell the invocations of a run apart. */
function shortId(requestId: string): string {
  return requestId.slice(0, 8);
}

function isPartial(outcome: Ended['outcome']): boolean {
  return outcome.type === 'response' && hasFailures(outcome.response);
}

function resultOf(outcome: Ended['outcome']): string {
  switch (outcome.type) {
    case 'error': return `failed: ${visibleInLine(`${outcome.errorType}: ${outcome.errorMessage}`)}`;
    case 'throttled': return 'throttled';
    case 'response':
      return hasFailures(outcome.response) ? `not done from ${visibleInLine(String(outcome.response.batchItemFailures[0]?.itemIdentifier))}` : 'done';
  }
}

function noticeLines(trigger: string, { notice }: LocalEvent & { type: 'notice' }): string[] {
  switch (notice.type) {
    case 'retrying': return [`${trigger} > retrying ${counted(notice.records, 'record')}, attempt ${notice.attempt}`];
    case 'split': return [`${trigger} > split into ${notice.first} and ${counted(notice.second, 'record')}`];
    case 'tooLarge': return [`${trigger} > not invoked: the event of ${counted(notice.records, 'record')} is larger than the 6 MB that Lambda takes`];
    case 'dropped': return [`${trigger} > LOST ${counted(notice.records.length, 'record')}: ${notice.reason}`];
    case 'trimmed': return [`${trigger} > LOST what the stream no longer holds, after ${notice.after ?? 'its start'}`];
    case 'count': return [];
  }
}

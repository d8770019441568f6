/** Keeps a failure that repeats from filling the terminal: a handler that throws prints the same trace at each of many tries. */
export interface Fold {
  /** A line that a function printed during an invocation. Returns what must be shown now. */
  printed(functionName: string, requestId: string, line: string): readonly string[];
  /** The invocation has ended. Returns what must be shown before its result, and how many lines were the same as in the failure before. */
  ended(functionName: string, requestId: string | undefined, failed: boolean): { readonly shown: readonly string[]; readonly folded: number };
}

export function createFold(): Fold {
  /** What a function printed when it failed last, without the ids of requests. */
  const lastFailures = new Map<string, readonly string[]>();
  const invocations = new Map<string, InvocationLines>();

  return {
    printed: (functionName, requestId, line) => {
      const invocation = invocations.get(requestId) ?? { lines: [], folded: [], repeats: true };
      invocations.set(requestId, invocation);
      const same = line.replaceAll(requestId, '');
      invocation.repeats &&= lastFailures.get(functionName)?.[invocation.lines.length] === same;
      invocation.lines.push(same);
      if (invocation.repeats) {
        invocation.folded.push(line);
        return [];
      }
      return [...invocation.folded.splice(0), line];
    },
    ended: (functionName, requestId, failed) => {
      const { lines, folded } = invocations.get(requestId!) ?? { lines: [], folded: [] };
      invocations.delete(requestId!);
      if (!failed) {
        return { shown: folded, folded: 0 };
      }
      lastFailures.set(functionName, lines);
      return { shown: [], folded: folded.length };
    },
  };
}

interface InvocationLines {
  readonly lines: string[];
  /** What was not shown, because it was as the failure before so far. */
  readonly folded: string[];
  repeats: boolean;
}

import type { CheckedStack } from './checked-stack';

/** What was found out before: of each stack, by what was asked for. */
const answers = new WeakMap<CheckedStack, Map<string, Map<unknown, unknown>>>();

/** Finds something out once. What leads back to itself gets another answer, so that it ends. */
export function once<Answer>(stack: CheckedStack, question: string, about: unknown, inCircle: Answer, find: () => Answer): Answer {
  const ofStack = answers.get(stack) ?? new Map<string, Map<unknown, unknown>>();
  const known = ofStack.get(question) ?? new Map<unknown, unknown>();
  answers.set(stack, ofStack.set(question, known));
  if (!known.has(about)) {
    known.set(about, inCircle);
    known.set(about, find());
  }
  return known.get(about) as Answer;
}

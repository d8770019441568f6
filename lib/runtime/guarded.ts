/** Calls what may throw or reject, and must do no harm by it. Answers when that has settled; undefined if there is nothing to wait for. */
export function guarded(call: () => unknown, failed: (error: unknown) => void = () => undefined): Promise<void> | undefined {
  try {
    const answer = call();
    return answer ? Promise.resolve(answer).then(() => undefined, failed) : undefined;
  } catch (error) {
    failed(error);
    return undefined;
  }
}

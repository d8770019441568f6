/** As Promise.all, but it rejects only when all have settled: what starts after a failure would be left running. */
export async function allStarted<T extends readonly unknown[]>(starting: readonly [...{ [part in keyof T]: Promise<T[part]> }]): Promise<T> {
  await Promise.allSettled(starting);
  return await Promise.all(starting) as unknown as T;
}

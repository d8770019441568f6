/** A command of an SDK client: what is needed of it here. */
interface Command {
  readonly middlewareStack: { add(middleware: any, options: any): void };
}

/**
 * What DynamoDB answers to a command, as the JSON that came over the wire.
 *
 * The SDK would turn numbers into dates and base64 into byte arrays, which Lambda's shape of records does not have, and it loses an
 * attribute that is called `__proto__`.
 */
export async function wireAnswer<T extends object>(command: Command, send: () => Promise<unknown>): Promise<T> {
  let answer = {} as T;
  command.middlewareStack.add((next: (args: unknown) => Promise<any>) => async (args: unknown) => {
    const result = await next(args);
    const response: { statusCode: number; body: unknown } = result.response;
    if (response.statusCode === 200) {
      answer = JSON.parse(await textOf(response.body as AsyncIterable<Uint8Array>));
      response.body = Buffer.from('{}');
    }
    return result;
  }, { step: 'deserialize', priority: 'low' });
  await send();
  return answer;
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before the endpoints of a local run, and knows which permission each call would need on AWS. */
export class Calls {
  static async before(variables: Readonly<Record<string, string>>): Promise<Calls> {
    const calls = new Calls();
    for (const [name, value] of Object.entries(variables)) {
      const [, service] = /^AWS_ENDPOINT_URL_(.+)$/.exec(name) ?? [];
      calls.variables[name] = service ? await calls.serve(service, value) : value;
    }
    return calls;
  }

  /** Such as `sqs:ReceiveMessage`. */
  readonly permissions = new Set<string>();
  /** Seconds that a message is invisible, whatever the command asks for. */
  visibility?: number;
  /** The environment variables that send a command here. */
  readonly variables: Record<string, string> = {};
  private readonly servers: Server[] = [];

  stop(): void {
    this.servers.forEach((server) => {
      server.close();
      server.closeAllConnections();
    });
  }

  private async serve(service: string, target: string): Promise<string> {
    const server = createServer(async (request, response) => {
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of request) {
          chunks.push(chunk);
        }
        this.permissions.add(permissionOf(service, request));
        const { host: _, 'content-length': __, 'connection': ___, ...headers } = request.headers as Record<string, string>;
        const body = chunks.length > 0 ? this.changed(Buffer.concat(chunks)) : undefined;
        const answer = await fetch(target + request.url, { method: request.method, headers, body });
        const { 'content-encoding': ____, 'transfer-encoding': _____, 'connection': ______, ...rest } = Object.fromEntries(answer.headers);
        response.writeHead(answer.status, rest).end(Buffer.from(await answer.arrayBuffer()));
      } catch {
        // The command was killed, or the run has ended.
        response.destroy();
      }
    });
    this.servers.push(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  private changed(body: Buffer): Buffer {
    return this.visibility === undefined ? body : Buffer.from(body.toString('latin1').replace(/"VisibilityTimeout":60\b/g, `"VisibilityTimeout":${this.visibility}`), 'latin1');
  }
}

/** By the Service Authorization Reference. */
function permissionOf(service: string, { method, url = '', headers }: IncomingMessage): string {
  const [, action] = String(headers['x-amz-target'] ?? '').split('.');
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  switch (service) {
    case 'SQS': return `sqs:${action.replace(/Batch$/, '')}`;
    case 'DYNAMODB': case 'DYNAMODB_STREAMS': return `dynamodb:${action}`;
    case 'S3': return method === 'GET' && searchParams.has('list-type') ? 's3:ListBucket' : method === 'GET' ? 's3:GetObject' : method === 'DELETE' ? 's3:DeleteObject' : `s3:${method}`;
    case 'LAMBDA': return pathname.endsWith('/invocations') ? 'lambda:InvokeFunction'
      : pathname.endsWith('/configuration') ? 'lambda:GetFunctionConfiguration'
        : /\/event-source-mappings\/?$/.test(pathname) ? 'lambda:ListEventSourceMappings' : `lambda:${method} ${pathname}`;
    default: return `${service}:${action ?? method}`;
  }
}

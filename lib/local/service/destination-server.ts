import type { IncomingHttpHeaders } from 'node:http';
import { pathToFileURL } from 'node:url';
import type { DestinationKind } from '../../stream/destination-kind';
import { PARKED_RECORD_KIND } from '../../stream/parked-record';
import { FOREIGN_REQUEST, isForeignRequest } from '../foreign-request';

/** What this process sends to the one that started it: its port when it listens, each new object, and where a record was parked. */
export type FromDestinationServer =
  | { readonly port: number }
  | { readonly uploaded: { readonly bucket: string; readonly key: string } }
  | { readonly parkedAt: { readonly service: Exclude<DestinationKind, 's3'>; readonly name: string } };

/**
 * SQS, SNS and S3 on this machine, in a process of their own on a free port. It ends with the process that started it.
 *
 * Argument: the main file of the package fauxqs.
 */
async function main([file]: string[]): Promise<void> {
  const load = (path: string) => import(new URL(path, pathToFileURL(file)).href);
  const { buildApp } = await load('');
  const { SqsStore } = await load('./sqs/sqsStore.js');
  const { SnsStore } = await load('./sns/snsStore.js');
  const { S3Store } = await load('./s3/s3Store.js');
  // Its own start function would listen on every network interface, and make queue URLs whose host names do not resolve.
  const sqsStore = Object.assign(new SqsStore(), { host: undefined });
  const stores = { sqsStore, snsStore: new SnsStore(), s3Store: new S3Store() };
  Object.values(stores).forEach((store) => store.spy = { addMessage: tellWhat });
  const app = buildApp({ logger: false, stores });
  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) =>
    isForeignRequest(request.headers) ? reply.code(403).send(FOREIGN_REQUEST) : undefined);
  await app.listen({ port: 0, host: '127.0.0.1' });
  tell({ port: app.server.address().port });
}

/** What is used of the parts of Fastify, which fauxqs is made with. */
interface FastifyRequest {
  readonly headers: IncomingHttpHeaders;
}
interface FastifyReply {
  code(status: number): FastifyReply;
  send(body: string): FastifyReply;
}

/** Something that happens in a store. */
type StoreEvent =
  | { readonly service: 'sqs'; readonly status: string; readonly queueName: string; readonly body: string }
  | { readonly service: 'sns'; readonly status: string; readonly topicName: string; readonly body: string }
  | { readonly service: 's3'; readonly status: string; readonly bucket: string; readonly key: string };

function tellWhat(event: StoreEvent): void {
  if (event.service === 's3') {
    if (event.status === 'uploaded') {
      tell({ uploaded: { bucket: event.bucket, key: event.key } });
    }
  } else if (event.status === 'published' && isParkedRecord(event.body)) {
    tell({ parkedAt: { service: event.service, name: event.service === 'sqs' ? event.queueName : event.topicName } });
  }
}

/** Parses only messages that contain the kind: most are not parked records. */
function isParkedRecord(body: string): boolean {
  try {
    return body.includes(PARKED_RECORD_KIND) && JSON.parse(body).kind === PARKED_RECORD_KIND;
  } catch {
    return false;
  }
}

function tell(message: FromDestinationServer): void {
  process.send!(message);
}

process.once('disconnect', () => process.exit());
main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});

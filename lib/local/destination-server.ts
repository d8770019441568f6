import { pathToFileURL } from 'node:url';

/**
 * SQS, SNS and S3 on this machine, in a process of their own: it ends with the one that started it, and says its port, a free one.
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
  const app = buildApp({ logger: false, stores: { sqsStore, snsStore: new SnsStore(), s3Store: new S3Store() } });
  await app.listen({ port: 0, host: '127.0.0.1' });
  process.send!({ port: app.server.address().port });
}

process.once('disconnect', () => process.exit());
main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});

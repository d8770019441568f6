// Runs a bundled handler in a process of its own, as Lambda would, with a real client and local destinations.
// Arguments: the bundle, and the kind of destination.
import { createServer, request } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';

const [bundle, kind] = process.argv.slice(2);
const server = await startFauxqs({ port: 0, logger: false });
process.on('exit', () => server.stop());

const { queueArn } = server.createQueue('parked', kind === 'low' ? { attributes: { MaximumMessageSize: '3000' } } : {});
const { topicArn } = server.createTopic('topic');
server.subscribe({ topic: 'topic', queue: 'parked' });
server.createBucket('bucket');
const park = { sqs: queueArn, sns: topicArn, s3: 'arn:aws:s3:::bucket', gone: `${queueArn}-gone`, low: queueArn, unanswered: queueArn }[kind];

// What stands before the server, and hands the first request on only when nobody waits for its answer any more.
let requests = 0;
const slow = createServer(async (incoming, outgoing) => {
  if (requests++ === 0) await setTimeout(3_200);
  const { method, headers, url } = incoming;
  incoming.pipe(request({ port: server.port, host: '127.0.0.1', method, headers, path: url }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers);
    answer.pipe(outgoing);
  }));
});
await new Promise((resolve) => slow.listen(0, '127.0.0.1', resolve));
const port = kind === 'unanswered' ? slow.address().port : server.port;

Object.assign(process.env, {
  AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_LAMBDA_RUNTIME_API: '127.0.0.1:0',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  DYNAMO_STREAM_TRIGGER: JSON.stringify({ v: 1, triggers: [{ report: true, park }] }),
});

const { handler } = await import(pathToFileURL(bundle));
const Records = Array.from({ length: 14 }, (_, at) => ({
  eventID: `event-${at}`,
  eventName: 'INSERT',
  eventSourceARN: 'arn:aws:dynamodb:us-east-1:000000000000:table/T/stream/1',
  dynamodb: {
    Keys: { pk: { S: `item-${at}` } },
    NewImage: { pk: { S: `item-${at}` }, text: { S: at === 13 ? 'x'.repeat(1_100_000) : 'x\uffff' } },
    SequenceNumber: String(100000000000000000000n + BigInt(at)),
  },
}));
const context = { invokedFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:on-order' };
if (kind === 'unanswered') {
  await handler({ Records: Records.slice(0, 13) }, context);
  // What was refused would be sent by now, if it still were.
  await setTimeout(500);
}
const small = await handler({ Records: Records.slice(0, 13) }, context);
const large = await handler({ Records: Records.slice(13) }, context);
const messages = server.inspectQueue('parked').messages.ready.map(({ body, Body = body }) => JSON.parse(Body));
const parked = messages.map((message) => message.Message ? JSON.parse(message.Message) : message);

let objects = [];
if (kind === 's3') {
  const { Contents = [] } = await new S3Client({ forcePathStyle: true }).send(new ListObjectsV2Command({ Bucket: 'bucket' }));
  objects = Contents.map(({ Key }) => Key);
}
console.log(JSON.stringify({ small, large, parked, objects }));
process.exit(0);

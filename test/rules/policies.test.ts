import { allowedByAws, fits, isAbout, listOf, mayBeOne, STREAM_READ_ACTIONS, TABLE_WRITE_ACTIONS } from '../../lib/rules/policies';

test.each<[string, string, boolean]>([
  ['dynamodb:GetRecords', 'DynamoDB:getrecords', true],
  ['dynamodb:GetRecords', 'dynamodb:GetRecord', false],
  ['dynamodb:Get*', 'dynamodb:GetRecords', true],
  ['dynamodb:Get*', 'dynamodb:PutItem', false],
  ['*', 'sqs:SendMessage', true],
  ['sqs:Send???????', 'sqs:SendMessage', true],
  ['sqs:Send??????', 'sqs:SendMessage', false],
  ['**:*Item', 'dynamodb:PutItem', true],
  ['s3.Put*', 's3:PutObject', false],
  ['S3:PUT*', 's3:PutObject', true],
])('whether the pattern %s of IAM fits %s: %j', (pattern, text, expected) => {
  expect(fits(pattern, text)).toBe(expected);
});

test.each<[string[], string[], boolean]>([
  [['dynamodb:PutItem', 'dynamodb:Get*'], [], true],
  [['dynamodb:PutItem'], [], false],
  [[], ['s3:*', 'sqs:*'], true],
  [[], ['s3:*', 'dynamodb:Get*'], false],
  [[], [], false],
])('a statement with the actions %j, or all but %j, is about GetRecords: %j', (actions, notActions, expected) => {
  expect(isAbout({ actions, notActions }, 'dynamodb:GetRecords')).toBe(expected);
});

test.each<[string, string, boolean]>([
  ['arn:aws:sqs:eu-west-1:1:a', 'arn:aws:sqs:eu-west-1:1:a', true],
  ['arn:aws:sqs:eu-west-1:1:a', 'arn:aws:sqs:eu-west-1:1:b', false],
  ['arn:aws:sqs:*:*:a', 'arn:aws:sqs:eu-west-1:1:a', true],
  ['arn:aws:sqs:*:1:a', 'arn:aws:sqs:eu-west-1:2:a', false],
  ['arn:aws:sqs:eu-west-1:1:a*', 'arn:aws:sqs:eu-west-1:1:*b', true],
  ['arn:aws:sqs:eu-west-1:1:a*c', 'arn:aws:sqs:eu-west-1:1:ab*', true],
  ['arn:aws:sqs:eu-west-1:1:xa', 'arn:aws:sqs:eu-west-1:1:*a', true],
  ['arn:aws:sqs:eu-west-1:1:xyb', 'arn:aws:sqs:eu-west-1:1:*a', false],
  ['arn:aws:sqs:eu-west-1:1:a?c', 'arn:aws:sqs:eu-west-1:1:abc', true],
  ['arn:aws:sqs:eu-west-1:1:a?', 'arn:aws:sqs:eu-west-1:1:abc', false],
  ['arn:aws:sqs:eu-west-1:1:abc', 'arn:aws:sqs:eu-west-1:1:a??', true],
  ['arn:aws:sqs:eu-west-1:1:a', 'arn:aws:sqs:eu-west-1:1:a*', true],
  ['*', 'arn:aws:s3:::bucket/key:with:colons', true],
  ['arn:aws:s3:*', 'arn:aws:s3:::bucket', true],
  ['arn:aws:sqs:*', 'arn:aws:s3:::bucket', false],
  ['arn:aws:lambda:eu-west-1:1:function:a:live', 'arn:aws:lambda:eu-west-1:1:function:a:*', true],
  ['arn:aws:lambda:eu-west-1:1:function:a:live', 'arn:aws:lambda:eu-west-1:1:function:a:old', false],
])('whether %s and %s may be one resource: %j', (held, wanted, expected) => {
  expect(mayBeOne(held, wanted)).toBe(expected);
});

test('a policy may have a list, one alone, or nothing', () => {
  expect([['a', 'b'], 'a', undefined, null].map(listOf)).toEqual([['a', 'b'], ['a'], [], []]);
});

test('what AWS\'s own policies allow of what a mapping needs', () => {
  const everything = ['dynamodb:*', 'sqs:*', 'sns:*', 's3:*', 'kms:*'];
  const nothing = [
    'AWSLambdaBasicExecutionRole', 'AWSLambdaVPCAccessExecutionRole', 'AWSLambdaKinesisExecutionRole', 'AWSLambdaSQSQueueExecutionRole', 'AWSLambdaRole',
    'AWSXRayDaemonWriteAccess', 'AWSXrayWriteOnlyAccess', 'CloudWatchLambdaInsightsExecutionRolePolicy',
  ];

  expect(['AWSLambdaDynamoDBExecutionRole', 'AWSLambdaInvocation-DynamoDB'].map(allowedByAws)).toEqual([STREAM_READ_ACTIONS, STREAM_READ_ACTIONS]);
  expect(['AmazonDynamoDBFullAccess', 'AmazonDynamoDBFullAccess_v2', 'AmazonSQSFullAccess', 'AmazonSNSFullAccess', 'AmazonS3FullAccess'].map(allowedByAws))
    .toEqual([['dynamodb:*'], ['dynamodb:*'], ['sqs:*'], ['sns:*'], ['s3:*']]);
  expect(['PowerUserAccess', 'AdministratorAccess'].map(allowedByAws)).toEqual([everything, ['*']]);
  expect(nothing.map(allowedByAws)).toEqual(nothing.map(() => []));
  expect(['Ours', 'toString'].map(allowedByAws)).toEqual([undefined, undefined]);
});

test('the actions that Lambda calls to read a stream, and those that change items', () => {
  expect(STREAM_READ_ACTIONS).toEqual(['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams']);
  expect(TABLE_WRITE_ACTIONS).toEqual(['Put', 'Update', 'Delete', 'BatchWrite'].map((name) => `dynamodb:${name}Item`)
    .concat(['Insert', 'Update', 'Delete'].map((name) => `dynamodb:PartiQL${name}`)));
});

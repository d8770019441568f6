import { aws_dynamodb as dynamodb, aws_kms as kms, type Stack } from 'aws-cdk-lib';
import { StreamedTable } from '../../lib';
import { TestApp } from '../app';

const KEY_ARN = 'arn:aws:kms:eu-west-1:123456789012:key/1';

test.each<[string, (stack: Stack, key: kms.IKey) => dynamodb.ITable]>([
  ['a Table', (stack, encryptionKey) => new dynamodb.Table(stack, 'Encrypted', {
    partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING }, stream: dynamodb.StreamViewType.NEW_IMAGE, encryptionKey,
  })],
  ['a TableV2', (stack, key) => new dynamodb.TableV2(stack, 'Encrypted', {
    partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING }, dynamoStream: dynamodb.StreamViewType.NEW_IMAGE,
    encryption: dynamodb.TableEncryptionV2.customerManagedKey(key),
  })],
  ['an imported table', (stack, encryptionKey) => dynamodb.Table.fromTableAttributes(stack, 'Encrypted', {
    tableName: 'orders', tableStreamArn: 'arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026', encryptionKey,
  })],
  ['a table whose stream is looked up', (stack, encryptionKey) => StreamedTable.fromTableName(stack, 'Encrypted', 'orders', { encryptionKey })],
])('the function may decrypt with the key of %s, of this app or imported', (_name, tableWith) => {
  const decrypting = (keyIn: (stack: Stack) => kms.IKey) => {
    const app = new TestApp({ env: { account: '123456789012', region: 'eu-west-1' } });
    app.trigger({ table: tableWith(app.stack, keyIn(app.stack)) });
    return Object.values(app.template().findResources('AWS::IAM::Policy'))
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .filter(({ Action }) => Action.includes('kms:Decrypt'))
      .map(({ Resource }) => Resource);
  };

  expect(decrypting((stack) => new kms.Key(stack, 'Key'))).toEqual([{ 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] }]);
  expect(decrypting((stack) => kms.Key.fromKeyArn(stack, 'Key', KEY_ARN))).toEqual([KEY_ARN]);
});

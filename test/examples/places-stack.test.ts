import { Match, Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { PlacesStack } from '../../examples/places/places-stack';
import { newApp } from '../app';

test('the trigger reads the table of places, and the function writes to the other one', () => {
  const template = Template.fromStack(new PlacesStack(newApp(), 'Places'));

  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Places[0-9A-F]{8}$'), 'StreamArn'] },
    FunctionName: { Ref: Match.stringLikeRegexp('^OnPlace') },
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [Match.stringLikeRegexp('FailureQueue'), 'Arn'] } } },
  });
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([Match.objectLike({
        Action: Match.arrayWith(['dynamodb:PutItem']), Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^PlacesByTimeZone'), 'Arn'] },
      })]),
    },
  });
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([Match.objectLike({
        Action: 'dynamodb:GetItem', Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^CountryTimeZones'), 'Arn'] },
      })]),
    },
  });
});

test('cdk-nag finds nothing that the example does not explain', () => {
  const app = newApp();
  new PlacesStack(app, 'Places');
  const { violations } = new AwsSolutionsChecks().validateScope(app);

  expect(violations.map(({ ruleName }) => ruleName)).toEqual([]);
});

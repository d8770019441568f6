import { createRequire } from 'node:module';
import type { aws_dynamodb as dynamodb, aws_lambda as lambda } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

interface Props {
  readonly existingTableInterface?: dynamodb.ITable;
  readonly existingLambdaObj?: lambda.Function;
  readonly lambdaFunctionProps?: lambda.FunctionProps;
}

/** AWS Solutions Constructs, which are installed in this folder. */
export const { DynamoDBStreamsToLambda }: { readonly DynamoDBStreamsToLambda: new (scope: Construct, id: string, props: Props) => Construct }
  = createRequire(__filename)('@aws-solutions-constructs/aws-dynamodbstreams-lambda');

/** A service of AWS: how people call it, and what its environment variable is called after `AWS_ENDPOINT_URL_`. */
export interface AwsService {
  readonly title: string;
  readonly id: string;
}

/** Services by the beginning of their host names, where neither name follows from it. */
const SERVICES: Readonly<Record<string, readonly [title: string, id: string]>> = {
  'api.ecr': ['ECR', 'ECR'],
  'api.sagemaker': ['SageMaker', 'SAGEMAKER'],
  'appconfigdata': ['AppConfig', 'APPCONFIGDATA'],
  'appsync': ['AppSync', 'APPSYNC'],
  'athena': ['Athena', 'ATHENA'],
  'batch': ['Batch', 'BATCH'],
  'bedrock-agent-runtime': ['Bedrock', 'BEDROCK_AGENT_RUNTIME'],
  'bedrock-runtime': ['Bedrock', 'BEDROCK_RUNTIME'],
  'cloudformation': ['CloudFormation', 'CLOUDFORMATION'],
  'cognito-identity': ['Cognito', 'COGNITO_IDENTITY'],
  'cognito-idp': ['Cognito', 'COGNITO_IDENTITY_PROVIDER'],
  'data.iot': ['IoT', 'IOT_DATA_PLANE'],
  'data-ats.iot': ['IoT', 'IOT_DATA_PLANE'],
  'dynamodb': ['DynamoDB', 'DYNAMODB'],
  'email': ['SES', 'SESV2'],
  'es': ['OpenSearch', 'OPENSEARCH'],
  'events': ['EventBridge', 'EVENTBRIDGE'],
  'execute-api': ['API Gateway', 'APIGATEWAYMANAGEMENTAPI'],
  'firehose': ['Firehose', 'FIREHOSE'],
  'glue': ['Glue', 'GLUE'],
  'kinesis': ['Kinesis', 'KINESIS'],
  'lambda': ['Lambda', 'LAMBDA'],
  'logs': ['CloudWatch Logs', 'CLOUDWATCH_LOGS'],
  'monitoring': ['CloudWatch', 'CLOUDWATCH'],
  'pipes': ['EventBridge Pipes', 'PIPES'],
  'queue': ['SQS', 'SQS'],
  'rds-data': ['RDS Data API', 'RDS_DATA'],
  'redshift-data': ['Redshift Data API', 'REDSHIFT_DATA'],
  'rekognition': ['Rekognition', 'REKOGNITION'],
  'runtime.sagemaker': ['SageMaker', 'SAGEMAKER_RUNTIME'],
  's3': ['S3', 'S3'],
  'scheduler': ['EventBridge Scheduler', 'SCHEDULER'],
  'secretsmanager': ['Secrets Manager', 'SECRETS_MANAGER'],
  'sns': ['SNS', 'SNS'],
  'sqs': ['SQS', 'SQS'],
  'ssm': ['Systems Manager', 'SSM'],
  'states': ['Step Functions', 'SFN'],
  'streams.dynamodb': ['DynamoDB Streams', 'DYNAMODB_STREAMS'],
  'xray': ['X-Ray', 'XRAY'],
};

/** The services that run here, by the end of their environment variables. */
export const LOCAL_SERVICES = ['DYNAMODB', 'DYNAMODB_STREAMS', 'LAMBDA', 'SQS', 'SNS', 'S3'] as const;

/** A request's service, and the bucket that its host names. */
export interface AwsHost {
  readonly service: AwsService;
  readonly bucket?: string;
}

const AWS_DOMAIN = /\.(amazonaws\.com(\.cn)?|api\.aws)$/;
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;

/** The service behind a host name; undefined if it is none of AWS's. */
export function awsHost(host: string): AwsHost | undefined {
  if (!AWS_DOMAIN.test(host)) {
    return undefined;
  }
  const labels = host.replace(AWS_DOMAIN, '').replace(/-fips\b/, '').split('.').filter((label) => !REGION.test(label) && label !== 'dualstack');
  const last = labels.at(-1) ?? host;
  if (/^s3(-[a-z]{2}(-[a-z]+)+-\d)?$/.test(last)) {
    return { service: serviceOf('s3'), ...(labels.length > 1 && { bucket: labels.slice(0, -1).join('.') }) };
  }
  // Endpoints of an account: <account>.ddb.<region>.
  return { service: serviceOf(last === 'ddb' ? 'dynamodb' : labels.join('.') in SERVICES ? labels.join('.') : last) };
}

/** The end of the environment variable for a service as users call it: `events`, `eventbridge`, `EventBridge` or `Event Bridge`. */
export function serviceId(name: string): string {
  const plain = (text: string) => text.toUpperCase().replace(/[^A-Z0-9]/g, '');
  const known = Object.entries(SERVICES).find(([host, [title, id]]) => [host, title, id].some((other) => plain(other) === plain(name)));
  return known?.[1][1] ?? name.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
}

function serviceOf(host: string): AwsService {
  const [title, id] = SERVICES[host] ?? [host.length <= 4 ? host.toUpperCase() : host, host.toUpperCase().replace(/[^A-Z0-9]+/g, '_')];
  return { title, id };
}

/**
 * What a template may ask of the resources of a type, as far as it follows from the resource's name.
 *
 * In the patterns, `{name}`, `{region}` and `{account}` stand for those of the resource, `{id}` and `{suffix}` for parts that AWS makes
 * at random, and `{Path=/}` for its property `Path`, with a default.
 */
export interface ResourceType {
  /** The property with the name. */
  readonly property: string;
  readonly longest: number;
  readonly lowerCase?: boolean;
  /** What Ref returns: a pattern. */
  readonly ref: string;
  /** What GetAtt returns, by attribute. */
  readonly attributes: Readonly<Record<string, string>>;
}

const ARN = (service: string, resource: string) => `arn:aws:${service}:{region}:{account}:${resource}`;

/** A type whose Ref is its name, and that has an ARN. */
function named(property: string, longest: number, arn: string, attributes: Record<string, string> = {}): ResourceType {
  return { property, longest, ref: '{name}', attributes: { Arn: arn, ...attributes } };
}

/** A type whose Ref is its ARN. */
function byArn(property: string, longest: number, arn: string, attributes: Record<string, string> = {}): ResourceType {
  return { property, longest, ref: arn, attributes: { Arn: arn, ...attributes } };
}

const TABLE = named('TableName', 255, ARN('dynamodb', 'table/{name}'));
const TASK_DEFINITION = ARN('ecs', 'task-definition/{name}:1');
const STATE_MACHINE = ARN('states', 'stateMachine:{name}');
const SECRET = ARN('secretsmanager', 'secret:{name}-{suffix}');
const LAYER = ARN('lambda', 'layer:{name}:1');
const POLICY = 'arn:aws:iam::{account}:policy{Path=/}{name}';
const JOB_QUEUE = ARN('batch', 'job-queue/{name}');
/** The local destinations have only one account. */
const TOPIC = 'arn:aws:sns:{region}:000000000000:{name}';
const QUEUE = 'arn:aws:sqs:{region}:000000000000:{name}';

export const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::Athena::WorkGroup': named('Name', 128, ARN('athena', 'workgroup/{name}')),
  'AWS::Backup::BackupVault': named('BackupVaultName', 50, ARN('backup', 'backup-vault:{name}'), {
    BackupVaultArn: ARN('backup', 'backup-vault:{name}'), BackupVaultName: '{name}',
  }),
  'AWS::Batch::JobQueue': byArn('JobQueueName', 128, JOB_QUEUE, { JobQueueArn: JOB_QUEUE }),
  'AWS::CloudTrail::Trail': named('TrailName', 128, ARN('cloudtrail', 'trail/{name}')),
  'AWS::CloudWatch::Alarm': named('AlarmName', 255, ARN('cloudwatch', 'alarm:{name}')),
  'AWS::CodeBuild::Project': named('Name', 255, ARN('codebuild', 'project/{name}')),
  'AWS::DynamoDB::GlobalTable': TABLE,
  'AWS::DynamoDB::Table': TABLE,
  'AWS::ECR::Repository': {
    ...named('RepositoryName', 256, ARN('ecr', 'repository/{name}'), { RepositoryUri: '{account}.dkr.ecr.{region}.amazonaws.com/{name}' }),
    lowerCase: true,
  },
  'AWS::ECS::Cluster': named('ClusterName', 255, ARN('ecs', 'cluster/{name}')),
  'AWS::ECS::TaskDefinition': byArn('Family', 255, TASK_DEFINITION, { TaskDefinitionArn: TASK_DEFINITION }),
  'AWS::Events::Archive': named('ArchiveName', 48, ARN('events', 'archive/{name}')),
  'AWS::Events::EventBus': named('Name', 256, ARN('events', 'event-bus/{name}'), { Name: '{name}' }),
  'AWS::Events::Rule': named('Name', 64, ARN('events', 'rule/{name}')),
  'AWS::Glue::Crawler': named('Name', 255, ARN('glue', 'crawler/{name}')),
  'AWS::Glue::Job': named('Name', 255, ARN('glue', 'job/{name}')),
  'AWS::IAM::Group': named('GroupName', 128, 'arn:aws:iam::{account}:group{Path=/}{name}'),
  'AWS::IAM::InstanceProfile': named('InstanceProfileName', 128, 'arn:aws:iam::{account}:instance-profile{Path=/}{name}'),
  'AWS::IAM::ManagedPolicy': byArn('ManagedPolicyName', 128, POLICY, { PolicyArn: POLICY }),
  'AWS::IAM::Role': named('RoleName', 64, 'arn:aws:iam::{account}:role{Path=/}{name}'),
  'AWS::IAM::User': named('UserName', 64, 'arn:aws:iam::{account}:user{Path=/}{name}'),
  'AWS::IoT::Thing': named('ThingName', 128, ARN('iot', 'thing/{name}')),
  'AWS::IoT::TopicRule': named('RuleName', 128, ARN('iot', 'rule/{name}')),
  'AWS::KMS::Alias': { property: 'AliasName', longest: 256, ref: '{name}', attributes: {} },
  'AWS::KMS::Key': { property: 'KeyId', longest: 36, ref: '{id}', attributes: { Arn: ARN('kms', 'key/{id}'), KeyId: '{id}' } },
  'AWS::Kinesis::Stream': named('Name', 128, ARN('kinesis', 'stream/{name}')),
  'AWS::KinesisFirehose::DeliveryStream': named('DeliveryStreamName', 64, ARN('firehose', 'deliverystream/{name}')),
  'AWS::Lambda::Function': named('FunctionName', 64, ARN('lambda', 'function:{name}')),
  'AWS::Lambda::LayerVersion': byArn('LayerName', 140, LAYER, { LayerVersionArn: LAYER }),
  'AWS::Logs::LogGroup': named('LogGroupName', 512, ARN('logs', 'log-group:{name}:*')),
  'AWS::OpenSearchService::Domain': { ...named('DomainName', 28, ARN('es', 'domain/{name}'), { DomainArn: ARN('es', 'domain/{name}') }), lowerCase: true },
  'AWS::Pipes::Pipe': named('Name', 64, ARN('pipes', 'pipe/{name}')),
  'AWS::S3::Bucket': {
    ...named('BucketName', 63, 'arn:aws:s3:::{name}', {
      DomainName: '{name}.s3.amazonaws.com',
      RegionalDomainName: '{name}.s3.{region}.amazonaws.com',
      DualStackDomainName: '{name}.s3.dualstack.{region}.amazonaws.com',
      WebsiteURL: 'http://{name}.s3-website-{region}.amazonaws.com',
    }),
    lowerCase: true,
  },
  'AWS::Scheduler::Schedule': named('Name', 64, ARN('scheduler', 'schedule/{GroupName=default}/{name}')),
  'AWS::Scheduler::ScheduleGroup': named('Name', 64, ARN('scheduler', 'schedule-group/{name}')),
  'AWS::SecretsManager::Secret': { property: 'Name', longest: 512, ref: SECRET, attributes: { Id: SECRET } },
  'AWS::SES::ConfigurationSet': named('Name', 64, ARN('ses', 'configuration-set/{name}')),
  'AWS::SES::EmailIdentity': named('EmailIdentity', 320, ARN('ses', 'identity/{name}'), { EmailIdentityArn: ARN('ses', 'identity/{name}') }),
  'AWS::SNS::Topic': { property: 'TopicName', longest: 256, ref: TOPIC, attributes: { TopicArn: TOPIC, TopicName: '{name}' } },
  'AWS::SQS::Queue': { property: 'QueueName', longest: 80, ref: '{url}', attributes: { Arn: QUEUE, QueueUrl: '{url}', QueueName: '{name}' } },
  'AWS::SSM::Parameter': { property: 'Name', longest: 2048, ref: '{name}', attributes: { Type: '{Type}', Value: '{Value}' } },
  'AWS::StepFunctions::Activity': byArn('Name', 80, ARN('states', 'activity:{name}'), { Name: '{name}' }),
  'AWS::StepFunctions::StateMachine': byArn('StateMachineName', 80, STATE_MACHINE, { Name: '{name}' }),
  'AWS::Timestream::Database': named('DatabaseName', 64, ARN('timestream', 'database/{name}')),
};

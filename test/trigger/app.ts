import { App, aws_dynamodb as dynamodb, aws_lambda as lambda, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks, type NagPack } from 'cdk-nag';
import { DynamoStreamTrigger, type DynamoStreamTriggerProps } from '../../lib';

/** An app without bundling, in which the CDK's own findings fail the synthesis, and what a trigger needs in a stack of it. */
export class TestApp {
  readonly app: App;
  readonly stack: Stack;

  constructor(props?: StackProps, context?: { readonly [flag: string]: unknown }) {
    this.app = new App({ context: { ...context, 'aws:cdk:bundling-stacks': [], '@aws-cdk/core:validateAgainstDefaultRules': true } });
    this.stack = this.addStack('Orders', props);
  }

  addStack(id: string, props?: StackProps): Stack {
    return new Stack(this.app, id, props);
  }

  table(id = 'Table', props: Partial<dynamodb.TablePropsV2> = {}, stack = this.stack): dynamodb.TableV2 {
    return new dynamodb.TableV2(stack, id, {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      dynamoStream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
      ...props,
    });
  }

  fn(id = 'Fn', props: Partial<lambda.FunctionProps> = {}, stack = this.stack): lambda.Function {
    return new lambda.Function(stack, id, {
      code: lambda.Code.fromInline('exports.handler = async () => {};'),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_24_X,
      ...props,
    });
  }

  /** A trigger with a table and a function of its own, unless given others. */
  trigger(props: Partial<DynamoStreamTriggerProps> = {}, id = 'Trigger', stack = this.stack): DynamoStreamTrigger {
    return new DynamoStreamTrigger(stack, id, {
      table: props.table ?? this.table(`${id}Table`, {}, stack),
      handler: props.handler ?? this.fn(`${id}Fn`, {}, stack),
      ...props,
    });
  }

  template(stack = this.stack): Template {
    return Template.fromStack(stack);
  }

  /** The ids of the rules of which the synthesis of the app warns. */
  warnings(): string[] {
    return this.app.node.findAll().flatMap(({ node }) => node.metadata)
      .filter(({ type }) => type === 'aws:cdk:warning')
      .map(({ data }) => /\[ack: dynamo-stream-trigger:([a-z-]+)\]/.exec(data)?.[1] ?? data);
  }

  /** The ids of what cdk-nag's AwsSolutions finds, or another pack of its. */
  findings(pack: NagPack = new AwsSolutionsChecks()): string[] {
    return pack.validateScope(this.app).violations.map(({ ruleName }) => ruleName);
  }

  /** The paths of the resources in which cdk-nag finds one thing. */
  offenders(finding: string): string[] {
    const { violations } = new AwsSolutionsChecks().validateScope(this.app);
    return violations.filter(({ ruleName }) => ruleName === finding)
      .flatMap(({ violatingResources }) => violatingResources.map(({ constructPath }: { constructPath?: string }) => constructPath!));
  }

  /** The properties of the only mapping in a stack. */
  mapping(stack = this.stack): Record<string, any> {
    const [mapping, ...others] = Object.values(this.template(stack).findResources('AWS::Lambda::EventSourceMapping'));
    if (mapping === undefined || others.length > 0) {
      throw new Error('not exactly one mapping');
    }
    return mapping.Properties;
  }
}

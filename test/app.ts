import { App, type AppProps, aws_dynamodb as dynamodb, aws_lambda as lambda, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { Construct } from 'constructs';
import { DynamoStreamTrigger, type DynamoStreamTriggerProps } from '../lib';

/** Where the stacks of an app are that says so. */
export const ENV = { account: '123456789012', region: 'eu-west-1' };

/** The context of an app whose functions are bundled. */
export const BUNDLING = { 'aws:cdk:bundling-stacks': ['**'] };

/** An app in which errors that the CDK itself finds fail the synthesis. Functions are not bundled, unless the context says so. */
export function newApp({ context, ...props }: AppProps = {}): App {
  return new App({
    // No test reads the tree, which takes a tenth of the time.
    analyticsReporting: false, treeMetadata: false, ...props,
    context: {
      'aws:cdk:bundling-stacks': [],
      '@aws-cdk/core:validateAgainstDefaultRules': true,
      // They take a sixth of the time that synthesizing takes, and no test reads them.
      'aws:cdk:disable-creation-stack-traces': true,
      ...context,
    },
  });
}

/** Such an app, with what a trigger needs in a stack of it. */
export class TestApp {
  readonly app: App;
  readonly stack: Stack;

  constructor(props?: StackProps, context?: { readonly [flag: string]: unknown }) {
    this.app = newApp({ context });
    this.stack = this.addStack('Orders', props);
  }

  addStack(id: string, props?: StackProps): Stack {
    return new Stack(this.app, id, props);
  }

  table(id = 'Table', props: Partial<dynamodb.TablePropsV2> = {}, scope: Construct = this.stack): dynamodb.TableV2 {
    return new dynamodb.TableV2(scope, id, {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      dynamoStream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
      ...props,
    });
  }

  fn(id = 'Fn', props: Partial<lambda.FunctionProps> = {}, scope: Construct = this.stack): lambda.Function {
    return new lambda.Function(scope, id, {
      code: lambda.Code.fromInline('exports.handler = async () => {};'),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_24_X,
      ...props,
    });
  }

  /** A trigger with a table and a function of its own, unless given others. */
  trigger(props: Partial<DynamoStreamTriggerProps> = {}, id = 'Trigger', scope: Construct = this.stack): DynamoStreamTrigger {
    return new DynamoStreamTrigger(scope, id, {
      table: props.table ?? this.table(`${id}Table`, {}, scope),
      handler: props.handler ?? this.fn(`${id}Fn`, {}, scope),
      ...props,
    });
  }

  /** @throws Error if stacks, or resources of one template, need each other in a circle */
  synth(): void {
    this.app.synth();
    // The CDK looks at stacks only, its assertions at resources.
    this.app.node.findAll().filter(Stack.isStack).forEach((stack) => Template.fromStack(stack));
  }

  template(stack = this.stack): Template {
    return Template.fromStack(stack);
  }

  /** The ids of the rules that warned. Other warnings as they are. */
  warnings(): string[] {
    return this.app.node.findAll().flatMap(({ node }) => node.metadata)
      .filter(({ type }) => type === 'aws:cdk:warning')
      .map(({ data }) => /\[ack: dynamo-stream-trigger:([a-z-]+)\]/.exec(data)?.[1] ?? data);
  }

  /** The properties of the only mapping in a stack. */
  mapping(stack = this.stack): Record<string, any> {
    const [mapping, ...others] = Object.values(this.template(stack).findResources('AWS::Lambda::EventSourceMapping'));
    if (mapping === undefined || others.length > 0) {
      throw new Error(`${others.length + (mapping === undefined ? 0 : 1)} mappings in place of one`);
    }
    return mapping.Properties;
  }
}

import { App, Stack } from 'aws-cdk-lib';

// Both programs compare templates. What the CDK finds in them does not matter.
process.env.CDK_VALIDATION = 'false';

/** The resources in the template of a stack, by logical id. */
export function resourcesOf(build: (stack: Stack) => void): Readonly<Record<string, { readonly Type: string }>> {
  const app = new App();
  build(new Stack(app, 'Orders'));
  return app.synth().getStackByName('Orders').template.Resources;
}

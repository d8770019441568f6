import type { aws_lambda as lambda } from 'aws-cdk-lib';

/** The function of this app behind an alias or a version; undefined for an imported one, whose environment belongs to others. */
export function ownedFunction(handler: lambda.IFunction): lambda.Function | undefined {
  const { lambda: unqualified } = handler as { lambda?: lambda.IFunction };
  if (unqualified !== undefined) {
    return ownedFunction(unqualified);
  }
  // A singleton stands for a function elsewhere in its stack.
  return 'addEnvironment' in handler ? handler.permissionsNode.defaultChild?.node.scope as lambda.Function | undefined : undefined;
}

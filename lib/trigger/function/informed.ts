import { type aws_lambda as lambda, aws_lambda as lambdas } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { ownedFunction } from './owned-function';
import { isStreamFunction } from './stream-function';

/** Whether a function's handler is known to be this package's: it is a StreamFunction, or its author says so. */
export function hasRuntime(handler: lambda.IFunction | undefined, informHandler: unknown): boolean {
  // An untyped caller may have given anything.
  return informHandler === true || (Construct.isConstruct(handler) && isStreamFunction(ownedFunction(handler as lambda.IFunction)));
}

/** The function of this app that gets the variable. By default, every one that can read it: those of Node.js, unless they are images. */
export function informedFunction(handler: lambda.IFunction, informHandler?: boolean): lambda.Function | undefined {
  const fn = ownedFunction(handler);
  return fn !== undefined && (informHandler ?? fn.runtime.family === lambdas.RuntimeFamily.NODEJS) ? fn : undefined;
}

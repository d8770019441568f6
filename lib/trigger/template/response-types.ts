import { Aws, Fn, Lazy, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** `FunctionResponseTypes` for a flag that is a token, for which the CDK's own class takes any token as true. */
export function responseTypes(flag: unknown, scope: Construct): string[] {
  return Token.asList(Lazy.any({
    produce: () => {
      const written = write(resolve(flag, scope));
      return written === Aws.NO_VALUE ? undefined : written;
    },
  }));
}

/** The flag as the template has it, if no template can make a list of it: a list may depend on a condition, but not on a value. */
export function unwritable(flag: unknown, scope: Construct): string | undefined {
  const resolved = resolve(flag, scope);
  return write(resolved) === undefined ? JSON.stringify(resolved) : undefined;
}

const REPORTING = ['ReportBatchItemFailures'];

function write(flag: any): unknown {
  if (String(flag) === 'true') {
    return REPORTING;
  }
  if (String(flag) === 'false') {
    return Aws.NO_VALUE;
  }
  const [condition, yes, no] = flag?.['Fn::If'] ?? [];
  const [written, otherwise] = [yes, no].map((side) => side === undefined ? undefined : write(side));
  return written === undefined || otherwise === undefined ? undefined : Fn.conditionIf(condition, written, otherwise);
}

function resolve(flag: unknown, scope: Construct): unknown {
  return Stack.of(scope).resolve(flag);
}

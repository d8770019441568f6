import { Aws, Fn, Lazy, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/*
 * `reportBatchItemFailures` is a boolean, but a template has a list: `FunctionResponseTypes` is ["ReportBatchItemFailures"] or absent.
 * If the boolean is a token, the CDK's own class takes it as true, whatever it turns out to be. A template can say "this list or
 * nothing" where the boolean is a condition (`Fn::If` with true and false), but it can't make a list from a boolean that only the
 * deployment knows, such as a parameter.
 */

/** `FunctionResponseTypes` for a flag that is a token. */
export function responseTypes(flag: unknown, scope: Construct): string[] {
  return Token.asList(Lazy.any({
    produce: () => {
      const list = listFor(resolve(flag, scope));
      return list === Aws.NO_VALUE ? undefined : list;
    },
  }));
}

/** The flag as the template has it, as JSON, if no template can make a list from it. */
export function unwritable(flag: unknown, scope: Construct): string | undefined {
  const resolved = resolve(flag, scope);
  return listFor(resolved) === undefined ? JSON.stringify(resolved) : undefined;
}

/** What a template writes for a flag, with the conditions that the flag has; undefined if it can't. */
function listFor(flag: any): unknown {
  switch (String(flag)) {
    case 'true': return ['ReportBatchItemFailures'];
    case 'false': return Aws.NO_VALUE;
  }
  const [condition, whenTrue, whenFalse] = flag?.['Fn::If'] ?? [];
  const [list, otherwise] = [whenTrue, whenFalse].map((side) => side === undefined ? undefined : listFor(side));
  return list === undefined || otherwise === undefined ? undefined : Fn.conditionIf(condition, list, otherwise);
}

function resolve(flag: unknown, scope: Construct): unknown {
  return Stack.of(scope).resolve(flag);
}

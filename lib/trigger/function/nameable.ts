import type { aws_lambda as lambda, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { dependencyPath, needsStack } from '../template/dependency-path';
import { referencesIn } from '../template/references';
import { isElement, resourceOf } from '../template/resource';
import { topOf } from '../template/stacks';

/**
 * The ARNs that a function's environment can name.
 *
 * An ARN in the function's environment is a dependency of the function: CloudFormation makes what it names first. If what it names
 * needs the function, for example a table whose policy names the function, neither can be made: a circular dependency. Such an ARN
 * must stay out of the environment.
 *
 * What needs what shows only when the app is finished, and the answer becomes a dependency itself, of this function and perhaps of
 * others whose environments are in question too. So the ARNs of an app are decided one after another, each on the dependencies that
 * the ones before it have made. Two rules follow:
 *
 * - An answer from the CDK's prepare phase is final: the CDK makes exports between stacks from it.
 * - While one ARN is being decided, no other question may be asked. The environments that are met on the way refer to what is decided
 *   so far.
 */
export class NameableArns {
  private readonly answers = new Map<string, boolean>();

  constructor(private readonly fn: lambda.Function) {}

  /** The ARNs for which the answer is final, and yes. */
  get decided(): string[] {
    return [...this.answers].filter(([, nameable]) => nameable).map(([arn]) => arn);
  }

  /** Whether the environment can name an ARN for a trigger. Not to be asked while `isDeciding`. */
  has(arn: string, trigger: IConstruct, preparing = false): boolean {
    const known = this.answers.get(arn);
    if (known !== undefined) {
      return known;
    }
    deciding = true;
    try {
      const answer = !this.isCircular(arn, topOf(trigger));
      if (preparing) {
        this.answers.set(arn, answer);
      }
      return answer;
    } finally {
      deciding = false;
    }
  }

  private isCircular(arn: string, triggerStack: Stack): boolean {
    const fn = resourceOf(this.fn)!;
    const own = topOf(fn);
    return referencesIn(arn, this.fn).map(({ target }) => target).filter(isElement).some((target) => {
      const other = topOf(target);
      if (other === own) {
        return dependencyPath(target, fn) !== undefined;
      }
      // The trigger's stack needs the function's, because the mapping names the function.
      return other === triggerStack || needsStack(other, own);
    });
  }
}

let deciding = false;

/** Whether an ARN of any function is being decided. */
export function isDeciding(): boolean {
  return deciding;
}

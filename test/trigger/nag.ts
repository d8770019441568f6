import { AwsSolutionsChecks } from 'cdk-nag';
import type { TestApp } from '../app';

/** What cdk-nag finds in an app. Loading it takes time, so only tests that ask for it import this. */
export function findings({ app }: TestApp): { readonly rule: string; readonly paths: readonly string[] }[] {
  return new AwsSolutionsChecks().validateScope(app).violations.map(({ ruleName, violatingResources }) => ({
    rule: ruleName, paths: violatingResources.map(({ constructPath }: { constructPath?: string }) => constructPath!),
  }));
}

/** The paths of the resources with one of these findings. */
export function offenders(app: TestApp, finding: string): string[] {
  return findings(app).filter(({ rule }) => rule === finding).flatMap(({ paths }) => paths);
}

import { execFileSync } from 'node:child_process';
import { staleSource } from './compiled';

/** What cdk.json builds before each synthesis: nothing, most of the time. */
if (staleSource() !== undefined) {
  execFileSync('npx', ['projen', 'compile'], { stdio: 'inherit' });
}

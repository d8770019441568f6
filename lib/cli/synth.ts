import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CdkProject } from './cdk-project';
import { LocalRunError } from '../local';
import { killGroup } from '../local/process/children';
import { beforeProcessEnds } from '../local/process/process-end';

/** The last lines of a command that failed: the reason is near the end. */
const SHOWN_LINES = 25;

/** Longer variables are refused by some systems. The CDK reads the rest from a file. */
const LONGEST_VARIABLE = 100_000;

/**
 * Runs the commands of cdk.json, which write the app into a folder. The CDK's own command is not needed for it; unlike that one it looks nothing up
 * at AWS.
 *
 * @throws LocalRunError NOT_SYNTHESIZED with the last lines that they printed
 */
export async function synthesize({ folder, app, build, context }: CdkProject, outdir: string): Promise<void> {
  const files = mkdtempSync(join(tmpdir(), 'dynamo-stream-trigger-context-'));
  try {
    const text = JSON.stringify({ ...METADATA, ...context });
    const overflow = join(files, 'context.json');
    const isLong = text.length > LONGEST_VARIABLE;
    if (isLong) {
      writeFileSync(overflow, text);
    }
    const { AWS_REGION, AWS_DEFAULT_REGION = AWS_REGION } = process.env;
    const variables = {
      ...AWS_DEFAULT_REGION !== undefined && { CDK_DEFAULT_REGION: AWS_DEFAULT_REGION },
      ...process.env,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: isLong ? '{}' : text,
      ...isLong && { CONTEXT_OVERFLOW_LOCATION_ENV: overflow },
    };
    for (const command of [build, app]) {
      if (command !== undefined) {
        await run(command, folder, variables);
      }
    }
  } finally {
    rmSync(files, { recursive: true, force: true });
  }
}

/** What `cdk synth` asks of the CDK, too: construct paths, and which files the code of a function is in. */
const METADATA = { 'aws:cdk:enable-path-metadata': true, 'aws:cdk:enable-asset-metadata': true };

function run(command: string, cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, { cwd, env, shell: true, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const callOff = beforeProcessEnds(() => killGroup(child.pid));
    let printed: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => printed = [...printed, text].slice(-100));
    }
    const failed = (how: string) => {
      const lines = printed.join('').trimEnd().split('\n').slice(-SHOWN_LINES).join('\n');
      reject(new LocalRunError('NOT_SYNTHESIZED', `${command} ${how}${lines === '' ? '.' : `:\n${lines}`}`));
    };
    child.on('error', (error) => failed(`did not start: ${error.message}`));
    child.on('close', (code, signal) => {
      callOff();
      if (code === 0) {
        resolve();
      } else {
        failed(signal === null ? `ended with ${code}` : `was ended by ${signal}`);
      }
    });
  });
}

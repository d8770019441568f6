import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LocalRunError } from '../errors';

/** @throws LocalRunError NO_PROFILE */
export function requireProfile(name: string): void {
  const files = [
    { file: process.env.AWS_CONFIG_FILE ?? join(homedir(), '.aws', 'config'), section: /^\s*\[\s*(?:profile\s+(["']?)(.+?)\1|(default))\s*\]/gm },
    { file: process.env.AWS_SHARED_CREDENTIALS_FILE ?? join(homedir(), '.aws', 'credentials'), section: /^\s*\[\s*(["']?)(.+?)\1\s*\]/gm },
  ];
  const there = new Set(files.flatMap(({ file, section }) => [...textOf(file).matchAll(section)].map(([, , profile, usual]) => profile ?? usual)));
  if (!there.has(name)) {
    const [config, credentials] = files.map(({ file }) => file);
    throw new LocalRunError('NO_PROFILE', `--profile is ${name}, but ${config} and ${credentials} have no such profile. They have ${[...there].join(', ') || 'none'}.`);
  }
}

/** Empty if there is no such file. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A function, and the mapping between it and a table of its own. Both runners run the same file of code. */
export interface BenchFunction {
  readonly name: string;
  readonly tableName: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly retryAttempts: number;
  readonly batchSize: number;
  /** Seconds. */
  readonly timeout: number;
  readonly parallelizationFactor?: number;
  readonly filter?: object;
}

/** Where the functions and what they write down are. */
export const folder = mkdtempSync(join(tmpdir(), 'bench-local-'));

export function fileOf(name: string): string {
  return join(folder, name);
}

/** The lines of JSON that a function has written to a file. */
export function linesOf(file: string): any[] {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').filter(Boolean).map((line) => JSON.parse(line)) : [];
}

export function functionFrom(
  name: string, code: string, { batchSize = 100, timeout = 30, environment = {}, ...others }: Partial<BenchFunction> = {},
): BenchFunction {
  const codeFolder = fileOf(`code-${name}`);
  mkdirSync(codeFolder);
  writeFileSync(join(codeFolder, 'index.js'), code);
  return { ...others, name, tableName: name, folder: codeFolder, retryAttempts: 2, batchSize, timeout, environment };
}

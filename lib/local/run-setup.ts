import type { ApiServer } from './api/server';
import type { LocalApp } from './assembly/app';
import type { Checkpoints } from './checkpoints';
import type { LocalEvent } from './events';
import type { NodeProgram } from './function/node-program';
import type { Children } from './process/children';

/** What a run is asked for and what it has found, before any of it is started. */
export interface RunSetup {
  readonly app: LocalApp;
  /** The folder of the user's project. */
  readonly project: string;
  /** The port of DynamoDB Local; undefined for a free one. */
  readonly port?: number;
  /** The folder that keeps the tables; undefined for tables in memory. */
  readonly data?: string;
  /** How far the mappings have read their streams. */
  readonly checkpoints: Checkpoints;
  /** Runs the functions. */
  readonly node: NodeProgram;
  readonly inspect: boolean;
  readonly children: Children;
  /** Serves nothing before the functions are there. */
  readonly api: ApiServer;
  readonly observer: LocalObserver;
}

export type LocalObserver = (event: LocalEvent) => void;

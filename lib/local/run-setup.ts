import type { ApiServer } from './api/server';
import type { LocalApp } from './assembly/app';
import type { Checkpoints } from './checkpoints';
import type { LocalObserver } from './events';
import type { Debugging } from './function/debugging';
import type { GivenVariables } from './function/given-variables';
import type { NodeProgram } from './function/node-program';
import type { ServiceAccess } from './function/service-access';
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
  /** Undefined if debuggers are not wanted. */
  readonly debugging?: Debugging;
  /** What the functions have besides the app. */
  readonly world: FunctionWorld;
  readonly children: Children;
  /** Serves nothing before the functions are there. */
  readonly api: ApiServer;
  readonly observer: LocalObserver;
}

/** What the user gives the functions. */
export interface FunctionWorld {
  readonly variables: GivenVariables;
  readonly access: ServiceAccess;
}

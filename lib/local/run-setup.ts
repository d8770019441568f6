import type { ApiServer } from './api/server';
import type { Checkpoints } from './checkpoints';
import type { LocalObserver } from './events';
import type { Debugging } from './function/debugging';
import type { GivenVariables } from './function/given-variables';
import type { NodeProgram } from './function/node-program';
import type { ServiceAccess } from './function/service-access';
import type { Children } from './process/children';

/** What a run is asked for, whatever the app, before any of it is started. */
export interface RunSetup {
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
  /** Whether functions follow their sources. */
  readonly watch: boolean;
  /** What the functions have besides the app. */
  readonly world: FunctionWorld;
  readonly children: Children;
  /** Serves nothing before the functions are there. */
  readonly api: ApiServer;
  readonly observer: LocalObserver;
  /** A warning, once, however often it is given. */
  readonly note: (message: string) => void;
}

/** What the user gives the functions. */
export interface FunctionWorld {
  readonly variables: GivenVariables;
  readonly access: ServiceAccess;
}

